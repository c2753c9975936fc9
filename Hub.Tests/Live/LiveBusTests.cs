using System.Collections.Concurrent;
using System.Globalization;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Live;

/// <summary>The bus on a real database, with the topic "me", which every person has.</summary>
public sealed class LiveBusTests
{
    [Theory, Databases]
    public async Task Only_who_may_see_it_may_watch_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var live = hub.Get<LiveBus>();

        Assert.NotNull(await live.WatchAsync(hub.Amara, Topic.Me(hub.Amara.PersonId), _ => Task.CompletedTask));
        Assert.Null(await live.WatchAsync(hub.Jonas, Topic.Me(hub.Amara.PersonId), _ => Task.CompletedTask));
        Assert.Null(await live.WatchAsync(hub.Amara, new Topic("nothing", hub.Amara.PersonId), _ => Task.CompletedTask));
    }

    [Theory, Databases]
    public async Task Events_arrive_once_and_in_order_even_when_published_out_of_order(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (live, topic) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId));
        var seen = new Inbox();
        using var watch = await live.WatchAsync(hub.Amara, topic, seen.TakeAsync);

        foreach (var version in new long[] { 2, 1, 1, 4, 3, 5 }) live.Publish(Event(topic, version));

        Assert.Equal([1, 2, 3, 4, 5], await seen.VersionsAsync(5));
    }

    [Theory, Databases]
    public async Task Who_watches_is_told_in_their_own_language(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (live, topic, before) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId), CultureInfo.CurrentUICulture);
        var told = new TaskCompletionSource<string>();
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("cy-GB");
        using var watch = await live.WatchAsync(hub.Amara, topic, _ =>
        {
            told.TrySetResult(CultureInfo.CurrentUICulture.Name);
            return Task.CompletedTask;
        });
        CultureInfo.CurrentUICulture = before;

        live.Publish(Event(topic, 1));

        Assert.Equal("cy-GB", await told.Task.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task However_many_watch_a_few_are_told_at_once_and_all_are_told()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var (live, topic) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId));
        var (now, most, told) = (0, 0, 0);
        var all = new TaskCompletionSource();
        var watches = new List<LiveWatch>();
        for (var i = 0; i < 300; i++)
        {
            watches.Add((await live.WatchAsync(hub.Amara, topic, _ =>
            {
                var busy = Interlocked.Increment(ref now);
                for (var seen = Volatile.Read(ref most); busy > seen; seen = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, busy, seen);
                Thread.SpinWait(20_000);
                Interlocked.Decrement(ref now);
                if (Interlocked.Increment(ref told) == 300 * 3) all.TrySetResult();
                return Task.CompletedTask;
            }))!);
        }
        for (var version = 1; version <= 3; version++)
        {
            live.Publish(Event(topic, version));
            var expected = 300 * version;
            if (version < 3) Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref told) == expected, TimeSpan.FromSeconds(20)));
        }
        await all.Task.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.InRange(most, 1, 4 * Environment.ProcessorCount);
        foreach (var watch in watches) watch.Dispose();
    }

    [Theory, Databases]
    public async Task A_burst_reaches_a_slow_watcher_in_few_deliveries_and_a_quick_one_does_not_wait(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (live, topic) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId));
        var open = new TaskCompletionSource();
        var (slow, quick) = (new Inbox(open.Task), new Inbox());
        using var first = await live.WatchAsync(hub.Amara, topic, slow.TakeAsync);
        using var second = await live.WatchAsync(hub.Amara, topic, quick.TakeAsync);

        for (var v = 1; v <= 100; v++) live.Publish(Event(topic, v));
        Assert.Equal(100, (await quick.VersionsAsync(100)).Count);
        open.SetResult();

        Assert.Equal(100, (await slow.VersionsAsync(100)).Count);
        Assert.InRange(slow.Deliveries, 1, 3);
    }

    [Theory, Databases]
    public async Task A_watcher_that_falls_far_behind_is_asked_to_load(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (live, topic) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId));
        var open = new TaskCompletionSource();
        var slow = new Inbox(open.Task);
        using var watch = await live.WatchAsync(hub.Amara, topic, slow.TakeAsync);

        for (var v = 1; v <= (2 * LiveWatch.MostQueued) + 50; v++) live.Publish(Event(topic, v));
        open.SetResult();

        await slow.ReloadAsync();
    }

    [Theory, Databases]
    public async Task A_lost_publish_is_found_in_the_database_and_repaired(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (live, topic) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId));
        var seen = new Inbox();
        using var watch = await live.WatchAsync(hub.Amara, topic, seen.TakeAsync);

        await AdvanceWithoutPublishingAsync(hub);
        Assert.Equal(0, await live.CheckVersionsAsync());
        Assert.Equal(1, await live.CheckVersionsAsync());

        await seen.ReloadAsync();
        Assert.Null(live.EventsAfter(topic, 0));
        Assert.Equal(0, await live.CheckVersionsAsync());
    }

    [Theory, Databases]
    public async Task A_publish_between_two_checks_needs_no_repair(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (live, topic) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId));
        using var watch = await live.WatchAsync(hub.Amara, topic, _ => Task.CompletedTask);

        await AdvanceWithoutPublishingAsync(hub);
        await live.CheckVersionsAsync();
        live.Publish(Event(topic, 1));

        Assert.Equal(0, await live.CheckVersionsAsync());
        Assert.Equal([1], live.EventsAfter(topic, 0)!.Select(e => e.Version));
    }

    [Theory, Databases]
    public async Task Versions_are_gapless_under_many_writers(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var versions = new ConcurrentBag<long>();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++) versions.Add(await AdvanceWithoutPublishingAsync(hub));
        })));

        Assert.Equal(Enumerable.Range(1, 80).Select(v => (long)v), versions.Order());
    }

    [Theory, Databases]
    public async Task A_watcher_that_fails_is_asked_to_load_until_it_can_and_the_others_do_not_wait(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (live, topic) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId));
        var (failing, seen) = (new Inbox { Failures = 3 }, new Inbox());
        using var first = await live.WatchAsync(hub.Amara, topic, failing.TakeAsync);
        using var second = await live.WatchAsync(hub.Amara, topic, seen.TakeAsync);

        live.Publish(Event(topic, 1));
        live.Publish(Event(topic, 2));

        Assert.Equal([1, 2], await seen.VersionsAsync(2));
        await failing.ReloadAsync();
        Assert.Equal(0, failing.Failures);
        live.Publish(Event(topic, 3));
        Assert.Equal([3], await failing.VersionsAsync(1));
    }

    [Theory, Databases]
    public async Task What_waits_for_somebody_is_dropped_when_they_may_not_see_it_any_more(string provider)
    {
        var room = new Room();
        await using var hub = await TestHub.StartAsync(provider, s => s.AddSingleton<ITopicSource>(room));
        var (live, topic) = (hub.Get<LiveBus>(), new Topic("room", Guid.NewGuid()));
        var open = new TaskCompletionSource();
        var slow = new Inbox(open.Task);
        room.Allowed.Add(hub.Amara.PersonId);
        await live.WatchAsync(hub.Amara, topic, slow.TakeAsync);

        live.Publish(Event(topic, 1));
        await slow.BeginsAsync();
        live.Publish(Event(topic, 2));
        room.Allowed.Clear();
        await live.RecheckAsync(topic);
        live.Publish(Event(topic, 3));
        open.SetResult();

        await slow.EndedAsync();
        Assert.Equal([1], await slow.VersionsAsync(1));
    }

    [Theory, Databases]
    public async Task A_right_that_is_lost_while_a_watch_begins_is_lost(string provider)
    {
        var room = new Room();
        await using var hub = await TestHub.StartAsync(provider, s => s.AddSingleton<ITopicSource>(room));
        var (live, topic) = (hub.Get<LiveBus>(), new Topic("room", Guid.NewGuid()));
        room.Allowed.Add(hub.Amara.PersonId);
        room.Answered = () =>
        {
            // The answer was yes; before the watch stands, the right is taken away and everyone who watches is asked again.
            room.Answered = null;
            room.Allowed.Clear();
            return live.RecheckAsync(topic);
        };

        Assert.Null(await live.WatchAsync(hub.Amara, topic, _ => Task.CompletedTask));
        Assert.Equal(0, live.WatchCount);
    }

    [Theory, Databases]
    public async Task A_watch_that_cannot_begin_leaves_nothing_behind(string provider)
    {
        var room = new Room { VersionsFail = true };
        await using var hub = await TestHub.StartAsync(provider, s => s.AddSingleton<ITopicSource>(room));
        var live = hub.Get<LiveBus>();
        room.Allowed.Add(hub.Amara.PersonId);

        await Assert.ThrowsAsync<InvalidOperationException>(() => live.WatchAsync(hub.Amara, new Topic("room", Guid.NewGuid()), _ => Task.CompletedTask));

        Assert.Equal(0, live.WatchCount);
    }

    [Theory, Databases]
    public async Task Nothing_is_kept_of_a_watch_that_ended(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var live = hub.Get<LiveBus>();
        var watch = await live.WatchAsync(hub.Amara, Topic.Me(hub.Amara.PersonId), _ => Task.CompletedTask);
        Assert.Equal(1, live.WatchCount);

        watch!.Dispose();
        watch.Dispose();

        Assert.Equal(0, live.WatchCount);
    }

    private static LiveEvent Event(Topic topic, long version) => new(topic, version, "test", new RolesChanged());

    private static async Task<long> AdvanceWithoutPublishingAsync(TestHub hub)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        await using var tx = await db.Database.BeginTransactionAsync();
        var version = await db.AdvanceAsync<Person>(hub.Amara.PersonId);
        await tx.CommitAsync();
        return version;
    }

    /// <summary>A room with one kind of topic, whose doors the test opens and shuts.</summary>
    private sealed class Room : ITopicSource
    {
        public ConcurrentBag<Guid> Allowed { get; } = [];
        public Func<Task>? Answered { get; set; }
        public bool VersionsFail { get; init; }
        string ITopicSource.Kind => "room";

        async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
        {
            var answer = Allowed.Contains(actor.PersonId) ? ids.ToHashSet() : [];
            if (Answered is { } then) await then();
            return answer;
        }

        Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct) => VersionsFail
            ? throw new InvalidOperationException("The database is away.")
            : Task.FromResult<IReadOnlyDictionary<Guid, long>>(ids.ToDictionary(id => id, _ => 0L));
    }
}
