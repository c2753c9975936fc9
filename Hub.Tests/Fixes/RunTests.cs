using Hub.Domain;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Fixes;

public sealed class RunTests
{
    public static TheoryData<string, string, Trouble, string, RunState> Ends()
    {
        var ends = new TheoryData<string, string, Trouble, string, RunState>();
        foreach (var provider in new[] { "Sqlite", "PostgreSQL" })
        {
            ends.Add(provider, "expired-password", Trouble.PasswordExpired, "go done", RunState.Fixed);
            ends.Add(provider, "expired-password", Trouble.PasswordExpiredForGood, "go", RunState.NotFixed);
            ends.Add(provider, "mailbox-not-syncing", Trouble.PhoneNotSyncing, "go", RunState.Fixed);
            ends.Add(provider, "mailbox-not-syncing", Trouble.PhoneNotSyncingForGood, "go", RunState.NotFixed);
            ends.Add(provider, "slow-laptop", Trouble.LaptopSlow, "go", RunState.Fixed);
            ends.Add(provider, "slow-laptop", Trouble.LaptopSlowForGood, "go", RunState.NotFixed);
            ends.Add(provider, "virtual-desktop-stuck", Trouble.DesktopStuck, "go", RunState.Fixed);
            ends.Add(provider, "virtual-desktop-stuck", Trouble.DesktopStuckForGood, "go", RunState.NotFixed);
            ends.Add(provider, "cannot-join-wifi", Trouble.WifiProfileMissing, "phone go", RunState.Fixed);
            ends.Add(provider, "cannot-join-wifi", Trouble.WifiProfileMissingForGood, "laptop go", RunState.NotFixed);
        }
        return ends;
    }

    [Theory, MemberData(nameof(Ends))]
    public async Task Each_fix_heals_and_proves_it_or_says_that_it_could_not(string provider, string slug, Trouble trouble, string answers, RunState end)
    {
        await using var hub = await FixHub.StartAsync(provider, trouble);
        Assert.InRange((await hub.Fixes.GetAsync(hub.Hub.Amara, slug)).Value.Steps.Count, 3, 6);
        var run = await hub.RunAsync(slug, answers.Split(' '));

        Assert.Equal(end, run.State);
        Assert.Equal(end == RunState.Fixed, run.Verified);
        Assert.Null(run.Step);
        Assert.NotNull(run.Outcome);
        Assert.Contains(run.Timeline, s => s.State == RunStepState.Found);
        Assert.Contains(run.Timeline, s => s.Kind == "action" && s.Operation.Contains('/', StringComparison.Ordinal));
        var figures = (await hub.Fixes.GetAsync(hub.Hub.Amara, slug)).Value.Fix.Figures;
        Assert.Equal((1, end == RunState.Fixed ? 1 : 0), (figures.Runs, figures.Checked));
        await using var db = await hub.Hub.Hub.CreateDbContextAsync();
        Assert.Contains(await db.AuditEntries.ToListAsync(), a => a.Action == "fix.action" && a.SubjectId == run.Id);
    }

    [Theory, Databases]
    public async Task Who_has_no_such_device_is_told_so_and_nothing_is_sent(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider);
        await using (var db = await hub.Hub.Hub.CreateDbContextAsync()) await db.Devices.ExecuteDeleteAsync();
        foreach (var (slug, answers) in new (string, string[])[] { ("slow-laptop", []), ("virtual-desktop-stuck", []), ("cannot-join-wifi", ["laptop"]), ("cannot-join-wifi", ["phone"]) })
        {
            var run = await hub.RunAsync(slug, answers);
            Assert.Equal(RunState.NotFixed, run.State);
            Assert.Contains(run.Timeline, s => s.State == RunStepState.Found && s.Title.Contains("under your name", StringComparison.Ordinal));
        }
        Assert.Equal(0, hub.Tenant.Sent);
    }

    [Theory, Databases]
    public async Task With_nothing_wrong_it_rests_on_the_persons_word(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider);
        var run = await hub.RunAsync("mailbox-not-syncing", "done");
        Assert.Equal((RunState.Fixed, false), (run.State, run.Verified));
    }

    [Theory, Databases]
    public async Task A_step_that_no_longer_waits_is_stale_and_says_what_stands(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var run = await hub.RunAsync("mailbox-not-syncing");
        Assert.Equal("value", (await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "send", "perhaps")).Refusal!.Fields.Single().Key);
        await hub.AnswerAsync(run, "go");
        var again = await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "send", "go");
        Assert.Equal(RefusalKind.Stale, again.Refusal!.Kind);
        Assert.Equal(RunState.Fixed, Assert.IsType<RunView>(again.Refusal.Current).State);
        Assert.Equal(1, hub.Tenant.Sent);
    }

    [Theory, Databases]
    public async Task A_run_waits_and_goes_on_from_anywhere(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var run = await hub.RunAsync("mailbox-not-syncing");
        hub.Hub.Clock.Advance(TimeSpan.FromHours(20));
        var found = Assert.Single(await hub.Fixes.UnfinishedAsync(hub.Hub.Amara));
        Assert.Equal((run.Id, "Send the mail settings to this phone again"), (found.Id, found.StepTitle));
        var there = (await hub.Runs.GetAsync(hub.Hub.Amara, found.Id)).Value;
        Assert.Equal(RunState.Fixed, (await hub.AnswerAsync(there, "go")).State);
        Assert.Empty(await hub.Fixes.UnfinishedAsync(hub.Hub.Amara));
    }

    [Theory, Databases]
    public async Task An_intent_is_stored_before_it_is_sent_and_repeated_only_where_that_does_no_harm(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing, Trouble.DesktopStuck);
        var run = await hub.RunAsync("mailbox-not-syncing");
        hub.Tenant.Falls = FallingTenant.Fall.BeforeSending;
        var stands = (await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "send", "go")).Value;
        Assert.Equal((RunState.Working, RunStepState.Intended), (stands.State, stands.Timeline[^1].State));
        hub.Tenant.Falls = FallingTenant.Fall.Never;
        await hub.Engine.WorkAsync();
        Assert.Equal(0, hub.Tenant.Sent);
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
        await hub.Engine.WorkAsync();
        Assert.Equal(1, hub.Tenant.Sent);

        var desktop = await hub.RunAsync("virtual-desktop-stuck");
        hub.Tenant.Falls = FallingTenant.Fall.AfterSending;
        await hub.Runs.AnswerAsync(hub.Hub.Amara, desktop.Id, "restart", "go");
        hub.Tenant.Falls = FallingTenant.Fall.Never;
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
        await hub.Engine.WorkAsync();
        var asked = (await hub.Runs.GetAsync(hub.Hub.Amara, desktop.Id)).Value;
        Assert.True(asked.Step!.Unsure);
        Assert.Equal(2, hub.Tenant.Sent);
        Assert.Equal((RunState.Fixed, true), await hub.AnswerAsync(asked, "sent") is var end ? (end.State, end.Verified) : default);
        Assert.Equal(2, hub.Tenant.Sent);
    }

    [Theory, Databases]
    public async Task A_restart_that_the_tenant_knows_of_is_not_repeated(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.LaptopSlow);
        var run = await hub.RunAsync("slow-laptop");
        hub.Tenant.Falls = FallingTenant.Fall.AfterSending;
        await hub.Runs.AnswerAsync(hub.Hub.Amara, run.Id, "restart", "go");
        hub.Tenant.Falls = FallingTenant.Fall.Never;
        hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
        await hub.Engine.WorkAsync();
        var end = (await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value;
        Assert.Equal((RunState.Fixed, true, 1), (end.State, end.Verified, hub.Tenant.Sent));
    }

    [Theory, Databases]
    public async Task Nobody_else_reads_or_answers_until_it_is_handed_over_and_then_those_who_help_read(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var (runs, roles, test) = (hub.Runs, hub.Hub.Get<RoleService>(), hub.Hub);
        var agent = await test.AddPersonAsync("Ada Agent", "ada.agent@northbridge.example");
        await roles.GrantAsync(agent.PersonId, Role.ServiceDeskAgent, ScopeKind.Organisation, test.Northbridge);
        var elsewhere = await test.AddPersonAsync("Eli Other", "eli.other@nbtransport.example", test.Transport);
        await roles.GrantAsync(elsewhere.PersonId, Role.ServiceDeskAgent, ScopeKind.Organisation, test.Transport);
        var engineer = await test.AddPersonAsync("Ewa Engineer", "ewa@halden.example", test.Transport);
        await roles.GrantAsync(engineer.PersonId, Role.SupplierEngineer, ScopeKind.Supplier, hub.Supplier);
        var run = await hub.RunAsync("mailbox-not-syncing");

        foreach (var other in new[] { test.Jonas, test.Stranger, agent, elsewhere, engineer })
        {
            Assert.Equal(RefusalKind.NotFound, (await runs.GetAsync(other, run.Id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await runs.AnswerAsync(other, run.Id, "send", "go")).Refusal!.Kind);
            Assert.Null(await test.Get<LiveBus>().WatchAsync(other, Topic.Run(run.Id), _ => Task.CompletedTask));
        }
        Assert.Equal(RefusalKind.NotFound, (await runs.GetAsync(test.Amara, Guid.NewGuid())).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await runs.StartAsync(test.Stranger, "mailbox-not-syncing")).Refusal!.Kind);

        Assert.Equal(hub.HelpChannel, (await runs.HandOverAsync(test.Amara, run.Id, "Mail does not come")).Value);
        foreach (var helper in new[] { agent, engineer })
        {
            Assert.NotEmpty((await runs.GetAsync(helper, run.Id)).Value.Timeline);
            Assert.Equal(RefusalKind.Forbidden, (await runs.AnswerAsync(helper, run.Id, "send", "go")).Refusal!.Kind);
            using var watch = await test.Get<LiveBus>().WatchAsync(helper, Topic.Run(run.Id), _ => Task.CompletedTask);
            Assert.NotNull(watch);
        }
        foreach (var other in new[] { test.Jonas, elsewhere }) Assert.Equal(RefusalKind.NotFound, (await runs.GetAsync(other, run.Id)).Refusal!.Kind);
        Assert.Equal(1, (await hub.Fixes.GetAsync(test.Amara, "mailbox-not-syncing")).Value.Fix.Figures.PassedOn);
    }

    [Theory, Databases]
    public async Task A_stale_run_and_its_events_make_the_fresh_one(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var live = hub.Hub.Get<LiveBus>();
        var stale = await hub.RunAsync("mailbox-not-syncing");
        using var watch = await live.WatchAsync(hub.Hub.Amara, Topic.Run(stale.Id), _ => Task.CompletedTask);
        await hub.AnswerAsync(stale, "go");
        await hub.Runs.HandOverAsync(hub.Hub.Amara, stale.Id, "");

        var events = live.EventsAfter(Topic.Run(stale.Id), stale.Version)!;
        Assert.Equal(["run-stepped", "run-stepped", "run-ended", "run-handed-over"], events.Select(e => e.Name));
        Assert.Equal(Enumerable.Range(1, 4).Select(i => stale.Version + i), events.Select(e => e.Version));
        var fresh = (await hub.Runs.GetAsync(hub.Hub.Amara, stale.Id)).Value;
        Assert.Equivalent(fresh, events[^1].Payload, strict: true);
        Assert.All(events, e => Assert.Equal(e.Version, Assert.IsType<RunView>(e.Payload).Version));
    }
}
