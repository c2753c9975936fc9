using Hub.Tests.Faults;
using Hub.Web.Upkeep;

namespace Hub.Tests.Upkeep;

public sealed class RedisCheckTests
{
    [Fact]
    public async Task None_is_one_node_alone() => Assert.Contains("one node alone", Assert.Single(await LookAsync("")).Said, StringComparison.Ordinal);

    [Fact]
    public async Task One_as_it_should_be_answers_keeps_and_carries()
    {
        await using var redis = await RedisServer.StartAsync();
        var found = await LookAsync(redis.Connection);
        Assert.Equal([("redis", Verdict.Ok), ("redis writes", Verdict.Ok), ("redis news", Verdict.Ok)], found.Select(f => (f.What, f.Verdict)));
    }

    [Fact]
    public async Task One_that_is_away_or_wants_another_password()
    {
        var away = Assert.Single(await LookAsync($"127.0.0.1:{HubProcess.FreePort()}"));
        Assert.Equal((Verdict.Wrong, true), (away.Verdict, away.Said.Contains("does not answer", StringComparison.Ordinal)));
        await using var redis = await RedisServer.StartAsync("--requirepass", "quokka");
        var refused = Assert.Single(await LookAsync(redis.Connection + ",password=wombat"));
        Assert.Equal(Verdict.Wrong, refused.Verdict);
        Assert.DoesNotContain("wombat", refused.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_without_memory_keeps_nothing()
    {
        await using var redis = await RedisServer.StartAsync("--maxmemory", "1", "--maxmemory-policy", "noeviction");
        Assert.Equal("redis writes", Assert.Single(await LookAsync(redis.Connection), Look.Wrong).What);
    }

    [Fact]
    public async Task One_that_lets_nobody_publish_carries_no_news()
    {
        await using var redis = await RedisServer.StartAsync("--user", "hub", "on", ">quokka", "~*", "+@all", "resetchannels");
        Assert.Equal("redis news", Assert.Single(await LookAsync(redis.Connection + ",user=hub,password=quokka"), Look.Wrong).What);
    }

    private static Task<IReadOnlyList<Finding>> LookAsync(string connection) => Look.RunAsync(RedisCheck.LookAsync, Look.At(("ConnectionStrings:Redis", connection)));
}
