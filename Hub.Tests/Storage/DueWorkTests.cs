using System.Collections.Concurrent;
using Hub.Domain;
using Hub.Domain.Storage;
using Hub.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Storage;

/// <summary>Due work: leases, tries, and that an effect comes once whenever its holder dies.</summary>
public sealed class DueWorkTests
{
    private const string Once = "test.once";
    private const string Again = "test.again";

    [Theory, Databases]
    public async Task Whenever_the_holder_dies_the_effect_is_there_exactly_once(string provider)
    {
        var outside = new Outside();
        await using var hub = await TestHub.StartAsync(provider, outside.AddTo);
        var (node, other, holder) = (hub.Get<DueWorker>(), hub.AnotherNode().GetRequiredService<DueWorker>(), hub.Get<Holder>());
        var died = 0;
        for (var lives = true; lives; died++)
        {
            Assert.True(died < 100, "The holder dies at every step and never gets through.");
            await PlaceAsync(hub, died);
            holder.DiesAt(died);
            // One kind after the other: the steps are counted.
            foreach (var kind in new[] { Once, Again }) await holder.LiveAsync(() => node.WorkAsync(kind));
            lives = holder.Dead;
            holder.DiesAt(int.MaxValue);

            hub.Clock.Advance(DueWorker.Lease - TimeSpan.FromSeconds(1));
            await other.WorkAsync();
            hub.Clock.Advance(TimeSpan.FromSeconds(2));
            await other.WorkAsync();
            await AssertOnceAsync(hub, outside, $"{died}");
            hub.Clock.Advance(TimeSpan.FromHours(1));
        }
        // Claim (two commands), the row's end, two effects and a commit of each of two, and what finds them: each before and after.
        Assert.InRange(died, 24, 60);
    }

    [Theory, Databases]
    public async Task Of_two_nodes_at_work_at_the_same_time_one_has_the_effect(string provider)
    {
        var outside = new Outside();
        await using var hub = await TestHub.StartAsync(provider, outside.AddTo);
        var (one, two) = (hub.Get<DueWorker>(), hub.AnotherNode().GetRequiredService<DueWorker>());
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            for (var i = 0; i < 60; i++) db.Due(hub.Clock, Once, $"{i}", hub.Clock.Now());
            await db.SaveChangesAsync();
        }
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? one : two).WorkAsync(Once))));
        while (await one.WorkAsync(Once) > 0)
        {
        }
        await using var after = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{Once} {i}").Order(StringComparer.Ordinal), await EffectsAsync(after));
        Assert.Equal(60, outside.Sent.Count);
        Assert.False(await after.DueWork.AnyAsync(w => w.Kind == Once));
    }

    [Theory, Databases]
    public async Task Who_was_slower_than_the_lease_stores_nothing_and_the_outside_knows_the_repeat_by_its_id(string provider)
    {
        var outside = new Outside();
        await using var hub = await TestHub.StartAsync(provider, outside.AddTo);
        var (slow, other) = (hub.Get<DueWorker>(), hub.AnotherNode().GetRequiredService<DueWorker>());
        await PlaceAsync(hub, 0);
        outside.During = async _ =>
        {
            outside.During = null;
            hub.Clock.Advance(DueWorker.Lease + TimeSpan.FromSeconds(1));
            Assert.Equal(1, await other.WorkAsync(Once));
        };
        Assert.Equal(1, await slow.WorkAsync(Once));
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal([$"{Once} 0"], await EffectsAsync(db));
        Assert.Equal(2, outside.Sent.Count);
        Assert.Single(outside.Sent.Select(s => s.Id).Distinct());
    }

    [Theory, Databases]
    public async Task What_fails_is_tried_again_after_longer_and_longer_pauses_and_then_lies_dead(string provider)
    {
        var outside = new Outside { Breaks = true };
        await using var hub = await TestHub.StartAsync(provider, outside.AddTo);
        var node = hub.Get<DueWorker>();
        await PlaceAsync(hub, 0);
        var wanted = hub.Clock.Now();
        Assert.Equal([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600], Enumerable.Range(1, 11).Select(a => DueWorker.Pause(a).TotalSeconds));
        Assert.Equal(3600, DueWorker.Pause(DueWorker.MostAttempts).TotalSeconds);
        for (var attempt = 1; attempt <= DueWorker.MostAttempts; attempt++)
        {
            foreach (var kind in new[] { Once, Again }) Assert.Equal(1, await node.WorkAsync(kind));
            Assert.Equal(0, await node.WorkAsync());
            var row = await RowAsync(hub, Once);
            Assert.Equal((attempt, nameof(TimeZoneNotFoundException), (Guid?)null), (row.Attempts, row.LastError, row.Holder));
            Assert.Equal(attempt == DueWorker.MostAttempts, row.DeadAt is not null);
            Assert.InRange(wanted - row.WantedAt, TimeSpan.Zero, TimeSpan.FromSeconds(30));
            hub.Clock.Advance(DueWorker.Pause(attempt) - TimeSpan.FromSeconds(2));
            Assert.Equal(0, await node.WorkAsync(Once));
            hub.Clock.Advance(TimeSpan.FromSeconds(2));
        }
        // What somebody asked for is given up; what comes again is tried for ever.
        hub.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((0, 1), (await node.WorkAsync(Once), await node.WorkAsync(Again)));
        Assert.Null((await RowAsync(hub, Again)).DeadAt);
        outside.Breaks = false;
        hub.Clock.Advance(TimeSpan.FromHours(1));
        await node.WorkAsync(Again);
        Assert.Equal((0, null), (await RowAsync(hub, Again)) is var sound ? (sound.Attempts, sound.LastError) : default);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal([Again], await EffectsAsync(db));
    }

    [Theory, Databases]
    public async Task Work_that_kills_its_holder_every_time_is_given_up_too(string provider)
    {
        var outside = new Outside();
        await using var hub = await TestHub.StartAsync(provider, outside.AddTo);
        await PlaceAsync(hub, 0);
        await using (var db = await hub.Hub.CreateDbContextAsync())
            // As its last holder left it.
            await db.DueWork.Where(w => w.Kind == Once).ExecuteUpdateAsync(s => s.SetProperty(w => w.Attempts, DueWorker.MostAttempts).SetProperty(w => w.Holder, Guid.NewGuid()));
        await hub.Get<DueWorker>().WorkAsync(Once);
        Assert.Empty(outside.Sent);
        Assert.Equal((true, "HolderLost"), await RowAsync(hub, Once) is var row ? (row.DeadAt is not null, row.LastError) : default);
    }

    [Theory, Databases]
    public async Task A_handler_that_hangs_ends_before_the_lease_and_stops_no_other_kind(string provider)
    {
        var outside = new Outside();
        await using var hub = await TestHub.StartAsync(provider, outside.AddTo);
        var node = new DueWorker(hub.Hub, hub.Services.GetServices<IDueWork>(), hub.Clock, NullLogger<DueWorker>.Instance) { Patience = TimeSpan.FromMilliseconds(200) };
        Assert.InRange(hub.Get<DueWorker>().Patience, TimeSpan.FromSeconds(1), DueWorker.Lease - TimeSpan.FromSeconds(15));
        await PlaceAsync(hub, 0);
        outside.During = kind => kind == Once ? new TaskCompletionSource().Task : Task.CompletedTask;
        await Task.WhenAll(node.WorkAsync(Once), node.WorkAsync(Again));
        Assert.Equal((1, nameof(TimeoutException)), await RowAsync(hub, Once) is var row ? (row.Attempts, row.LastError) : default);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal([Again], await EffectsAsync(db));
    }

    [Fact]
    public async Task On_a_node_a_kind_that_hangs_keeps_no_other_kind_waiting()
    {
        var (outside, hang, other, started) = (new Outside(), new TaskCompletionSource(), new TaskCompletionSource(), 0);
        await using var hub = await TestHub.StartAsync("Sqlite", outside.AddTo);
        await PlaceAsync(hub, 0);
        // Whichever is taken up first hangs.
        outside.During = _ =>
        {
            if (Interlocked.Increment(ref started) == 1) return hang.Task;
            other.TrySetResult();
            return Task.CompletedTask;
        };
        using var clock = new DueClock(hub.Get<DueWorker>(), NullLogger<DueClock>.Instance);
        await clock.StartAsync(default);
        await other.Task.WaitAsync(TimeSpan.FromSeconds(30));
        hang.SetResult();
        await clock.StopAsync(default);
    }

    [Theory, Databases]
    public async Task Recurring_work_is_planned_once_by_many_nodes_and_unknown_kinds_are_left_to_who_knows_them(string provider)
    {
        var outside = new Outside();
        await using var hub = await TestHub.StartAsync(provider, outside.AddTo);
        var other = hub.AnotherNode().GetRequiredService<DueWorker>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => (i % 2 == 0 ? hub.Get<DueWorker>() : other).PlanAsync())));
        await using var db = await hub.Hub.CreateDbContextAsync();
        var expected = hub.Services.GetServices<IDueWork>().Where(h => h.Every is not null).Select(h => h.Kind).Order(StringComparer.Ordinal);
        Assert.Equal(expected, (await db.DueWork.Select(w => w.Kind).ToListAsync()).Order(StringComparer.Ordinal));
        var build = new DueWorker(hub.Hub, [], hub.Clock, NullLogger<DueWorker>.Instance);
        Assert.Empty(await build.DueKindsAsync());
        Assert.Equal(0, await build.WorkAsync());
        Assert.Equal(expected.Count(), await other.WorkAsync());
    }

    private static async Task PlaceAsync(TestHub hub, int round)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        await db.Drafts.ExecuteDeleteAsync();
        await db.DueWork.ExecuteDeleteAsync();
        db.Due(hub.Clock, Once, $"{round}", hub.Clock.Now());
        db.Due(hub.Clock, Again, "", hub.Clock.Now());
        await db.SaveChangesAsync();
    }

    private static async Task AssertOnceAsync(TestHub hub, Outside outside, string key)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(new[] { Again, $"{Once} {key}" }, await EffectsAsync(db));
        Assert.Equal(["2"], await db.Drafts.Select(d => d.Text).Distinct().ToListAsync());
        var again = Assert.Single(await db.DueWork.ToListAsync());
        Assert.Equal((Again, null, 0, true), (again.Kind, again.Holder, again.Attempts, again.DueAt > hub.Clock.Now()));
        Assert.All(outside.Sent.GroupBy(s => s.Key, StringComparer.Ordinal).Where(g => g.Key == $"{Once} {key}"), g => Assert.Single(g.Select(s => s.Id).Distinct()));
    }

    // Two statements are one effect: each shows when it came twice, and when it came without the other.
    private static async Task<IEnumerable<string>> EffectsAsync(HubDb db) => (await db.Drafts.Select(d => d.Key).ToListAsync()).Select(k => k[(k.IndexOf('|') + 1)..]).Order(StringComparer.Ordinal);

    private static async Task<DueWork> RowAsync(TestHub hub, string kind)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        return await db.DueWork.AsNoTracking().SingleAsync(w => w.Kind == kind);
    }

    /// <summary>The outside, of which both handlers ask something, and what they store.</summary>
    private sealed class Outside
    {
        public ConcurrentQueue<(string Key, Guid Id)> Sent { get; } = [];
        /// <summary>What happens while a kind is on its way.</summary>
        public Func<string, Task>? During { get; set; }
        public bool Breaks { get; set; }

        public void AddTo(IServiceCollection services)
        {
            services.AddSingleton<IDueWork>(new Handler(this, Once, null)).AddSingleton<IDueWork>(new Handler(this, Again, TimeSpan.FromMinutes(30)));
            Holder.AddTo(services);
        }
    }

    private sealed class Handler(Outside outside, string kind, TimeSpan? every) : IDueWork
    {
        public string Kind => kind;

        public TimeSpan? Every => every;

        public async Task SendAsync(DueItem item, CancellationToken ct)
        {
            outside.Sent.Enqueue(($"{kind} {item.Key}".TrimEnd(), item.Id));
            if (outside.During is { } during) await during(kind);
        }

        public async Task StoreAsync(HubDb db, DueItem item, CancellationToken ct)
        {
            var row = new Hub.Domain.People.Draft { PersonId = Guid.NewGuid(), Key = $"{Guid.NewGuid():N}|{kind} {item.Key}".TrimEnd(), Text = "1" };
            db.Drafts.Add(row);
            await db.SaveChangesAsync(ct);
            // What is half done goes back.
            if (outside.Breaks) throw new TimeZoneNotFoundException("a message that may name somebody");
            row.Text = "2";
        }
    }
}
