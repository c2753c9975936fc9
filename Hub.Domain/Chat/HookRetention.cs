using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Deletes deliveries of webhooks that were given up 30 days ago, every day.</summary>
internal sealed class HookRetention(TimeProvider clock) : IDueWork
{
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    public string Kind => "chat.hooks.dead";

    public TimeSpan? Every => TimeSpan.FromDays(1);

    public async Task StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var since = clock.Now() - Kept;
        var dead = db.DueWork.Where(w => w.Kind == HookDeliveries.Work && w.DeadAt < since);
        await db.HookDeliveries.Where(d => dead.Any(w => w.Id == d.WorkId)).ExecuteDeleteAsync(ct);
        await dead.ExecuteDeleteAsync(ct);
    }
}
