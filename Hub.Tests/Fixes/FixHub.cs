using System.Text.Json.Nodes;
using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.People;
using Hub.Domain.ServiceDesk;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Fixes;

/// <summary>A hub with the built-in fixes, a supplier for each service, a help channel, and the simulated tenant behind them.</summary>
internal sealed class FixHub : IAsyncDisposable
{
    private FixHub(TestHub hub) => Hub = hub;

    public TestHub Hub { get; }
    public FallingTenant Tenant => Hub.Get<FallingTenant>();
    public RunEngine Engine => Hub.Get<RunEngine>();
    public RunService Runs => Hub.Get<RunService>();
    public FixService Fixes => Hub.Get<FixService>();
    public Guid Supplier { get; private set; }
    public Guid HelpChannel { get; private set; }

    public static async Task<FixHub> StartAsync(string provider, params Trouble[] troubles)
    {
        var fixes = new FixHub(await TestHub.StartAsync(provider, services => services.AddSingleton<FallingTenant>()
            .AddSingleton<IDeviceManagement>(s => s.GetRequiredService<FallingTenant>()).AddSingleton<IAccounts>(s => s.GetRequiredService<SimulatedTenant>())));
        var (hub, desk, roles) = (fixes.Hub, fixes.Hub.Get<ServiceDirectory>(), fixes.Hub.Get<RoleService>());
        fixes.Supplier = await desk.AddSupplierAsync("Halden Hosting", "Mail");
        foreach (var slug in new[] { "accounts", "email", "laptop", "virtual-desktop", "wifi" }) await desk.AddServiceAsync(slug, slug, "", fixes.Supplier, slug);
        await roles.GrantAsync(hub.Jonas.PersonId, Role.FixAuthor, ScopeKind.Organisation, hub.Northbridge);
        Assert.Equal(5, (await hub.Get<FixCatalogue>().PublishBuiltInAsync(hub.Jonas, [hub.Northbridge])).Value);
        await hub.Get<SimulatedTroubles>().SeedAsync(hub.Amara.PersonId, troubles);
        var owner = await hub.AddPersonAsync("Olu Owner", "olu.owner@northbridge.example");
        await roles.GrantAsync(owner.PersonId, Role.ServiceOwner, ScopeKind.Hub, null);
        fixes.HelpChannel = (await hub.Get<ChatService>().CreateChannelAsync(owner, new NewChannel("help", IsHelp: true))).Value.Id;
        return fixes;
    }

    /// <summary>Starts a fix as Amara and answers step by step; ends where the last answer leads once the clock has moved on.</summary>
    public async Task<RunView> RunAsync(string slug, params string[] answers)
    {
        var run = (await Runs.StartAsync(Hub.Amara, slug)).Value;
        foreach (var answer in answers) run = await AnswerAsync(run, answer);
        return run;
    }

    public async Task<RunView> AnswerAsync(RunView run, string answer)
    {
        var now = (await Runs.AnswerAsync(Hub.Amara, run.Id, run.Step!.Id, answer)).Value;
        // What is awaited comes by the clock: well within a check's patience, then well beyond it.
        for (var i = 0; i < 8 && now.State == RunState.Working; i++)
        {
            Hub.Clock.Advance(TimeSpan.FromSeconds(60));
            await Engine.WorkAsync();
            now = (await Runs.GetAsync(Hub.Amara, run.Id)).Value;
        }
        return now;
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}

/// <summary>The simulated tenant, with a hub that may fall over before or after an action is sent.</summary>
internal sealed class FallingTenant(SimulatedTenant tenant) : IDeviceManagement
{
    public enum Fall { Never, BeforeSending, AfterSending }

    public Fall Falls { get; set; }
    public int Sent { get; private set; }
    public bool Simulated => true;

    public Task<JsonObject?> GetManagedDeviceAsync(string id, CancellationToken ct = default) => tenant.GetManagedDeviceAsync(id, ct);

    public Task<JsonObject?> GetConfigurationStatesAsync(string id, CancellationToken ct = default) => tenant.GetConfigurationStatesAsync(id, ct);

    public Task<JsonObject?> GetCloudPcAsync(string id, CancellationToken ct = default) => tenant.GetCloudPcAsync(id, ct);

    public Task SyncDeviceAsync(string id, CancellationToken ct = default) => SendAsync(() => tenant.SyncDeviceAsync(id, ct));

    public Task RebootNowAsync(string id, CancellationToken ct = default) => SendAsync(() => tenant.RebootNowAsync(id, ct));

    public Task RebootCloudPcAsync(string id, CancellationToken ct = default) => SendAsync(() => tenant.RebootCloudPcAsync(id, ct));

    private async Task SendAsync(Func<Task> send)
    {
        if (Falls == Fall.BeforeSending) throw new InvalidOperationException("The hub fell over.");
        await send();
        Sent++;
        if (Falls == Fall.AfterSending) throw new InvalidOperationException("The hub fell over.");
    }
}
