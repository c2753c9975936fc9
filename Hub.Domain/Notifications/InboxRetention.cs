using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>
/// Deletes entries of the inbox after 90 days, read or not, every day, and with them the reminders that came; those of messages that a retention rule removed at once; the devices of
/// people who have left, and what waits to be told to devices where no node has keys for it any more. Whatever else they are about stays.
/// </summary>
internal sealed class InboxRetention(TimeProvider clock) : IDueWork
{
    public static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    public string Kind => "notifications.old";

    public TimeSpan? Every => TimeSpan.FromDays(1);

    public async Task StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var since = clock.Now() - Kept;
        await db.Notifications.Where(n => n.At < since).ExecuteDeleteAsync(ct);
        await db.Notifications.Where(n => db.Messages.Any(m => m.Id == n.MessageId && m.Sequence <= m.Conversation.RemovedSequence)).ExecuteDeleteAsync(ct);
        await db.Reminders.Where(r => r.RemindedAt < since).ExecuteDeleteAsync(ct);
        var late = clock.Now() - TimeSpan.FromDays(1);
        await db.DueWork.Where(w => (w.Kind == PushWork.Work || w.Kind == PushDelivery.Work) && w.WantedAt < late && w.Holder == null).ExecuteDeleteAsync(ct);
        await db.PushDevices.Where(d => db.People.Any(p => p.Id == d.PersonId && p.LeftAt != null)).ExecuteDeleteAsync(ct);
    }
}
