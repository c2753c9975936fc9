using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>The topics <c>person:{id}</c>, on which presence goes: whoever finds a person may watch them. Nothing of it is stored, so that there is no version to miss.</summary>
internal sealed class PersonTopics(IDbContextFactory<HubDb> hub) : ITopicSource
{
    string ITopicSource.Kind => "person";

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.People.VisibleTo(viewer).Where(p => ids.Contains(p.Id)).Select(p => p.Id).ToHashSetAsync(ct);
    }

    Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<Guid, long>>(ids.ToDictionary(id => id, _ => 0L));
}
