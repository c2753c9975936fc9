using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hub.Domain.People;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Live;

/// <summary>
/// Brings committed changes to those who watch (DESIGN "Commit, then publish, and nobody trusts a publish"). It holds
/// nothing that is not in the database: a lost publish is found by <see cref="CheckVersionsAsync"/> and repaired by
/// loading again.
/// </summary>
public sealed class LiveBus(IEnumerable<ITopicSource> sources, TimeProvider clock, Telemetry telemetry, ILogger<LiveBus> log)
{
    /// <summary>Events kept for each topic so that a watcher that was away for a moment need not load.</summary>
    internal const int MostKept = 200;

    private readonly Dictionary<string, ITopicSource> sources = sources.ToDictionary(s => s.Kind, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Topic, TopicState> states = new();
    private readonly Deliveries deliveries = new();

    // Of everyone who watches here, the version of the person up to which their permissions were asked. This node's own
    // changes move it as they are published, having asked by then; those of other nodes are found by the version check.
    private readonly ConcurrentDictionary<Guid, long> people = new();

    // Topics that were repaired and whose watchers have not been asked yet.
    private readonly ConcurrentDictionary<Topic, bool> doubtful = new();
    private int rechecks;

    private readonly Histogram<double> delay = telemetry.Seconds("hub.live.fanout.duration", "From a change's publish, here or as heard from another node, to the end of its delivery to one who watches");
    private readonly Counter<long> repairs = telemetry.Meter.CreateCounter<long>("hub.live.repairs", "{topic}", "Topics that had missed a publish and were loaded again");

    /// <summary>What other nodes must hear, in order; called on the thread of the change, so it may not wait. Lost ones are found by their version check.</summary>
    public Action<LiveSignal>? ForOtherNodes { get; set; }

    /// <summary>Takes what another node tells of the people at its pages.</summary>
    public Action<NodePresence>? PresenceHeard { get; set; }

    /// <summary>Takes every event of a person's own topic, of this node and of the others; called on the thread of the change, so it may not wait.</summary>
    public Action<LiveEvent>? MeHeard { get; set; }

    /// <summary>Watches that stand now; for metrics and for tests that look for leaks.</summary>
    public int WatchCount => states.Values.Sum(s => s.WatcherCount);

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
        var asked = Volatile.Read(ref rechecks);
        var watches = (await source.WatchableAsync(actor, ids, ct)).ToDictionary(id => id, id => new LiveWatch(actor, new Topic(kind, id), deliver(id), End, deliveries, clock, delay, log));
        try
        {
            var unknown = watches.Values.Select(Add).Where(s => s.LatestVersion is null).ToList();
            // A recheck that ran in between did not see these watches: the question is put again.
            if (Volatile.Read(ref rechecks) != asked)
            {
                var still = await source.WatchableAsync(actor, watches.Keys, ct);
                foreach (var lost in watches.Keys.Except(still).ToList())
                    if (watches.Remove(lost, out var watch)) watch.Dispose();
            }
            if (unknown.Count == 0) return watches;
            var stored = await source.VersionsAsync([.. unknown.Select(s => s.Topic.Id)], ct);
            foreach (var state in unknown)
                if (stored.TryGetValue(state.Topic.Id, out var version)) state.Seen(version);
            return watches;
        }
        catch
        {
            foreach (var watch in watches.Values) watch.Dispose();
            throw;
        }
    }

    /// <summary>Kept events after <paramref name="version"/>, in order; null when some are not kept and the watcher must load.</summary>
    public IReadOnlyList<LiveEvent>? EventsAfter(Topic topic, long version) =>
        states.TryGetValue(topic, out var state) ? state.EventsAfter(version) : null;

    /// <summary>Version that this node knows of a watched topic.</summary>
    public long? LatestVersion(Topic topic) => states.TryGetValue(topic, out var state) ? state.LatestVersion : null;

    /// <summary>Version that this node knows of a topic, or the stored one where nobody watches it here; 0 for what is gone.</summary>
    [SystemWork]
    public async Task<long> VersionAsync(Topic topic, CancellationToken ct = default) => LatestVersion(topic) ?? (await VersionsAsync(topic.Kind, [topic.Id], ct)).GetValueOrDefault(topic.Id);

    /// <summary>Tells the watchers. Called after the commit; events that arrive before an earlier one wait for it.</summary>
    public void Publish(LiveEvent e)
    {
        if (e.Topic.Kind == "me") people.TryUpdate(e.Topic.Id, e.Version, e.Version - 1);
        TellHere(e);
        TellOthers(new LiveSignal(e));
    }

    public void Publish(IEnumerable<LiveEvent> events)
    {
        foreach (var e in events) Publish(e);
    }

    internal void TellOthers(LiveSignal signal) => ForOtherNodes?.Invoke(signal with { Trace = Activity.Current is { Recorded: true } a ? a.Id : null, At = clock.GetTimestamp() });

    /// <summary>Tells those who watch here alone: of what came from another node, or what each node works out for itself.</summary>
    public void TellHere(LiveEvent e)
    {
        if (e.Topic.Kind == "me") MeHeard?.Invoke(e);
        if (states.TryGetValue(e.Topic, out var state)) state.Publish(e, clock.GetTimestamp());
    }

    /// <summary>
    /// Asks every watcher's permission again after a membership, an audience or a role changed; ends what is lost. Called after
    /// the commit and before the publish, so that nobody is told of a change that took away their sight of it.
    /// </summary>
    /// <returns>
    /// False if it could not be asked. The change is committed, so that what goes wrong here is no answer to it: it is logged, the
    /// next version check asks, and a caller whose event those who lost their sight must not get leaves it to that check too.
    /// </returns>
    [SystemWork]
    public Task<bool> RecheckAsync(Topic? topic = null, Guid? personId = null, CancellationToken ct = default)
    {
        TellOthers(new LiveSignal(null, topic, personId));
        return RecheckHereAsync(topic, personId, ct);
    }

    /// <summary>
    /// Takes what another node tells. Signals of one node are given one after the other, so that nobody here is told what a
    /// change before it has taken from their sight.
    /// </summary>
    [SystemWork]
    public async Task ReceiveAsync(LiveSignal signal, CancellationToken ct = default)
    {
        using var span = signal.Trace is { } trace ? telemetry.Traces.StartActivity("receive", ActivityKind.Consumer, trace) : null;
        span?.SetTag("hub.topic.kind", (signal.Event?.Topic ?? signal.RecheckTopic)?.Kind);
        if (signal.Event is { } e) TellHere(e);
        else if (signal.Presence is { } presence) PresenceHeard?.Invoke(presence);
        else await RecheckHereAsync(signal.RecheckTopic, signal.RecheckPerson, ct);
    }

    /// <summary>
    /// Compares the versions that are watched here with the database. A topic that is behind in two checks running has
    /// missed a publish: its watchers load again, and are asked for their permission again, as is everyone who watches here and
    /// was changed by another node (a role, a membership, leaving). Run every few seconds.
    /// </summary>
    /// <returns>How many topics had to be repaired.</returns>
    [SystemWork]
    public async Task<int> CheckVersionsAsync(CancellationToken ct = default)
    {
        var repaired = 0;
        foreach (var state in states.Values.Where(s => s.WatcherCount == 0)) Forget(state);
        foreach (var group in states.Values.GroupBy(s => s.Topic.Kind).ToList())
        {
            var stored = await VersionsAsync(group.Key, [.. group.Select(s => s.Topic.Id)], ct);
            foreach (var state in group.Where(s => stored.TryGetValue(s.Topic.Id, out var version) && s.Check(version)))
            {
                doubtful[state.Topic] = true;
                repairs.Add(1, new KeyValuePair<string, object?>("hub.topic.kind", group.Key));
                repaired++;
            }
        }
        await RecheckDoubtfulAsync(ct);
        if (repaired > 0) log.LogInformation("Version check: {Repaired} topics had missed a publish", repaired);
        return repaired;
    }

    // What is remembered as asked is so only once it was: a check that fails in the middle leaves it to the next one.
    private async Task RecheckDoubtfulAsync(CancellationToken ct)
    {
        var watching = states.Values.SelectMany(s => s.Watchers()).Select(w => w.Actor.PersonId).ToHashSet();
        foreach (var gone in people.Keys.Where(id => !watching.Contains(id))) people.TryRemove(gone, out _);
        var now = await VersionsAsync("me", [.. watching], ct);
        var moved = now.Where(p => !people.TryGetValue(p.Key, out var asked) || asked != p.Value).ToDictionary();
        var topics = doubtful.Keys.ToHashSet();
        var ids = topics.Select(t => t.Id).ToHashSet();
        if (moved.Count + topics.Count == 0) return;
        await RecheckAsync(w => ids.Contains(w.Topic.Id) || moved.ContainsKey(w.Actor.PersonId), ct);
        foreach (var (person, version) in moved) people[person] = version;
        foreach (var topic in topics) doubtful.TryRemove(topic, out _);
    }

    private async Task<bool> RecheckHereAsync(Topic? topic, Guid? personId, CancellationToken ct)
    {
        try
        {
            // By id: whoever loses the sight of a conversation loses what is told of it under another kind of topic as well.
            await RecheckAsync(w => (topic is null || w.Topic.Id == topic.Value.Id) && (personId is null || w.Actor.PersonId == personId), ct);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            log.LogError(e, "Watches of {Kind} could not be checked again; the next version check does", topic?.Kind ?? "a person");
            if (topic is { } of) doubtful[of] = true;
            if (personId is { } person) people.TryRemove(person, out _);
            return false;
        }
    }

    private async Task RecheckAsync(Func<LiveWatch, bool> which, CancellationToken ct)
    {
        Interlocked.Increment(ref rechecks);
        foreach (var group in states.Values.SelectMany(s => s.Watchers()).Where(which).GroupBy(w => (w.Actor.PersonId, w.Topic.Kind)).ToList())
        {
            var ids = group.Select(w => w.Topic.Id).ToHashSet();
            var allowed = await sources[group.Key.Kind].WatchableAsync(group.First().Actor, ids, ct);
            foreach (var watch in group.Where(w => !allowed.Contains(w.Topic.Id))) watch.EnqueueEnd();
        }
    }

    private async Task<Dictionary<Guid, long>> VersionsAsync(string kind, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        var versions = new Dictionary<Guid, long>();
        foreach (var part in ids.Chunk(500))
            foreach (var (id, version) in await sources[kind].VersionsAsync(part, ct)) versions[id] = version;
        return versions;
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
