using Hub.Web.Live;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.Extensions.Caching.Hybrid;
using StackExchange.Redis;

namespace Hub.Web.Integrations.Redis;

/// <summary>What several nodes share beside the database, when <c>ConnectionStrings:Redis</c> names a Redis.</summary>
internal static class RedisSetup
{
    public static void AddHubRedis(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration.GetConnectionString("Redis") is not { Length: > 0 } connection) return;
        var options = ConfigurationOptions.Parse(connection);
        // The hub starts and goes on without Redis, and finds it again by itself.
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(options));
        services.AddSingleton<RedisRelay>().AddHostedService(s => s.GetRequiredService<RedisRelay>()).AddSingleton<INodeLink>(s => s.GetRequiredService<RedisRelay>());
        services.AddStackExchangeRedisCache(_ => { });
        services.AddOptions<Microsoft.Extensions.Caching.StackExchangeRedis.RedisCacheOptions>()
            .Configure<IConnectionMultiplexer>((o, redis) => (o.ConnectionMultiplexerFactory, o.InstanceName) = (() => Task.FromResult(redis), "hub:"));
        services.AddHybridCache();
        services.AddOptions<CircuitOptions>().Configure<HybridCache>((o, cache) => o.HybridPersistenceCache = cache);
    }
}
