using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Fixes;

/// <summary>The topics <c>run:{id}</c>: whoever may read a run may watch it.</summary>
internal sealed class RunTopics(IDbContextFactory<HubDb> hub) : ITopicSource
{
    string ITopicSource.Kind => "run";

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return (await db.FixRuns.VisibleTo(viewer).Where(r => ids.Contains(r.Id)).Select(r => r.Id).ToListAsync(ct)).ToHashSet();
    }

    async Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.FixRuns.Where(r => ids.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => r.Version, ct);
    }
}
