using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Live;

/// <summary>Forgets nodes that ended, or were last heard of, a day ago; every hour.</summary>
internal sealed class NodeRetention(TimeProvider clock) : IDueWork
{
    public string Kind => "live.nodes";

    public TimeSpan? Every => TimeSpan.FromHours(1);

    public Task StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var since = clock.Now() - TimeSpan.FromDays(1);
        return db.Nodes.Where(n => n.SeenAt < since).ExecuteDeleteAsync(ct);
    }
}
