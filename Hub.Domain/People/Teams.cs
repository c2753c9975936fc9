using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>How teams hear of it.</summary>
internal static class Teams
{
    /// <summary>
    /// Advances the units of these people and all above them, in the caller's transaction and after the people's own rows (lock order: people, units, each by
    /// ascending id); the events are to be published after the commit.
    /// </summary>
    public static async Task<IReadOnlyList<LiveEvent>> TeamsChangedAsync(this HubDb db, IReadOnlyCollection<Guid> people, CancellationToken ct)
    {
        var paths = await db.People.Where(p => people.Contains(p.Id) && p.Unit != null).Select(p => p.Unit!.Path).Distinct().ToListAsync(ct);
        var events = new List<LiveEvent>();
        foreach (var unit in paths.SelectMany(p => p.Split('/', StringSplitOptions.RemoveEmptyEntries)).Select(Guid.Parse).Distinct().Order())
            events.Add(new LiveEvent(Topic.Unit(unit), await db.AdvanceAsync<Unit>(unit, ct), "team-changed", new TeamChanged(unit)));
        return events;
    }
}

/// <summary>The topics <c>unit:{id}</c>: for its people, and for who answers for them.</summary>
internal sealed class UnitTopics(IDbContextFactory<HubDb> hub) : ITopicSource
{
    string ITopicSource.Kind => "unit";

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return new HashSet<Guid>();
        var own = await db.People.Where(p => p.Id == viewer.PersonId && p.UnitId != null && ids.Contains(p.UnitId.Value)).Select(p => p.UnitId!.Value).ToListAsync(ct);
        return (await db.Units.LedBy(db, viewer).Where(u => ids.Contains(u.Id)).Select(u => u.Id).ToListAsync(ct)).Concat(own).ToHashSet();
    }

    async Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.Units.Where(u => ids.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Version, ct);
    }
}
