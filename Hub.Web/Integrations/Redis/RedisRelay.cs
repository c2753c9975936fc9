using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Hub.Domain.Live;
using Hub.Web.Live;
using StackExchange.Redis;

namespace Hub.Web.Integrations.Redis;

/// <summary>
/// Carries the live bus from node to node over Redis' publish and subscribe: in order, and allowed to be lost (DESIGN 4).
/// Nobody waits for it; while Redis is away, what would be sent is dropped and the other nodes' version check finds it.
/// </summary>
internal sealed class RedisRelay(IConnectionMultiplexer redis, LiveBus live, TimeProvider clock, Domain.Telemetry telemetry, ILogger<RedisRelay> log) : BackgroundService, INodeLink
{
    private const int MostWaiting = 10_000;
    private static readonly RedisChannel Name = RedisChannel.Literal("hub:live");

    private readonly Guid node = Guid.NewGuid();
    private readonly Channel<LiveSignal> outgoing = Channel.CreateBounded<LiveSignal>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly Histogram<double> seconds = telemetry.Seconds("hub.redis.relay.duration", "From a change's publish here until Redis has brought it back: what another node waits for");
    private readonly Counter<long> dropped = telemetry.Meter.CreateCounter<long>("hub.redis.lost", "{signal}", "Signals to other nodes that were not sent: their version check finds the changes");
    private volatile bool subscribed;
    private Task sending = Task.CompletedTask;

    public bool Connected => subscribed && redis.GetSubscriber().IsConnected(Name);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        live.ForOtherNodes += Send;
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        live.ForOtherNodes -= Send;
        outgoing.Writer.TryComplete();
        // What was told last, that this node ends, still goes out; without Redis it is dropped at once.
        await sending.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(ReceiveAsync(stoppingToken), sending = SendAsync(stoppingToken));

    private void Send(LiveSignal signal) => outgoing.Writer.TryWrite(signal);

    private async Task SendAsync(CancellationToken ct)
    {
        var lost = 0;
        await foreach (var signal in outgoing.Reader.ReadAllAsync(ct))
        {
            // What is sent and forgotten does not say that there was nobody to send it to.
            var reason = redis.IsConnected ? null : "not connected";
            try
            {
                if (reason is null) await redis.GetSubscriber().PublishAsync(Name, LiveWire.Write(node, signal), CommandFlags.FireAndForget);
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                reason = e.GetType().Name;
            }
            if (reason is not null)
            {
                dropped.Add(1);
                if (lost++ == 0) log.LogWarning("Redis is away: other nodes find changes by the version check ({Reason})", reason);
                continue;
            }
            if (lost > 0) log.LogInformation("Redis is back; {Lost} signals were not sent to other nodes, whose version check finds them", lost);
            lost = 0;
        }
    }

    private async Task ReceiveAsync(CancellationToken ct)
    {
        while (!subscribed)
        {
            try
            {
                var queue = await redis.GetSubscriber().SubscribeAsync(Name);
                queue.OnMessage(TakeAsync);
                subscribed = true;
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), clock, ct);
            }
        }
    }

    private async Task TakeAsync(ChannelMessage message)
    {
        try
        {
            var (from, signal) = LiveWire.Read(((ReadOnlyMemory<byte>)message.Message).Span);
            // A node hears itself as the others hear it, by its own clock.
            if (from == node && signal is not null) seconds.Record(clock.GetElapsedTime(signal.At).TotalSeconds);
            else if (signal is not null) await live.ReceiveAsync(signal);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            log.LogWarning(e, "Another node's signal could not be taken; the version check finds what it told");
        }
    }
}
