using System.Text.Json.Nodes;
using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.ServiceDesk;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

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

    public static Task<FixHub> StartAsync(string provider, params Trouble[] troubles) => StartAsync(provider, null, troubles);

    /// <summary>Another node's engine on the same database.</summary>
    /// <param name="patience">How long it waits for the tenant, by a real clock.</param>
    public RunEngine Node(TimeSpan patience) =>
        new(Hub.Hub, Hub.Get<LiveBus>(), Tenant, Hub.Get<SimulatedTenant>(), [Hub.Get<IHelpDesk>()], Hub.Clock, NullLogger<RunEngine>.Instance) { Patience = patience };

    public static async Task<FixHub> StartAsync(string provider, Action<IServiceCollection>? more, params Trouble[] troubles)
    {
        var fixes = new FixHub(await TestHub.StartAsync(provider, services =>
        {
            services.AddSingleton<FallingTenant>().AddSingleton<IDeviceManagement>(s => s.GetRequiredService<FallingTenant>()).AddSingleton<IAccounts>(s => s.GetRequiredService<SimulatedTenant>());
            more?.Invoke(services);
        }));
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

/// <summary>The simulated tenant, with a hub that may fall over before or after an action is sent, and a network that may lose an answer.</summary>
internal sealed class FallingTenant(SimulatedTenant tenant) : IDeviceManagement
{
    public enum Fall { Never, BeforeSending, AfterSending, AnswerIsLost, NeverAnswers }

    public Fall Falls { get; set; }
    public int Sent => SentTo.Count;
    public List<string> SentTo { get; } = [];
    /// <summary>What happens while an action is on its way.</summary>
    public Func<Task>? During { get; set; }
    /// <summary>So many reads are answered with 429.</summary>
    public int TooMany { get; set; }
    /// <summary>A device whose reading makes the adapter throw what it should not.</summary>
    public string? Breaks { get; set; }
    public bool Simulated => true;

    public Task<JsonObject?> GetManagedDeviceAsync(string id, CancellationToken ct = default) => Read(id, () => tenant.GetManagedDeviceAsync(id, ct));

    public IReadOnlyList<string> WifiProfiles => tenant.WifiProfiles;

    public Task<IReadOnlyList<JsonObject>> ListDeviceStatusesAsync(string id, CancellationToken ct = default) => Read(id, () => tenant.ListDeviceStatusesAsync(id, ct));

    public Task<JsonObject?> GetCloudPcAsync(string id, CancellationToken ct = default) => Read(id, () => tenant.GetCloudPcAsync(id, ct));

    public Task SyncDeviceAsync(string id, CancellationToken ct = default) => SendAsync(id, () => tenant.SyncDeviceAsync(id, ct));

    public Task RebootNowAsync(string id, CancellationToken ct = default) => SendAsync(id, () => tenant.RebootNowAsync(id, ct));

    public Task RebootCloudPcAsync(string id, CancellationToken ct = default) => SendAsync(id, () => tenant.RebootCloudPcAsync(id, ct));

    private Task<T> Read<T>(string id, Func<Task<T>> read)
    {
        if (id == Breaks) throw new InvalidOperationException("The adapter broke.");
        if (TooMany == 0) return read();
        TooMany--;
        throw new TenantException("TooManyRequests", noAnswer: true);
    }

    private async Task SendAsync(string id, Func<Task> send)
    {
        if (Falls == Fall.BeforeSending) throw new InvalidOperationException("The hub fell over.");
        if (Falls == Fall.NeverAnswers) await new TaskCompletionSource().Task;
        await send();
        SentTo.Add(id);
        if (During is { } during) await during();
        if (Falls == Fall.AfterSending) throw new InvalidOperationException("The hub fell over.");
        if (Falls == Fall.AnswerIsLost) throw new TenantException("GatewayTimeout", noAnswer: true);
    }
}
