using Hub.Domain;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Fixes;

/// <summary>What a run makes of what happens meanwhile: its runner elsewhere, another node, a tenant without an answer.</summary>
public sealed class RunGuardTests
{
    [Theory, Databases]
    public async Task What_came_of_an_action_is_kept_though_the_run_was_handed_over_meanwhile(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.DesktopStuck);
        var run = await hub.RunAsync("virtual-desktop-stuck");
        hub.Tenant.During = () => hub.Runs.HandOverAsync(hub.Hub.Amara, run.Id, "It is stuck");
        var sent = (await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "restart", "go")).Value;

        Assert.Equal((RunStepState.Done, "back"), (sent.Timeline.Single(s => s.StepId == "restart").State, sent.Step!.Id));
        Assert.NotNull(sent.HandedOverAt);
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
        await hub.Engine.WorkAsync();
        var end = (await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value;
        Assert.Equal((RunState.Fixed, true, 1), (end.State, end.Verified, hub.Tenant.Sent));
    }

    [Theory, Databases]
    public async Task A_run_that_is_left_while_a_node_claims_it_stays_left(string provider)
    {
        var between = new Interference();
        await using var hub = await FixHub.StartAsync(provider, between.AddTo, Trouble.PhoneNotSyncing);
        var run = await hub.RunAsync("mailbox-not-syncing");
        await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "send", "go");
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(10));
        between.Once(sql => sql.StartsWith("SELECT", StringComparison.Ordinal) && sql.Contains("\"RunSteps\"", StringComparison.Ordinal),
            async () => Assert.True((await hub.Runs.AbandonAsync(hub.Hub.Amara, run.Id)).Ok));

        Assert.Equal(1, await hub.Engine.WorkAsync());
        var left = (await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value;
        Assert.Equal((RunState.Abandoned, "proved", RunStepState.Waiting), (left.State, left.Timeline[^1].StepId, left.Timeline[^1].State));
        Assert.NotNull(left.EndedAt);
    }

    [Theory, Databases]
    public async Task A_run_that_is_left_before_its_action_is_sent_sends_nothing(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.LaptopSlow);
        var run = await hub.RunAsync("slow-laptop");
        hub.Tenant.Falls = FallingTenant.Fall.BeforeSending;
        var stands = (await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "restart", "go")).Value;
        hub.Tenant.Falls = FallingTenant.Fall.Never;
        await hub.Runs.AbandonAsync(hub.Hub.Amara, run.Id);

        await hub.Engine.SendAsync(run.Id, stands.Timeline[^1].Number, CancellationToken.None);
        Assert.Equal((RunState.Abandoned, 0), ((await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value.State, hub.Tenant.Sent));
    }

    [Theory, Databases]
    public async Task A_call_that_never_ends_ends_before_the_lease_and_the_intent_stands(string provider)
    {
        Assert.True(2 * RunStory.Answer < RunStory.Lease);
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var run = await hub.RunAsync("mailbox-not-syncing");
        hub.Tenant.Falls = FallingTenant.Fall.NeverAnswers;
        var impatient = new RunService(hub.Hub.Hub, hub.Hub.Get<Hub.Domain.Live.LiveBus>(), hub.Tenant, hub.Node(TimeSpan.FromMilliseconds(20)), [hub.Hub.Get<IHelpDesk>()], hub.Hub.Clock);
        var stands = (await impatient.AnswerAsync(hub.Hub.Amara, run.Id, "send", "go")).Value;
        Assert.Equal((RunState.Working, RunStepState.Intended), (stands.State, stands.Timeline[^1].State));
    }

    [Theory, Databases]
    public async Task A_lost_answer_is_no_refusal_the_tenant_is_asked_what_it_knows(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.LaptopSlow);
        var run = await hub.RunAsync("slow-laptop");
        hub.Tenant.Falls = FallingTenant.Fall.AnswerIsLost;
        var stands = (await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "restart", "go")).Value;
        Assert.Equal((RunState.Working, RunStepState.Intended), (stands.State, stands.Timeline[^1].State));

        hub.Tenant.TooMany = 1;
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
        await hub.Engine.WorkAsync();
        Assert.Equal(RunStepState.Intended, (await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value.Timeline[^1].State);
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(11));
        await hub.Engine.WorkAsync();
        var end = (await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value;
        Assert.Equal((RunState.Fixed, true, 1), (end.State, end.Verified, hub.Tenant.Sent));
    }

    [Theory, Databases]
    public async Task A_tenant_that_stays_silent_is_asked_again_for_five_minutes_and_no_longer(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncingForGood);
        var run = await hub.RunAsync("mailbox-not-syncing");
        hub.Tenant.Falls = FallingTenant.Fall.AnswerIsLost;
        await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "send", "go");
        hub.Tenant.TooMany = int.MaxValue;
        for (var i = 0; i < 11; i++)
        {
            hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
            await hub.Engine.WorkAsync();
        }
        var end = (await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value;
        Assert.Equal((RunState.NotFixed, RunStepState.Failed, "GatewayTimeout"), (end.State, end.Timeline[^2].State, end.Timeline[^2].Value));
        Assert.InRange(hub.Tenant.Sent, 5, 11);
    }

    [Theory, Databases]
    public async Task One_look_without_an_answer_does_not_end_a_wait_and_only_the_end_of_it_does(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        hub.Tenant.TooMany = 1;
        var run = await hub.RunAsync("mailbox-not-syncing");
        Assert.Equal(RunState.Working, run.State);
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(11));
        await hub.Engine.WorkAsync();
        await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "send", "go");
        hub.Tenant.TooMany = 1;
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(7));
        await hub.Engine.WorkAsync();
        Assert.Equal((RunState.Working, "proved"), (await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value is var waits ? (waits.State, waits.Step!.Id) : default);
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(11));
        await hub.Engine.WorkAsync();
        Assert.Equal(RunState.Fixed, (await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value.State);

        hub.Tenant.TooMany = int.MaxValue;
        var unread = (await hub.Runs.StartAsync(hub.Hub.Amara, "mailbox-not-syncing")).Value;
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
        await hub.Engine.WorkAsync();
        Assert.Equal(RunState.NotFixed, (await hub.Runs.GetAsync(hub.Hub.Amara, unread.Id)).Value.State);
    }

    [Theory, Databases]
    public async Task An_adapter_that_breaks_breaks_no_answer_and_no_other_run(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        await hub.Hub.Get<SimulatedTroubles>().SeedAsync(hub.Hub.Jonas.PersonId, [Trouble.PhoneNotSyncing]);
        await using (var db = await hub.Hub.Hub.CreateDbContextAsync())
            hub.Tenant.Breaks = await db.Devices.Where(d => d.OwnerId == hub.Hub.Amara.PersonId && d.Kind == DeviceKind.Phone).Select(d => d.ManagementId).SingleAsync();
        var broken = (await hub.Runs.StartAsync(hub.Hub.Amara, "mailbox-not-syncing")).Value;
        Assert.Equal(RunState.Working, broken.State);
        Assert.Equal(broken.Id, Assert.Single(await hub.Fixes.UnfinishedAsync(hub.Hub.Amara)).Id);

        var sound = (await hub.Runs.StartAsync(hub.Hub.Jonas, "mailbox-not-syncing")).Value;
        await hub.Runs.AnswerAsync(hub.Hub.Jonas, sound.Id, "send", "go");
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(2, await hub.Engine.WorkAsync());
        Assert.Equal(RunState.Fixed, (await hub.Runs.GetAsync(hub.Hub.Jonas, sound.Id)).Value.State);
        Assert.Equal(0, await hub.Engine.WorkAsync());
        hub.Tenant.Breaks = null;
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
        await hub.Engine.WorkAsync();
        Assert.Equal("send", (await hub.Runs.GetAsync(hub.Hub.Amara, broken.Id)).Value.Step!.Id);
    }

    [Theory, Databases]
    public async Task A_run_stays_with_the_device_it_began_with(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var run = await hub.RunAsync("mailbox-not-syncing");
        await using var db = await hub.Hub.Hub.CreateDbContextAsync();
        var phone = await db.Devices.SingleAsync(d => d.OwnerId == hub.Hub.Amara.PersonId && d.Kind == DeviceKind.Phone);
        await hub.Hub.Get<SimulatedTroubles>().SeedAsync(hub.Hub.Amara.PersonId, [Trouble.PhoneNotSyncing], [new SimulatedDevice(DeviceKind.Phone, "A new phone", "Fairphone 6", "Android 16")]);
        Assert.Equal(RunState.Fixed, (await hub.AnswerAsync(run, "go")).State);
        Assert.Equal([phone.ManagementId], hub.Tenant.SentTo);

        var second = await hub.RunAsync("mailbox-not-syncing");
        Assert.Equal("A new phone is enrolled", second.Timeline.Single(s => s.StepId == "enrolled").Title);
        await db.Devices.Where(d => d.Name == "A new phone").ExecuteUpdateAsync(s => s.SetProperty(d => d.OwnerId, hub.Hub.Jonas.PersonId));
        Assert.Equal(RunState.NotFixed, (await hub.AnswerAsync(second, "go")).State);
        Assert.Equal([phone.ManagementId], hub.Tenant.SentTo);
    }
}
