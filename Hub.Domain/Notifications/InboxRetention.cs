using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>Deletes entries of the inbox after 90 days, read or not, every day, and with them the reminders that came. Whatever else they are about stays.</summary>
internal sealed class InboxRetention(TimeProvider clock) : IDueWork
{
    public static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    public string Kind => "notifications.old";

    public TimeSpan? Every => TimeSpan.FromDays(1);

    public async Task StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var since = clock.Now() - Kept;
        await db.Notifications.Where(n => n.At < since).ExecuteDeleteAsync(ct);
        await db.Reminders.Where(r => r.RemindedAt < since).ExecuteDeleteAsync(ct);
    }
}
