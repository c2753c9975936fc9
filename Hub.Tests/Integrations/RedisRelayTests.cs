using System.Diagnostics;
using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Tests.Faults;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Hub.Web.Integrations.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Hub.Tests.Integrations;

/// <summary>Two buses over a Redis of their own: what is measured of it.</summary>
public sealed class RedisRelayTests : IAsyncLifetime
{
    private readonly int port = HubProcess.FreePort();
    private readonly string folder = Directory.CreateTempSubdirectory("hub-redis-").FullName;
    private Process redis = null!;

    public Task InitializeAsync()
    {
        redis = Process.Start("redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--loglevel", "warning"]);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_change_is_timed_on_its_way_through_Redis_and_counted_when_it_is_lost()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var other = hub.AnotherNode();
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("relayed"))).Value.Id;
        using var here = new Measured(hub.Get<Telemetry>());
        using var there = new Measured(other.GetRequiredService<Telemetry>());
        await using var one = await ConnectAsync();
        await using var two = await ConnectAsync();
        using var relay = Relay(one, hub.Services);
        using var relayThere = Relay(two, other);
        await relay.StartAsync(default);
        await relayThere.StartAsync(default);
        await HeardAsync(one, 2);
        var far = new Inbox();
        using var watch = await other.GetRequiredService<LiveBus>().WatchAsync(hub.Amara, Topic.Conversation(channel), far.TakeAsync);

        var begun = Stopwatch.GetTimestamp();
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "over Redis");
        await far.VersionsAsync(1);
        Assert.InRange(Assert.Single(await here.OnceAsync("hub.redis.relay.duration")), 0.000_001, Stopwatch.GetElapsedTime(begun).TotalSeconds);
        Assert.Empty(there.Of("hub.redis.relay.duration"));
        Assert.Empty(here.Of("hub.redis.lost"));
        Assert.True(relay.Connected);

        TaskCompletionSource news = new(TaskCreationOptions.RunContinuationsAsynchronously), commands = new(TaskCreationOptions.RunContinuationsAsynchronously);
        one.ConnectionFailed += (_, e) => (e.ConnectionType == ConnectionType.Subscription ? news : commands).TrySetResult();
        redis.Kill();
        await Task.WhenAll(news.Task, commands.Task).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(relay.Connected);
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "lost");
        Assert.Equal([1], await here.OnceAsync("hub.redis.lost"));
        await relay.StopAsync(default);
        await relayThere.StopAsync(default);
    }

    public async Task DisposeAsync()
    {
        if (!redis.HasExited) redis.Kill();
        await redis.WaitForExitAsync();
        redis.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static RedisRelay Relay(ConnectionMultiplexer redis, IServiceProvider node) =>
        new(redis, node.GetRequiredService<LiveBus>(), node.GetRequiredService<TimeProvider>(), node.GetRequiredService<Telemetry>(), NullLogger<RedisRelay>.Instance);

    private Task<ConnectionMultiplexer> ConnectAsync() =>
        ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions { EndPoints = { { "127.0.0.1", port } }, AbortOnConnectFail = false, ConnectRetry = 10, BacklogPolicy = BacklogPolicy.FailFast });

    private static async Task HeardAsync(ConnectionMultiplexer redis, long nodes)
    {
        while (await redis.GetServers().Single().SubscriptionSubscriberCountAsync(RedisChannel.Literal("hub:live")) < nodes) await Task.Delay(50);
    }
}
