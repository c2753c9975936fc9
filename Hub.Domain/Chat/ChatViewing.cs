using System.Linq.Expressions;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Who sees what of the chat, and how it is read. No role opens a conversation: an administrator is a person like any other here.</summary>
public static class ChatViewing
{
    /// <summary>Conversations one is in, and those whose audience reaches one.</summary>
    public static IQueryable<Conversation> VisibleTo(this IQueryable<Conversation> conversations, Viewer viewer) =>
        conversations.Where(c => viewer.Known
            && (c.Members.Any(m => m.PersonId == viewer.PersonId && m.LeftAt == null) || c.Audience.Any(a => viewer.Reach.Contains(a.TargetId))));

    /// <summary>The help channel that the viewer may find, the oldest if there are several.</summary>
    internal static Task<Guid?> HelpChannelAsync(this HubDb db, Viewer viewer, CancellationToken ct) =>
        db.Conversations.VisibleTo(viewer).Where(c => c.IsHelp).OrderBy(c => c.CreatedAt).ThenBy(c => c.Id).Select(c => (Guid?)c.Id).FirstOrDefaultAsync(ct);

    /// <summary>True while the person is in the conversation.</summary>
    internal static Task<bool> IsMemberAsync(this HubDb db, Guid conversationId, Guid personId, CancellationToken ct) =>
        db.ConversationMembers.AnyAsync(m => m.ConversationId == conversationId && m.PersonId == personId && m.LeftAt == null, ct);

    /// <summary>Conversations as this person sees them.</summary>
    internal static IQueryable<ConversationCard> Cards(this HubDb db, IQueryable<Conversation> conversations, Guid personId) =>
        conversations.Select(c => new
        {
            C = c,
            Me = c.Members.FirstOrDefault(m => m.PersonId == personId && m.LeftAt == null),
            Other = c.Kind == ConversationKind.Direct ? c.Members.Where(m => m.PersonId != personId).Select(m => m.Person.Name).FirstOrDefault() : null,
            OtherId = c.Kind == ConversationKind.Direct ? c.Members.Where(m => m.PersonId != personId).Select(m => (Guid?)m.PersonId).FirstOrDefault() : null,
        }).Select(x => new ConversationCard(
            x.C.Id, x.C.Kind, x.Other ?? x.C.Name, x.C.Topic, x.C.IsHelp, !x.C.Audience.Any(), x.Me != null, x.Me != null,
            x.C.Members.Count(m => m.LeftAt == null), x.Me == null ? 0 : x.C.LatestSequence - x.Me.ReadSequence,
            x.Me == null ? 0 : x.Me.ReadSequence, x.C.LatestSequence, x.C.LatestAt,
            x.Me == null ? "" : db.Messages.Where(m => m.ConversationId == x.C.Id && m.Sequence == x.C.LatestSequence)
                .Select(m => m.Text.Substring(0, ConversationCard.LatestTextLength)).FirstOrDefault() ?? "",
            x.C.Version, x.OtherId));

    internal static async Task<MessageRecord> RecordAsync(this HubDb db, Guid messageId, CancellationToken ct) =>
        await db.Messages.AsNoTracking().Where(m => m.Id == messageId).Select(Record(db)).FirstAsync(ct);

    internal static Expression<Func<Message, MessageRecord>> Record(HubDb db) => m => new MessageRecord(
        m.Id, m.ConversationId, m.Sequence, m.ClientMessageId, m.Text, m.Html, new Author(m.SenderId, m.Sender.Name),
        m.PostedAt, m.EditedAt, m.DeletedAt, m.Version,
        m.RunId == null || m.DeletedAt != null ? null : db.FixRuns.Where(r => r.Id == m.RunId)
            .Select(r => new RunCard(r.Id, r.Fix.Title, r.Steps.Count(s => s.Kind != "outcome"), r.State, r.Verified, r.OutcomeTitle, r.Person.Name)).FirstOrDefault());
}
