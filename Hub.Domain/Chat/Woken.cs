using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Whom mentions reach: who is in the conversation, and, where its audience may find it, who is not in it yet. Of a private conversation its members
/// alone. Who left the service, or wants nothing of this conversation, is never woken.
/// </summary>
internal static class Woken
{
    /// <summary>Active people who are in the conversation or whom its audience reaches.</summary>
    public static async Task<IQueryable<Person>> ReachedAsync(HubDb db, Guid conversationId, CancellationToken ct)
    {
        var people = db.People.Where(p => p.LeftAt == null && p.Kind == ActorKind.Person);
        var audience = await db.Conversations.Where(c => c.Id == conversationId).SelectMany(c => c.Audience).Select(a => new { a.Kind, a.TargetId }).ToListAsync(ct);
        if (audience.Count == 0) return people.Where(p => db.ConversationMembers.Any(m => m.ConversationId == conversationId && m.PersonId == p.Id && m.LeftAt == null));
        var targets = audience.ConvertAll(a => a.TargetId);
        var units = await BelowAsync(db, [.. audience.Where(a => a.Kind == AudienceKind.Unit).Select(a => a.TargetId)], ct);
        return people.Where(p => targets.Contains(p.OrganisationId) || targets.Contains(p.Id) || (p.UnitId != null && units.Contains(p.UnitId.Value))
            || p.Groups.Any(g => targets.Contains(g.GroupId)) || db.ConversationMembers.Any(m => m.ConversationId == conversationId && m.PersonId == p.Id && m.LeftAt == null));
    }

    /// <summary>Ids of all whom the mentions wake, without the one who wrote.</summary>
    public static async Task<IReadOnlySet<Guid>> ByAsync(HubDb db, PresenceBoard board, Guid conversationId, Guid senderId, IReadOnlyCollection<MentionTarget> mentions, CancellationToken ct)
    {
        var woken = new HashSet<Guid>();
        if (mentions.Count == 0) return woken;
        if (mentions.Any(m => m.Kind is MentionKind.Here or MentionKind.Channel))
        {
            var members = await db.ConversationMembers.Where(m => m.ConversationId == conversationId && m.LeftAt == null && m.Person.LeftAt == null && m.Person.Kind == ActorKind.Person)
                .Select(m => m.PersonId).ToListAsync(ct);
            var all = mentions.Any(m => m.Kind == MentionKind.Channel);
            woken.UnionWith(members.Where(p => all || board.Of(p).State == PresenceState.Online));
        }
        var named = mentions.ToLookup(m => m.Kind, m => m.Id);
        if (named[MentionKind.Person].Concat(named[MentionKind.Unit]).Concat(named[MentionKind.Group]).Any())
        {
            var (people, groups) = (named[MentionKind.Person].ToList(), named[MentionKind.Group].ToList());
            var units = await BelowAsync(db, [.. named[MentionKind.Unit]], ct);
            var reached = await ReachedAsync(db, conversationId, ct);
            woken.UnionWith(await reached.Where(p => people.Contains(p.Id) || (p.UnitId != null && units.Contains(p.UnitId.Value)) || p.Groups.Any(g => groups.Contains(g.GroupId)))
                .Select(p => p.Id).ToListAsync(ct));
        }
        woken.Remove(senderId);
        woken.ExceptWith(await db.ConversationMembers.Where(m => m.ConversationId == conversationId && m.LeftAt == null && m.Alerts == MemberAlerts.Nothing).Select(m => m.PersonId).ToListAsync(ct));
        return woken;
    }

    // Units with all below them.
    private static async Task<List<Guid>> BelowAsync(HubDb db, IReadOnlyCollection<Guid> units, CancellationToken ct)
    {
        var below = new List<Guid>();
        foreach (var within in units.Select(u => $"{u}/")) below.AddRange(await db.Units.Where(u => u.Path.Contains(within)).Select(u => u.Id).ToListAsync(ct));
        return below;
    }
}
