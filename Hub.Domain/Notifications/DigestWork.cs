using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>
/// Mail for who is away: what is unread after fifteen minutes, on whatever device, and while no page of theirs is in use, in one mail an hour at most. One row of due
/// work for each person with something to send, asked for with the entry itself; its id is the mail's own, so that a mail that is sent twice is known as the same.
/// </summary>
public sealed class DigestWork(IDbContextFactory<HubDb> hub, InboxService inbox, IDigestMail mail, PresenceBoard board, TimeProvider clock) : IDueWork
{
    /// <summary>For so long something is unread before it goes by mail.</summary>
    public static readonly TimeSpan Unread = TimeSpan.FromMinutes(15);

    /// <summary>Between two mails to somebody.</summary>
    public static readonly TimeSpan Between = TimeSpan.FromHours(1);

    internal const string Work = "notifications.digest";

    string IDueWork.Kind => Work;

    async Task IDueWork.SendAsync(DueItem item, CancellationToken ct)
    {
        var person = Guid.Parse(item.Key);
        var now = clock.Now();
        if (!mail.Configured || board.Of(person).State == PresenceState.Online) return;
        await using var db = await hub.CreateDbContextAsync(ct);
        var to = await db.People.Where(p => p.Id == person && p.LeftAt == null).Select(p => new { p.Name, p.Email }).FirstOrDefaultAsync(ct);
        var due = await Unsent(db, person).Where(n => n.At <= now - Unread).Select(n => n.Id).ToListAsync(ct);
        if (to is null || due.Count == 0) return;
        var entries = (await inbox.ListAsync(new Actor(person), InboxView.Unread, limit: 200, ct: ct)).Value.Items.Where(e => due.Contains(e.Id) && (!e.Deleted || e.Note.Length > 0));
        List<DigestPart> parts = [.. entries.GroupBy(e => e.ConversationId ?? e.Id).Select(Part)];
        if (parts.Count > 0) await mail.SendAsync(new Digest(item.Id, to.Name, to.Email, now, parts), ct);
        await db.Notifications.Where(n => due.Contains(n.Id)).ExecuteUpdateAsync(s => s.SetProperty(n => n.MailedAt, now), ct);
    }

    // What was not sent, since it is not old enough or they were at a page, comes with the next one.
    async Task IDueWork.StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var person = Guid.Parse(item.Key);
        if (!mail.Configured || await Unsent(db, person).MinAsync(n => (DateTime?)n.At, ct) is not { } oldest) return;
        var next = await NextAsync(db, person, oldest, ct);
        var now = clock.Now();
        db.Due(clock, Work, item.Key, next > now ? next : now + Unread);
    }

    /// <summary>Has a mail sent in its time, in the caller's transaction, in which the person's row is locked.</summary>
    internal async Task AskAsync(HubDb db, Guid person, DateTime at, CancellationToken ct)
    {
        if (!mail.Configured) return;
        var (key, next) = (person.ToString(), await NextAsync(db, person, at, ct));
        var there = await db.DueWork.Where(w => w.Kind == Work && w.Key == key).Select(w => new { w.Id, w.DeadAt }).FirstOrDefaultAsync(ct);
        if (there is null) db.Due(clock, Work, key, next);
        // One that was given up, while the mail server was away for long, must not stop all that follow.
        else if (there.DeadAt is not null)
            await db.DueWork.Where(w => w.Id == there.Id).ExecuteUpdateAsync(s => s.SetProperty(w => w.DeadAt, (DateTime?)null).SetProperty(w => w.Attempts, 0).SetProperty(w => w.DueAt, next).SetProperty(w => w.WantedAt, next), ct);
    }

    private static async Task<DateTime> NextAsync(HubDb db, Guid person, DateTime at, CancellationToken ct)
    {
        var last = await db.Notifications.Where(n => n.PersonId == person).MaxAsync(n => n.MailedAt, ct);
        return last is { } l && l + Between > at + Unread ? l + Between : at + Unread;
    }

    private static IQueryable<Notification> Unsent(HubDb db, Guid person) => InboxService.Unread(db, db.Notifications
        .Where(n => n.PersonId == person && InboxService.Kinds.Contains(n.Kind) && (n.MailedAt == null || n.At > n.MailedAt) && !db.PersonPreferences.Any(p => p.PersonId == person && !p.Mail)));

    private static DigestPart Part(IGrouping<Guid, InboxEntry> of)
    {
        List<InboxEntry> entries = [.. of.OrderBy(e => e.At).ThenBy(e => e.Sequence)];
        var last = entries[^1];
        NotificationKind? own = last.ConversationId is null ? last.Kind : null;
        return last.Marked
            ? new DigestPart("", true, last.Address, entries.Sum(e => e.Count), []) { Own = own }
            : new DigestPart(last.Title.Length > 0 ? last.Title : last.Actor?.Name ?? "", false, last.Address, entries.Sum(e => e.Count), entries) { Own = own };
    }
}
