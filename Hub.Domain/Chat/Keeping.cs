using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Who keeps order where: a channel's owners and moderators in it, Compliance in the conversations of the body for which the role is held. The role opens no conversation: of
/// what its holder does not see it gives what was reported, names, members, and exports, each of them audited.
/// </summary>
internal static class Keeping
{
    /// <summary>True if the role is held for a body or the whole hub.</summary>
    public static bool IsCompliance(this Viewer viewer) => viewer.Known && (viewer.Has(Role.Compliance) || viewer.Bodies().Count > 0);

    /// <summary>Conversations of the bodies for which the viewer holds Compliance.</summary>
    public static IQueryable<Conversation> UnderComplianceOf(this IQueryable<Conversation> conversations, Viewer viewer)
    {
        var (all, bodies) = (viewer.Known && viewer.Has(Role.Compliance), viewer.Bodies());
        return conversations.Where(c => all || bodies.Contains(c.OrganisationId));
    }

    /// <summary>Those bodies.</summary>
    public static IQueryable<Organisation> UnderComplianceOf(this IQueryable<Organisation> organisations, Viewer viewer)
    {
        var (all, bodies) = (viewer.Known && viewer.Has(Role.Compliance), viewer.Bodies());
        return organisations.Where(o => all || bodies.Contains(o.Id));
    }

    /// <summary>
    /// Reports that Compliance handles: of direct conversations, of channels in which nobody else keeps order, those that wait since longer than
    /// <see cref="ReportService.Patience"/>, and those that they decided themselves.
    /// </summary>
    public static IQueryable<MessageReport> ReportsForCompliance(this HubDb db, Viewer viewer, DateTime now)
    {
        var (me, overdue, keepers, under) = (viewer.PersonId, now - ReportService.Patience, db.ConversationMembers.Keepers(), db.Conversations.UnderComplianceOf(viewer));
        return db.MessageReports.Where(r => under.Any(c => c.Id == r.Message.ConversationId) && ((r.State == ReportState.Open && r.ReportedAt <= overdue) || r.HandledById == me
            || r.Message.Conversation.Kind == ConversationKind.Direct || !keepers.Any(k => k.ConversationId == r.Message.ConversationId && k.PersonId != r.Message.SenderId)));
    }

    /// <summary>What stands against the viewer's hiding or showing a message; null if nothing does. Compliance may where a report of it is theirs to handle, or where they see it.</summary>
    public static async Task<Refusal?> AgainstKeepingAsync(this HubDb db, Viewer viewer, Guid messageId, DateTime now, CancellationToken ct)
    {
        var visible = db.Messages.VisibleTo(db, viewer).Standing().Where(m => m.Id == messageId);
        if (await visible.AnyAsync(m => db.ConversationMembers.Keepers().Any(k => k.ConversationId == m.ConversationId && k.PersonId == viewer.PersonId), ct)) return null;
        var seen = await visible.AnyAsync(ct);
        var reported = db.ReportsForCompliance(viewer, now);
        if (viewer.IsCompliance() && await db.Messages.Standing().AnyAsync(m => m.Id == messageId && db.Conversations.UnderComplianceOf(viewer).Any(c => c.Id == m.ConversationId)
            && (seen || reported.Any(r => r.MessageId == m.Id)), ct)) return null;
        return seen ? new Refusal(RefusalKind.Forbidden, "chat.role.moderator") : Refusal.NotFound;
    }

    /// <summary>
    /// Until the caller's commit nobody else places a hold, sets a rule, removes a message or erases a file. The first body's row is what they wait for: it always exists, and is taken
    /// before any conversation's.
    /// </summary>
    public static async Task LockKeepingAsync(this HubDb db, CancellationToken ct)
    {
        var first = await db.Organisations.OrderBy(o => o.Id).Select(o => o.Id).FirstOrDefaultAsync(ct);
        await db.Organisations.Where(o => o.Id == first).ExecuteUpdateAsync(s => s.SetProperty(o => o.ShelfVersion, o => o.ShelfVersion), ct);
    }

    /// <summary>Messages that nothing may remove now: a hold stands on their conversation or their author, or somebody waits for an answer to a report of them.</summary>
    public static IQueryable<Message> Held(this IQueryable<Message> messages, HubDb db) => messages.Where(m =>
        db.LegalHolds.Any(h => h.EndedAt == null && (h.ConversationId == m.ConversationId || h.PersonId == m.SenderId)) || db.MessageReports.Any(r => r.MessageId == m.Id && r.State == ReportState.Open));

    /// <summary>Conversations of a kind.</summary>
    public static IQueryable<Conversation> Of(this IQueryable<Conversation> conversations, RetentionKind kind)
    {
        if (kind == RetentionKind.Direct) return conversations.Where(c => c.Kind == ConversationKind.Direct);
        var channels = conversations.Where(c => c.Kind == ConversationKind.Channel);
        if (kind == RetentionKind.Help) return channels.Where(c => c.IsHelp);
        channels = channels.Where(c => !c.IsHelp);
        if (kind == RetentionKind.Announcements) return channels.Where(c => c.AnnouncedAt != null);
        var audience = kind == RetentionKind.Public;
        return channels.Where(c => c.AnnouncedAt == null && c.Audience.Any() == audience);
    }

    /// <summary>Null for words of 1 to <paramref name="most"/> characters; white space around them is left away.</summary>
    public static Refusal? Check(ref string text, string field, int most, bool mayBeEmpty = false)
    {
        text = text.Trim();
        if (text.Contains('\0', StringComparison.Ordinal)) return Refusal.Invalid(field, "text.nul");
        return (text.Length == 0 && !mayBeEmpty) || text.Length > most ? Refusal.Invalid(field, mayBeEmpty ? "order.text" : "order.reason", most) : null;
    }

    private static List<Guid> Bodies(this Viewer viewer) =>
        [.. viewer.Roles.Where(r => r is { Role: Role.Compliance, Scope: ScopeKind.Organisation }).Select(r => r.ScopeId).OfType<Guid>()];
}
