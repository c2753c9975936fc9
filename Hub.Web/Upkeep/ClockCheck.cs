using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using StackExchange.Redis;

namespace Hub.Web.Upkeep;

/// <summary>Whether this machine, the database's and Redis' tell the same time: due work, tokens and the order of things rest on it.</summary>
internal static class ClockCheck
{
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(2), FarApart = TimeSpan.FromSeconds(30);

    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        if (TimeSpan.TryParse(at.Settings["Clock:Offset"], CultureInfo.InvariantCulture, out var offset) && offset != TimeSpan.Zero)
            yield return new Finding("clock", at.Development ? Verdict.Warning : Verdict.Wrong, $"Clock:Offset moves the hub's time by {offset}; that is for drills. Take the setting away.");
        await using var storage = at.Storage();
        await using var db = await storage.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync(ct);
        if (db.Database.GetDbConnection() is NpgsqlConnection postgres) yield return await ComparedAsync(at, "the database's", () => PostgresAsync(postgres, ct));
        if (RedisCheck.Options(at) is { } options) yield return await ComparedAsync(at, "Redis'", () => RedisAsync(options));
        if (db is SqliteHubDb && RedisCheck.Options(at) is null) yield return Finding.Ok("clock", $"It is {at.Clock.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC here; nothing elsewhere has a clock to compare it with.");
    }

    private static async Task<Finding> ComparedAsync(Looking at, string whose, Func<Task<Func<Task<DateTimeOffset>>>> open)
    {
        try
        {
            var ask = await open();
            var before = at.Clock.GetUtcNow();
            var there = await ask();
            // It was read there somewhere between the question and the answer.
            var apart = there - before - (at.Clock.GetUtcNow() - before) / 2;
            var said = $"This clock and {whose} are {apart.Duration().TotalSeconds:0.0} s apart.";
            return apart.Duration() > FarApart ? Finding.Wrong("clock", $"{said} Set both by one time service (chrony, systemd-timesyncd), then start the hub again.")
                : apart.Duration() > Apart ? Finding.Warn("clock", $"{said} Set both by one time service (chrony, systemd-timesyncd).")
                : Finding.Ok("clock", said);
        }
        catch (Exception e) when (e is DbException or RedisException or TimeoutException)
        {
            return Finding.Warn("clock", $"It could not be compared with {whose}, which gives no answer.");
        }
    }

    private static async Task<Func<Task<DateTimeOffset>>> PostgresAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await connection.OpenAsync(ct);
        return async () =>
        {
            await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
            return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(ct))!);
        };
    }

    private static async Task<Func<Task<DateTimeOffset>>> RedisAsync(ConfigurationOptions options)
    {
        var redis = await RedisCheck.ConnectAsync(options) ?? throw new TimeoutException();
        await redis.GetDatabase().PingAsync();
        return async () =>
        {
            await using (redis) return new DateTimeOffset(await redis.GetServers()[0].TimeAsync());
        };
    }
}
