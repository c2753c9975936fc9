using System.Diagnostics.Metrics;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Storage;

namespace Hub.Web.Live;

/// <summary>
/// How this node stands at the moment it is read: pages, connections, watches, its link to other nodes, and the work that waits. That work is
/// counted in the database every 15 s, for all nodes together; while it cannot be counted it is not told.
/// </summary>
internal sealed class NodeGauges : Clockwork
{
    private readonly WorkQueues queues;
    private readonly TimeProvider clock;
    private readonly ILogger<NodeGauges> log;
    private volatile IReadOnlyList<QueueDepth> counted = [];

    public NodeGauges(Telemetry telemetry, OpenCircuits circuits, LiveConnections connections, LiveBus live, IEnumerable<INodeLink> links, WorkQueues queues, TimeProvider clock, ILogger<NodeGauges> log)
        : base(TimeSpan.FromSeconds(15), log)
    {
        (this.queues, this.clock, this.log) = (queues, clock, log);
        var meter = telemetry.Meter;
        meter.CreateObservableUpDownCounter("hub.circuits", () => circuits.Count, "{circuit}", "Pages that are connected to this node");
        meter.CreateObservableUpDownCounter("hub.live.connections", () => connections.Count, "{connection}", "Programs on /hubs/live of this node");
        meter.CreateObservableUpDownCounter("hub.live.watches", () => live.WatchCount, "{watch}", "Topics that are watched on this node, once for each watcher");
        if (links.Any()) meter.CreateObservableGauge("hub.redis.connected", () => links.All(l => l.Connected) ? 1 : 0, "1", "1 while this node hears the others over Redis, 0 while it does not");
        meter.CreateObservableGauge("hub.work.due", () => counted.Select(c => new Measurement<int>(c.Waiting, Of(c.Kind))), "{item}", "Work in the database that any node could take up now");
        meter.CreateObservableGauge("hub.work.age", () => counted.Select(c => new Measurement<double>(Age(c), Of(c.Kind))), "s", "How long the oldest of it has been due");
    }

    /// <summary>Counts the work that waits, now.</summary>
    internal async Task CountAsync(CancellationToken ct)
    {
        try
        {
            counted = await queues.DepthAsync(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            counted = [];
            log.LogWarning(e, "The work that waits could not be counted; it is tried again");
        }
    }

    protected override Task TickAsync(CancellationToken ct) => CountAsync(ct);

    private double Age(QueueDepth queue) => queue.OldestAt is { } since ? Math.Max(0, (clock.Now() - since).TotalSeconds) : 0;

    private static KeyValuePair<string, object?> Of(string kind) => new("hub.work.kind", kind);
}
