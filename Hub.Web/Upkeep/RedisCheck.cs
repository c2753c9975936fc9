using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Hub.Web.Upkeep;

/// <summary>The Redis that nodes share: whether it answers, keeps what is written, and carries news.</summary>
internal static class RedisCheck
{
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(50);

    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        if (Options(at) is not { } options)
        {
            yield return Finding.Ok("redis", "None is configured (ConnectionStrings:Redis): this hub is one node alone.");
            yield break;
        }
        await using var redis = await ConnectAsync(options);
        if (redis is null)
        {
            yield return Finding.Wrong("redis", $"{Names(options)} does not answer, or not with this password. Until it does, other nodes' changes come by the version check alone.");
            yield break;
        }
        var took = await redis.GetDatabase().PingAsync();
        yield return took > Slow
            ? Finding.Warn("redis", $"{Names(options)} takes {took.TotalMilliseconds:0} ms to answer; the nodes' Redis belongs near them.")
            : Finding.Ok("redis", $"Redis {redis.GetServers()[0].Version} at {Names(options)} answers ({took.TotalMilliseconds:0.0} ms).");
        yield return await KeepsAsync(redis);
        yield return await CarriesAsync(redis, ct);
    }

    /// <summary>As the hub connects, but a Redis that is away is told within three seconds; null when none is configured.</summary>
    internal static ConfigurationOptions? Options(Looking at)
    {
        if (at.Settings.GetConnectionString("Redis") is not { Length: > 0 } connection) return null;
        var options = ConfigurationOptions.Parse(connection);
        (options.AbortOnConnectFail, options.ConnectRetry, options.ConnectTimeout, options.AsyncTimeout) = (true, 0, 3_000, 2_000);
        return options;
    }

    internal static async Task<ConnectionMultiplexer?> ConnectAsync(ConfigurationOptions options)
    {
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(options);
        }
        catch (RedisConnectionException)
        {
            return null;
        }
    }

    // What it holds for the hub: the state of paused pages.
    private static async Task<Finding> KeepsAsync(ConnectionMultiplexer redis)
    {
        try
        {
            var key = (RedisKey)$"hub:check:{Guid.NewGuid():N}";
            await redis.GetDatabase().StringSetAsync(key, "kept", TimeSpan.FromSeconds(10));
            return await redis.GetDatabase().StringGetAsync(key) == "kept" ? Finding.Ok("redis writes", "What is written is there.")
                : Finding.Wrong("redis writes", "What was written a moment ago is not there: Redis has too little memory (maxmemory), so paused pages lose their state.");
        }
        catch (RedisException e)
        {
            return Finding.Wrong("redis writes", $"Nothing can be written: {Check.Reason(e)} Give the hub a Redis that is no replica, has memory, and lets it write keys that begin with \"hub:\".");
        }
    }

    private static async Task<Finding> CarriesAsync(ConnectionMultiplexer redis, CancellationToken ct)
    {
        try
        {
            var name = RedisChannel.Literal($"hub:check:{Guid.NewGuid():N}");
            var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await redis.GetSubscriber().SubscribeAsync(name, (_, _) => heard.TrySetResult());
            await redis.GetSubscriber().PublishAsync(name, "check");
            await heard.Task.WaitAsync(TimeSpan.FromSeconds(2), ct);
            return Finding.Ok("redis news", "What is published is heard.");
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return Finding.Wrong("redis news", $"What is published is not heard: {Check.Reason(e)} Let the hub publish and subscribe to channels that begin with \"hub:\".");
        }
    }

    private static string Names(ConfigurationOptions options) => string.Join(", ", options.EndPoints.Select(e => e is System.Net.DnsEndPoint d ? $"{d.Host}:{d.Port}" : e.ToString()));
}
