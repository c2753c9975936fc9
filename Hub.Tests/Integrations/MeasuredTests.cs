using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Hub.Tests.Fixes;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Hub.Web.Integrations.Telemetry;
using Hub.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Hub.Tests.Integrations;

/// <summary>That what the hub does is measured where it happens.</summary>
public sealed class MeasuredTests
{
    [Theory, Databases]
    public async Task A_post_counts_once_and_its_way_to_watchers_on_both_nodes_is_timed(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var other = hub.AnotherNode();
        await using var wire = new NodeWire(hub.Get<LiveBus>(), other.GetRequiredService<LiveBus>());
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("measured"))).Value.Id;
        using var here = new Measured(hub.Get<Telemetry>());
        using var there = new Measured(other.GetRequiredService<Telemetry>());
        var (near, far) = (new Inbox(), new Inbox());
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Conversation(channel), near.TakeAsync);
        using var watchThere = await other.GetRequiredService<LiveBus>().WatchAsync(hub.Amara, Topic.Conversation(channel), far.TakeAsync);

        var id = Guid.NewGuid();
        for (var i = 0; i < 2; i++) Assert.True((await hub.Get<MessageService>().PostAsync(hub.Amara, channel, id, "once")).Ok);

        Assert.Equal([1], here.Of("hub.chat.posts"));
        Assert.InRange(Assert.Single(await here.OnceAsync("hub.live.fanout.duration", "hub.topic.kind=conversation")), 0, 20);
        Assert.InRange(Assert.Single(await there.OnceAsync("hub.live.fanout.duration", "hub.topic.kind=conversation")), 0, 20);
        Assert.Empty(there.Of("hub.chat.posts"));
    }

    [Theory, Databases]
    public async Task The_way_is_timed_from_the_publish_of_the_oldest_that_a_delivery_brings(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        using var measured = new Measured(hub.Get<Telemetry>());
        var gate = new TaskCompletionSource();
        var (live, topic, slow) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId), new Inbox(gate.Task));
        using var watch = await live.WatchAsync(hub.Amara, topic, slow.TakeAsync);
        live.Publish(new LiveEvent(topic, 1, "roles-changed", new RolesChanged()));
        await slow.BeginsAsync();
        // The third comes before the second: it waits, and its wait counts.
        live.Publish(new LiveEvent(topic, 3, "roles-changed", new RolesChanged()));
        var begun = Stopwatch.GetTimestamp();
        await using (var db = await hub.Hub.CreateDbContextAsync())
            for (var i = 0; i < 5; i++) await db.People.CountAsync();
        live.Publish(new LiveEvent(topic, 2, "roles-changed", new RolesChanged()));
        var waited = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        gate.SetResult();
        await slow.VersionsAsync(3);
        live.Publish(new LiveEvent(topic, 4, "roles-changed", new RolesChanged()));
        await slow.VersionsAsync(4);

        var times = measured.Of("hub.live.fanout.duration", "hub.topic.kind=me");
        Assert.InRange(times.Count, 2, 3);
        Assert.All(times.Take(2), t => Assert.True(t >= waited, $"{t} s, though it waited {waited} s"));
    }

    [Theory, Databases]
    public async Task A_lost_publish_that_the_version_check_repairs_is_counted(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        using var measured = new Measured(hub.Get<Telemetry>());
        var (live, inbox) = (hub.Get<LiveBus>(), new Inbox());
        using var watch = await live.WatchAsync(hub.Amara, Topic.Me(hub.Amara.PersonId), inbox.TakeAsync);
        await using (var db = await hub.Hub.CreateDbContextAsync())
        await using (var tx = await db.Database.BeginTransactionAsync())
        {
            await db.AdvanceAsync<Person>(hub.Amara.PersonId);
            await tx.CommitAsync();
        }
        await live.CheckVersionsAsync();
        Assert.Empty(measured.Of("hub.live.repairs"));
        await live.CheckVersionsAsync();
        await inbox.ReloadAsync();
        Assert.Equal([1], measured.Of("hub.live.repairs", "hub.topic.kind=me"));
        Assert.Empty(measured.Of("hub.live.fanout.duration"));
    }

    [Theory, Databases]
    public async Task Searches_of_the_page_and_of_the_box_are_timed(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        using var measured = new Measured(hub.Get<Telemetry>());
        Assert.NotEmpty((await hub.Get<SearchService>().FindAsync(hub.Amara, "Jonas")).Value.Items);
        Assert.NotEmpty(await hub.Get<SearchService>().SuggestAsync(hub.Amara, "Jonas"));
        Assert.InRange(Assert.Single(measured.Of("hub.search.duration", "hub.search.where=page")), 0, 20);
        Assert.InRange(Assert.Single(measured.Of("hub.search.duration", "hub.search.where=box")), 0, 20);
    }

    [Theory, Databases]
    public async Task Commands_and_commits_of_the_database_are_timed_by_their_first_word_and_failures_by_their_code(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var system = $"db.system.name={(provider == "Sqlite" ? "sqlite" : "postgresql")}";
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("measured"))).Value.Id;
        using var measured = new Measured(hub.Get<Telemetry>());
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "SELECT my words");
        foreach (var operation in new[] { "SELECT", "UPDATE", "COMMIT" }) await TimedAsync(operation);
        Assert.Single(measured.Of("db.client.operation.duration", "db.operation.name=COMMIT"));
        await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("another"));
        await TimedAsync("INSERT");
        Assert.DoesNotContain(measured.Tags, t => t.StartsWith("error.type", StringComparison.Ordinal));

        await using (var db = await hub.Hub.CreateDbContextAsync())
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => db.Database.ExecuteSqlRawAsync("DELETE FROM \"nothing of the kind\""));
        var code = provider == "Sqlite" ? "Microsoft.Data.Sqlite.SqliteException" : "42P01";
        Assert.Single(measured.Of("db.client.operation.duration", system, "db.operation.name=DELETE", $"error.type={code}"));

        async Task TimedAsync(string operation) =>
            Assert.All(await measured.OnceAsync("db.client.operation.duration", system, $"db.operation.name={operation}"), s => Assert.InRange(s, 0, 20));
    }

    [Theory]
    [InlineData("SELECT 1", "SELECT")]
    [InlineData("  -- a comment about DELETE\n\n-- another\ninsert into x", "INSERT")]
    [InlineData("-- nothing else", "OTHER")]
    [InlineData("PRAGMA journal_mode", "OTHER")]
    [InlineData("", "OTHER")]
    public void A_command_is_told_by_a_word_that_is_known(string sql, string told) => Assert.Equal(told, DatabaseTimes.Operation(sql));

    [Theory, Databases]
    public async Task Work_that_waits_is_counted_with_its_age_and_pages_programs_and_watches_as_they_stand(string provider)
    {
        await using var fixes = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var hub = fixes.Hub;
        using var measured = new Measured(hub.Get<Telemetry>());
        var circuits = new OpenCircuits();
        var connections = new LiveConnections(hub.Get<PeopleService>(), hub.Get<AccessTokenService>());
        using var gauges = new NodeGauges(hub.Get<Telemetry>(), circuits, connections, hub.Get<LiveBus>(), [], hub.Get<WorkQueues>(), hub.Clock, NullLogger<NodeGauges>.Instance);
        await new OpenCircuits.Counting(circuits).OnConnectionUpAsync(null!, default);
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Me(hub.Amara.PersonId), _ => Task.CompletedTask);

        measured.Observe();
        Assert.Empty(measured.Of("hub.work.due"));
        await gauges.CountAsync(default);
        measured.Observe();
        Assert.Equal([0], measured.Of("hub.work.due", "hub.work.kind=fixes.runs"));

        var run = (await fixes.Runs.StartAsync(hub.Amara, "mailbox-not-syncing")).Value.Id;
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            var since = hub.Clock.Now().AddSeconds(-90);
            await db.FixRuns.Where(r => r.Id == run).ExecuteUpdateAsync(s => s.SetProperty(r => r.State, RunState.Working).SetProperty(r => r.DueAt, since));
        }
        await gauges.CountAsync(default);
        measured.Observe();
        Assert.Equal([0, 1], measured.Of("hub.work.due", "hub.work.kind=fixes.runs"));
        Assert.InRange(measured.Of("hub.work.age", "hub.work.kind=fixes.runs")[^1], 90, 120);
        Assert.Equal((1, 1, 0), (measured.Of("hub.circuits")[^1], measured.Of("hub.live.watches")[^1], measured.Of("hub.live.connections")[^1]));
        Assert.Empty(measured.Of("hub.redis.connected"));

        // What cannot be counted is not told as it was.
        await using (var db = await hub.Hub.CreateDbContextAsync()) await db.Database.ExecuteSqlRawAsync("ALTER TABLE \"FixRuns\" RENAME TO \"Gone\"");
        await gauges.CountAsync(default);
        measured.Observe();
        Assert.Equal(2, measured.Of("hub.work.due").Count);
    }

    [Theory, Databases]
    public async Task A_change_on_one_node_and_its_arrival_on_the_other_are_one_trace_if_it_is_recorded(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var other = hub.AnotherNode();
        var wire = new NodeWire(hub.Get<LiveBus>(), other.GetRequiredService<LiveBus>());
        var arrived = new List<Activity>();
        var (here, there) = (hub.Get<Telemetry>().Traces, other.GetRequiredService<Telemetry>().Traces);
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s == here || s == there,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a =>
            {
                lock (arrived) arrived.Add(a);
            },
        };
        ActivitySource.AddActivityListener(listener);
        var inbox = new Inbox();
        var (live, topic) = (hub.Get<LiveBus>(), Topic.Me(hub.Amara.PersonId));
        using var watch = await other.GetRequiredService<LiveBus>().WatchAsync(hub.Amara, topic, inbox.TakeAsync);

        live.Publish(new LiveEvent(topic, 1, "roles-changed", new RolesChanged()));
        string? trace;
        using (var change = here.StartActivity("change"))
        {
            trace = change!.Id;
            await using (var db = await hub.Hub.CreateDbContextAsync()) await db.People.CountAsync();
            live.Publish(new LiveEvent(topic, 2, "roles-changed", new RolesChanged()));
        }
        await inbox.VersionsAsync(2);
        await wire.DisposeAsync();
        List<Activity> all;
        lock (arrived) all = [.. arrived];
        var receive = Assert.Single(all, a => a.Source == there && a.OperationName == "receive");
        Assert.Equal((trace, ActivityKind.Consumer, "me"), (receive.ParentId, receive.Kind, receive.GetTagItem("hub.topic.kind")));
        var read = Assert.Single(all, a => a.OperationName == "SELECT");
        Assert.Equal((trace, ActivityKind.Client), (read.ParentId, read.Kind));
        Assert.Equal(["db.operation.name", "db.system.name"], read.TagObjects.Select(t => t.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_delivery_is_measured_without_allocating()
    {
        using var telemetry = new Telemetry();
        var delay = telemetry.Seconds("hub.live.fanout.duration", "");
        using var reader = Sdk.CreateMeterProviderBuilder().AddMeter(Telemetry.Name).AddReader(new BaseExportingMetricReader(new Nowhere())).Build();
        for (var i = 0; i < 1000; i++) Record();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) Record();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);

        void Record() => delay.Record(0.002, new KeyValuePair<string, object?>("hub.topic.kind", "conversation"));
    }

    private sealed class Nowhere : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
