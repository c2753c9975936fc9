using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>Puts a reminder into the inbox when its time has come: once, since the reminder knows that it came.</summary>
internal sealed class ReminderWork(IDbContextFactory<HubDb> hub, LiveBus live, DigestWork digests, PushWork pushes, TimeProvider clock) : IDueWork
{
    public string Kind => MessageAlerts.Reminders;

    public async Task SendAsync(DueItem item, CancellationToken ct)
    {
        var id = Guid.Parse(item.Key);
        await using var db = await hub.CreateDbContextAsync(ct);
        if (await db.Reminders.Where(r => r.Id == id).Select(r => (Guid?)r.PersonId).FirstOrDefaultAsync(ct) is not { } person) return;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // Whoever changes or discards it waits for the same row.
        var changed = await db.AdvanceAsync<Person>(person, ct);
        var now = clock.Now();
        if (await db.Reminders.FirstOrDefaultAsync(r => r.Id == id && r.RemindedAt == null && r.At <= now, ct) is not { } reminder) return;
        reminder.RemindedAt = now;
        var entry = await OwnEntries.PutAsync(db, digests, pushes, clock, person, NotificationKind.Reminder, id, ct);
        var told = await db.AdvanceAsync<Person>(person, ct);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        live.Publish([new LiveEvent(Topic.Me(person), changed, "later-changed", new LaterChanged(id)), new LiveEvent(Topic.Me(person), told, "inbox-changed", new InboxNews(entry.Id, false))]);
    }

    public Task StoreAsync(HubDb db, DueItem item, CancellationToken ct) => Task.CompletedTask;
}

/// <summary>Tells somebody that a message of theirs, which was to be posted later, was refused and waits for them.</summary>
internal sealed class RefusedLaterWork(IDbContextFactory<HubDb> hub, LiveBus live, DigestWork digests, PushWork pushes, TimeProvider clock) : IDueWork
{
    public string Kind => MessageAlerts.Refusals;

    public async Task SendAsync(DueItem item, CancellationToken ct)
    {
        var parts = item.Key.Split(':');
        var (person, id, version) = (Guid.Parse(parts[0]), Guid.Parse(parts[1]), int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture));
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var told = await db.AdvanceAsync<Person>(person, ct);
        // They have found it themselves meanwhile, or it was told before.
        if (!await db.LaterMessages.AnyAsync(l => l.PersonId == person && l.Id == id && l.Version == version && l.RefusedAt != null, ct)
            || await db.Notifications.AnyAsync(n => n.PersonId == person && n.Kind == NotificationKind.Later && n.SubjectId == id
                && db.LaterMessages.Any(l => l.PersonId == person && l.Id == id && l.RefusedAt <= n.At), ct)) return;
        var entry = await OwnEntries.PutAsync(db, digests, pushes, clock, person, NotificationKind.Later, id, ct);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Me(person), told, "inbox-changed", new InboxNews(entry.Id, false)));
    }

    public Task StoreAsync(HubDb db, DueItem item, CancellationToken ct) => Task.CompletedTask;
}
