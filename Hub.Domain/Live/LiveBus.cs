using System.Collections.Concurrent;
using Hub.Domain.People;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Live;

/// <summary>
/// Brings committed changes to those who watch (DESIGN "Commit, then publish, and nobody trusts a publish"). It holds
/// nothing that is not in the database: a lost publish is found by <see cref="CheckVersionsAsync"/> and repaired by
/// loading again.
/// </summary>
public sealed class LiveBus(IEnumerable<ITopicSource> sources, ILogger<LiveBus> log)
{
    /// <summary>Events kept for each topic so that a watcher that was away for a moment need not load.</summary>
    internal const int MostKept = 200;

    private readonly Dictionary<string, ITopicSource> sources = sources.ToDictionary(s => s.Kind, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Topic, TopicState> states = new();

    /// <summary>Watches that stand now; for metrics and for tests that look for leaks.</summary>
    public int WatchCount => states.Values.Sum(s => s.WatcherCount);

    /// <summary>True if the actor may watch the topic now.</summary>
    public async Task<bool> MayWatchAsync(Actor actor, Topic topic, CancellationToken ct = default) =>
        sources.TryGetValue(topic.Kind, out var source) && (await source.WatchableAsync(actor, [topic.Id], ct)).Contains(topic.Id);

    /// <summary>
    /// Starts a watch, or gives null for what the actor may not see. Subscribe first, then load, then drop events up to
    /// the loaded version.
    /// </summary>
    public async Task<LiveWatch?> WatchAsync(Actor actor, Topic topic, Func<LiveNews, Task> deliver, CancellationToken ct = default) =>
        (await WatchAllAsync(actor, topic.Kind, [topic.Id], _ => deliver, ct)).GetValueOrDefault(topic.Id);

    /// <summary>Starts a watch of each of many topics of one kind, asking once; what the actor may not see is missing in the answer.</summary>
    public async Task<IReadOnlyDictionary<Guid, LiveWatch>> WatchAllAsync(
        Actor actor, string kind, IReadOnlyCollection<Guid> ids, Func<Guid, Func<LiveNews, Task>> deliver, CancellationToken ct = default)
    {
        if (ids.Count == 0 || !sources.TryGetValue(kind, out var source)) return new Dictionary<Guid, LiveWatch>();
        var watches = (await source.WatchableAsync(actor, ids, ct)).ToDictionary(id => id, id => new LiveWatch(actor, new Topic(kind, id), deliver(id), End, log));
        var unknown = watches.Values.Select(Add).Where(s => s.LatestVersion is null).ToList();
        if (unknown.Count == 0) return watches;
        var stored = await source.VersionsAsync([.. unknown.Select(s => s.Topic.Id)], ct);
        foreach (var state in unknown)
            if (stored.TryGetValue(state.Topic.Id, out var version)) state.Seen(version);
        return watches;
    }

    /// <summary>Kept events after <paramref name="version"/>, in order; null when some are not kept and the watcher must load.</summary>
    public IReadOnlyList<LiveEvent>? EventsAfter(Topic topic, long version) =>
        states.TryGetValue(topic, out var state) ? state.EventsAfter(version) : null;

    /// <summary>Version that this node knows of a watched topic.</summary>
    public long? LatestVersion(Topic topic) => states.TryGetValue(topic, out var state) ? state.LatestVersion : null;

    /// <summary>Tells the watchers. Called after the commit; events that arrive before an earlier one wait for it.</summary>
    public void Publish(LiveEvent e)
    {
        if (states.TryGetValue(e.Topic, out var state)) state.Publish(e);
    }

    public void Publish(IEnumerable<LiveEvent> events)
    {
        foreach (var e in events) Publish(e);
    }

    /// <summary>Asks every watcher's permission again after a membership, an audience or a role changed; ends what is lost.</summary>
    [SystemWork]
    public async Task RecheckAsync(Topic? topic = null, Guid? personId = null, CancellationToken ct = default)
    {
        var watches = states.Values.Where(s => topic is null || s.Topic == topic).SelectMany(s => s.Watchers())
            .Where(w => personId is null || w.Actor.PersonId == personId);
        foreach (var group in watches.GroupBy(w => (w.Actor.PersonId, w.Topic.Kind)).ToList())
        {
            var ids = group.Select(w => w.Topic.Id).ToHashSet();
            var allowed = await sources[group.Key.Kind].WatchableAsync(group.First().Actor, ids, ct);
            foreach (var watch in group.Where(w => !allowed.Contains(w.Topic.Id))) watch.EnqueueEnd();
        }
    }

    /// <summary>
    /// Compares the versions that are watched here with the database. A topic that is behind in two checks running has
    /// missed a publish: its watchers load again. Run every few seconds.
    /// </summary>
    /// <returns>How many topics had to be repaired.</returns>
    [SystemWork]
    public async Task<int> CheckVersionsAsync(CancellationToken ct = default)
    {
        var repaired = 0;
        foreach (var state in states.Values.Where(s => s.WatcherCount == 0)) Forget(state);
        foreach (var group in states.Values.GroupBy(s => s.Topic.Kind).ToList())
        {
            foreach (var part in group.Chunk(500))
            {
                var stored = await sources[group.Key].VersionsAsync([.. part.Select(s => s.Topic.Id)], ct);
                foreach (var state in part)
                    if (stored.TryGetValue(state.Topic.Id, out var version) && state.Check(version)) repaired++;
            }
        }
        if (repaired > 0) log.LogInformation("Version check: {Repaired} topics had missed a publish", repaired);
        return repaired;
    }

    private TopicState Add(LiveWatch watch)
    {
        TopicState state;
        do state = states.GetOrAdd(watch.Topic, static t => new TopicState(t));
        while (!state.Add(watch));
        return state;
    }

    private void End(LiveWatch watch)
    {
        if (states.TryGetValue(watch.Topic, out var state)) state.Remove(watch);
    }

    private void Forget(TopicState state)
    {
        if (state.CloseIfIdle()) states.TryRemove(new KeyValuePair<Topic, TopicState>(state.Topic, state));
    }
}
