using System.Linq.Expressions;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>What a member of a channel may do beyond what all members may: moderators keep order and its name, owners decide.</summary>
public enum ConversationRole { Member, Moderator, Owner }

/// <summary>Who holds which role in a channel.</summary>
internal static class ConversationRoles
{
    private static readonly Expression<Func<ConversationMember, bool>> Owns =
        m => m.LeftAt == null && m.Person.LeftAt == null && (m.Role == ConversationRole.Owner || (m.Role == null && m.PersonId == m.Conversation.CreatedById));

    /// <summary>Owners who are in the channel and in the service.</summary>
    internal static IQueryable<ConversationMember> Owners(this IQueryable<ConversationMember> members) => members.Where(Owns);

    /// <summary>Owners and moderators who are in the channel and in the service: they keep order there.</summary>
    internal static IQueryable<ConversationMember> Keepers(this IQueryable<ConversationMember> members) => members.Where(m => m.LeftAt == null && m.Person.LeftAt == null
        && m.Conversation.Kind == ConversationKind.Channel && (m.Role == ConversationRole.Owner || m.Role == ConversationRole.Moderator || (m.Role == null && m.PersonId == m.Conversation.CreatedById)));

    /// <summary>The role of a row that may be from before there were roles.</summary>
    internal static ConversationRole In(this ConversationMember member, Guid createdById) =>
        member.Role ?? (member.PersonId == createdById ? ConversationRole.Owner : ConversationRole.Member);

    /// <summary>Members as the channel's list shows them.</summary>
    internal static IQueryable<ChannelMember> Rows(this IQueryable<ConversationMember> members) => members.Select(m => new ChannelMember(
        m.PersonId, m.Person.Name, m.Person.JobTitle, m.Role ?? (m.PersonId == m.Conversation.CreatedById ? ConversationRole.Owner : ConversationRole.Member),
        m.PosterSince != null, m.JoinedAt, m.Person.LeftAt != null, m.Person.Kind == ActorKind.Bot));

    /// <summary>Null for a channel that the viewer sees; a direct conversation has nobody who runs it.</summary>
    internal static async Task<Refusal?> ChannelAsync(this HubDb db, Viewer viewer, Guid id, CancellationToken ct) =>
        await db.Conversations.VisibleTo(viewer).Where(c => c.Id == id).Select(c => (ConversationKind?)c.Kind).FirstOrDefaultAsync(ct) switch
        {
            null => Refusal.NotFound,
            ConversationKind.Direct => new Refusal(RefusalKind.Forbidden, "chat.direct.fixed"),
            _ => null,
        };

    /// <summary>What somebody is told who is not in the channel or has less than this role; null for who has it. Asked while its row is locked.</summary>
    internal static async Task<Refusal?> BelowAsync(this HubDb db, Guid id, Guid personId, ConversationRole least, CancellationToken ct)
    {
        var held = await db.ConversationMembers.AsNoTracking().Where(m => m.ConversationId == id && m.PersonId == personId && m.LeftAt == null)
            .Select(m => new { Row = m, m.Conversation.CreatedById }).FirstOrDefaultAsync(ct);
        return held is not null && held.Row.In(held.CreatedById) >= least ? null
            : new Refusal(RefusalKind.Forbidden, least switch { ConversationRole.Owner => "chat.role.owner", ConversationRole.Moderator => "chat.role.moderator", _ => "chat.member.only" });
    }

    /// <summary>True if somebody else owns the channel. Asked while its row is locked.</summary>
    internal static Task<bool> HasOtherOwnerAsync(this HubDb db, Guid id, Guid personId, CancellationToken ct) =>
        db.ConversationMembers.Where(m => m.ConversationId == id && m.PersonId != personId).Owners().AnyAsync(ct);

    /// <summary>True if anybody else of the service is in the channel; bots are nobody. Asked while its row is locked.</summary>
    internal static Task<bool> HasOthersAsync(this HubDb db, Guid id, Guid personId, CancellationToken ct) =>
        db.ConversationMembers.AnyAsync(m => m.ConversationId == id && m.PersonId != personId && m.LeftAt == null && m.Person.LeftAt == null && m.Person.Kind != ActorKind.Bot, ct);
}
