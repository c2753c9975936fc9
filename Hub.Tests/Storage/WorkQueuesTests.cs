using Hub.Domain;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Fixes;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Storage;

/// <summary>Queues, nodes and retention, and who may look at them.</summary>
public sealed class WorkQueuesTests
{
    [Theory, Databases]
    public async Task Only_an_administrator_of_the_whole_hub_sees_nodes_and_work_and_only_while_it_is_one(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (queues, nodes, roles) = (hub.Get<WorkQueues>(), hub.Get<NodeService>(), hub.Get<RoleService>());
        var dead = await DeadAsync(hub);
        await roles.GrantAsync(hub.Jonas.PersonId, Role.Administrator, ScopeKind.Organisation, hub.Northbridge);
        await roles.GrantAsync(hub.Jonas.PersonId, Role.Compliance, ScopeKind.Hub, null);
        var gone = await hub.AddPersonAsync("Gil Gone", "gil.gone@northbridge.example");
        await roles.GrantAsync(gone.PersonId, Role.Administrator, ScopeKind.Hub, null);
        await using (var db = await hub.Hub.CreateDbContextAsync()) await db.People.Where(p => p.Id == gone.PersonId).ExecuteUpdateAsync(s => s.SetProperty(p => p.LeftAt, hub.Clock.Now()));
        foreach (var other in new[] { hub.Amara, hub.Jonas, hub.Stranger, gone, new Actor(Guid.NewGuid()) }) await RefusedAsync(other);

        var grant = await roles.GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        Assert.True((await nodes.ListAsync(hub.Amara)).Ok);
        Assert.Equal(dead, Assert.Single((await queues.GetAsync(hub.Amara)).Value.Items).Id);
        Assert.Equal(RefusalKind.NotFound, (await queues.RetryAsync(hub.Amara, Guid.NewGuid())).Refusal!.Kind);
        await roles.EndAsync(hub.Amara, grant);
        await RefusedAsync(hub.Amara);

        async Task RefusedAsync(Actor other)
        {
            Assert.Equal(RefusalKind.NotFound, (await nodes.ListAsync(other)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await queues.GetAsync(other)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await queues.RetryAsync(other, dead)).Refusal!.Kind);
            await using var db = await hub.Hub.CreateDbContextAsync();
            Assert.NotNull((await db.DueWork.SingleAsync(w => w.Id == dead)).DeadAt);
            Assert.False(await db.AuditEntries.AnyAsync(a => a.Action == "work.retry"));
        }
    }

    [Theory, Databases]
    public async Task A_dead_letter_is_tried_again_once_and_that_is_audited(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var queues = hub.Get<WorkQueues>();
        await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var dead = await DeadAsync(hub);
        var again = (await queues.RetryAsync(hub.Amara, dead)).Value;
        Assert.Equal((0, null), (again.Attempts, again.DeadAt));
        Assert.Equal("work.notFailed", (await queues.RetryAsync(hub.Amara, dead)).Refusal!.Code);
        Assert.Empty((await queues.GetAsync(hub.Amara)).Value.Items);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal((dead, hub.Amara.PersonId, "test.dead TimeoutException"), await db.AuditEntries.SingleAsync(a => a.Action == "work.retry") is var entry ? (entry.SubjectId!.Value, entry.PersonId!.Value, entry.Detail) : default);
        Assert.True((await db.DueWork.SingleAsync(w => w.Id == dead)).DueAt <= hub.Clock.Now());
    }

    [Theory, Databases]
    public async Task Depth_says_what_waits_how_long_what_is_held_and_what_is_dead(string provider)
    {
        await using var fixes = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var hub = fixes.Hub;
        await DeadAsync(hub);
        hub.Clock.Advance(TimeSpan.FromMilliseconds(1)); // ids of one millisecond are in no order
        var now = hub.Clock.Now();
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            foreach (var (key, wanted, due, holder, error) in new (string, int, int, bool, string?)[]
            {
                ("planned", 60, 60, false, null), ("due", -5, -5, false, null), ("pauses", -300, 30, false, "IOException"), ("held", -20, 40, true, null), ("lease over", -90, -1, true, null),
            })
            {
                var row = db.Due(hub.Clock, "test.mixed", key, now.AddSeconds(wanted));
                (row.DueAt, row.Holder, row.LastError, row.Attempts) = (now.AddSeconds(due), holder ? Guid.NewGuid() : null, error, error is null ? 0 : 3);
            }
            await db.SaveChangesAsync();
        }
        await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        Assert.Equal(new QueueDepth("test.mixed", 3, 1, 0, now.AddSeconds(-300), now.AddSeconds(-5)), await OfAsync("test.mixed"));
        Assert.Equal(1, (await OfAsync("test.dead")).Dead);
        Assert.Null((await OfAsync("test.dead")).NextAt);
        Assert.Equal(new QueueDepth(WorkQueues.Runs, 0, 0, 0, null, null), await OfAsync(WorkQueues.Runs));

        // A run whose answer is awaited is held until its next look, then due.
        var run = await fixes.RunAsync("mailbox-not-syncing");
        await fixes.Runs.AnswerAsync(hub.Amara, run.Id, "send", "go");
        Assert.Equal((0, 1), await OfAsync(WorkQueues.Runs) is var held ? (held.Waiting, held.Working) : default);
        hub.Clock.Advance(TimeSpan.FromMinutes(2));
        var late = await OfAsync(WorkQueues.Runs);
        Assert.Equal((1, 0), (late.Waiting, late.Working));
        Assert.InRange(hub.Clock.Now() - late.OldestAt!.Value, TimeSpan.FromSeconds(110), TimeSpan.FromSeconds(125));

        // What failed comes in pages, the oldest first.
        var view = (await hub.Get<WorkQueues>().GetAsync(hub.Amara, null, 1)).Value;
        Assert.Equal("test.dead", Assert.Single(view.Items).Kind);
        var rest = (await hub.Get<WorkQueues>().GetAsync(hub.Amara, view.Next, 1)).Value;
        Assert.Equal(("test.mixed", "IOException", 3, null), (rest.Items[0].Kind, rest.Items[0].Error, rest.Items[0].Attempts, rest.Next));
        Assert.Equal("after", (await hub.Get<WorkQueues>().GetAsync(hub.Amara, "nothing")).Refusal!.Code);

        async Task<QueueDepth> OfAsync(string kind) => (await hub.Get<WorkQueues>().DepthAsync()).Single(q => q.Kind == kind);
    }

    [Theory, Databases]
    public async Task Nodes_are_there_while_they_are_heard_of_and_forgotten_after_a_day(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var nodes = hub.Get<NodeService>();
        await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var (lives, dies, ends) = (New("b"), New("a"), New("c"));
        foreach (var n in new[] { lives, dies, ends }) await nodes.BeatAsync(Of(n, NodeState.Starting, 0));
        await nodes.BeatAsync(Of(ends, NodeState.Ended, 0));
        hub.Clock.Advance(NodeService.Unheard - TimeSpan.FromSeconds(1));
        await nodes.BeatAsync(Of(lives, NodeState.Ready, 7));
        Assert.All((await nodes.ListAsync(hub.Amara)).Value.Items, n => Assert.False(n.Silent));
        hub.Clock.Advance(TimeSpan.FromSeconds(2));
        var list = (await nodes.ListAsync(hub.Amara)).Value;
        Assert.Equal(provider == "Sqlite" ? "SQLite" : "PostgreSQL", list.Database);
        Assert.Equal([("b", NodeState.Ready, false, 7), ("a", NodeState.Starting, true, 0), ("c", NodeState.Ended, false, 0)], list.Items.Select(n => (n.Name, n.State, n.Silent, n.Pages)));

        hub.Clock.Advance(TimeSpan.FromDays(1));
        await nodes.BeatAsync(Of(lives, NodeState.Ready, 7));
        var worker = hub.Get<DueWorker>();
        await worker.PlanAsync();
        await worker.WorkAsync("live.nodes");
        Assert.Equal(["b"], (await nodes.ListAsync(hub.Amara)).Value.Items.Select(n => n.Name));
        // It was only unheard of: it is there again.
        await nodes.BeatAsync(Of(dies, NodeState.Ready, 1));
        Assert.Equal(["a", "b"], (await nodes.ListAsync(hub.Amara)).Value.Items.Select(n => n.Name));

        (Guid Id, string Name) New(string name) => (hub.Clock.NewId(), name);
        Node Of((Guid Id, string Name) n, NodeState state, int pages) => new() { Id = n.Id, Name = n.Name, Version = "1", StartedAt = hub.Clock.Now(), State = state, Pages = pages };
    }

    [Theory, Databases]
    public async Task Tokens_are_forgotten_a_month_after_their_end_and_the_trail_stays(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (tokens, worker) = (hub.Get<AccessTokenService>(), hub.Get<DueWorker>());
        await tokens.CreateAsync(hub.Jonas, "ended", 365);
        await tokens.RevokeAllAsync(hub.Jonas.PersonId);
        foreach (var (name, days) in new[] { ("expired", 1), ("alive", 60) }) await tokens.CreateAsync(hub.Amara, name, days);
        await worker.PlanAsync();
        Assert.Equal(["alive", "ended", "expired"], await LeftAsync());
        hub.Clock.Advance(TimeSpan.FromDays(30) - TimeSpan.FromMinutes(1));
        Assert.Equal(["alive", "ended", "expired"], await LeftAsync());
        hub.Clock.Advance(TimeSpan.FromDays(1.5));
        Assert.Equal(["alive"], await LeftAsync());
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(4, await db.AuditEntries.CountAsync(a => a.Action.StartsWith("token.")));

        async Task<IEnumerable<string>> LeftAsync()
        {
            await worker.WorkAsync("people.tokens");
            await using var fresh = await hub.Hub.CreateDbContextAsync();
            return (await fresh.AccessTokens.Select(t => t.Name).ToListAsync()).Order(StringComparer.Ordinal);
        }
    }

    private static async Task<Guid> DeadAsync(TestHub hub)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        var row = db.Due(hub.Clock, "test.dead", "letter", hub.Clock.Now());
        (row.DeadAt, row.LastError, row.Attempts) = (hub.Clock.Now(), nameof(TimeoutException), DueWorker.MostAttempts);
        await db.SaveChangesAsync();
        return row.Id;
    }
}
