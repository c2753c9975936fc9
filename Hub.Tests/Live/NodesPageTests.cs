using Bunit;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Hub.Web.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Live;

/// <summary>The administrators' page without a browser.</summary>
public sealed class NodesPageTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_page_shows_nodes_queues_and_failures_and_follows_them_by_itself()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        await using var browser = await BrowserAsync(hub, administrator: true);
        var nodes = hub.Get<NodeService>();
        var (one, two) = (Of(hub, "alpha:8080", "1.2.0+0123456789abcdef"), Of(hub, "beta:8080", "1.2.0+0123456789abcdef"));
        one.Pages = 12;
        await nodes.BeatAsync(one);
        await nodes.BeatAsync(two);
        await hub.Get<DueWorker>().PlanAsync();

        var page = browser.Render<NodesPage>(p => p.AddCascadingValue(hub.Amara));
        Assert.Equal(["alpha:8080", "beta:8080"], page.FindAll("table[aria-labelledby=nodes] th[scope=row]").Select(e => e.TextContent));
        Assert.Equal(["Ready", "1.2.0, build 0123456", "12"], page.FindAll("table[aria-labelledby=nodes] tbody tr:first-child td").Take(3).Select(e => e.TextContent));
        Assert.Empty(page.FindAll(".notice"));
        Assert.Equal(["Clear out files that nobody can reach", "Clear out webhook deliveries that were given up", "Make earlier messages findable", "Remove messages that a retention rule no longer keeps", "Fixes that the hub works on", "Forget nodes that are gone", "Old inbox entries", "Clear out access tokens that ended", "Clear out kept API answers"], page.FindAll("table[aria-labelledby=queues] th[scope=row]").Select(e => e.TextContent));
        Assert.Equal("1", page.Find("[data-kind='storage.idempotency'] td").TextContent);
        Assert.Equal("Nothing has failed.", page.Find("p.empty").TextContent);

        // The other node dies, a third comes with another version and without its Redis, and work fails.
        hub.Clock.Advance(TimeSpan.FromSeconds(20));
        await nodes.BeatAsync(one);
        var three = Of(hub, "gamma:8080", "1.3.0");
        (three.Link, three.State) = (NodeLink.Late, NodeState.Draining);
        await nodes.BeatAsync(three);
        await FailAsync(hub);
        page.WaitForAssertion(() => Assert.Equal(["Ready", "Emptying", "Not heard of"], page.FindAll(".chip").Select(e => e.TextContent)), Soon);
        Assert.Equal(["Hint.Versions", "Hint.Late"], page.FindAll(".notice").Select(e => e.TextContent.StartsWith("The nodes run different", StringComparison.Ordinal) ? "Hint.Versions" : "Hint.Late"));
        Assert.Equal(["IOException", "20"], page.FindAll("table[aria-labelledby=failed] td").Take(2).Select(e => e.TextContent));
        // Without Redis the third hears as little as the first.
        three.Link = NodeLink.Alone;
        await nodes.BeatAsync(three);
        page.WaitForAssertion(() => Assert.Contains("not all of them have Redis", page.FindAll(".notice")[1].TextContent, StringComparison.Ordinal), Soon);
    }

    [Fact]
    public async Task Try_again_tries_again_says_so_and_the_focus_goes_where_the_row_was()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        await using var browser = await BrowserAsync(hub, administrator: true);
        await FailAsync(hub);
        var page = browser.Render<NodesPage>(p => p.AddCascadingValue(hub.Amara));
        Assert.StartsWith("Try again: test.fails, due", page.Find("table[aria-labelledby=failed] button").GetAttribute("aria-label"), StringComparison.Ordinal);
        page.Find("table[aria-labelledby=failed] button").Click();
        page.WaitForAssertion(() => Assert.Equal("It is tried again now: test.fails", page.Find("[role=status]").TextContent));
        Assert.Equal("Nothing has failed.", page.Find("p.empty").TextContent);
        Assert.Contains(browser.JSInterop.Invocations, i => i.Identifier == "Blazor._internal.domWrapper.focus");
    }

    [Fact]
    public async Task Nobody_else_finds_the_page_and_who_loses_the_role_loses_it_while_it_is_open()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        await using var stranger = await BrowserAsync(hub, administrator: false);
        Assert.Empty(stranger.Render<NodesPage>(p => p.AddCascadingValue(hub.Amara)).FindAll("h1, table"));

        await using var browser = await BrowserAsync(hub, administrator: true);
        var lost = new TaskCompletionSource();
        browser.Services.GetRequiredService<NavigationManager>().OnNotFound += (_, _) => lost.TrySetResult();
        var page = browser.Render<NodesPage>(p => p.AddCascadingValue(hub.Amara));
        Assert.Equal("Nodes and work", page.Find("h1").TextContent);
        await using (var db = await hub.Hub.CreateDbContextAsync()) await db.RoleGrants.ExecuteUpdateAsync(s => s.SetProperty(r => r.EndedAt, hub.Clock.Now()));
        await lost.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_node_says_how_it_stands_from_its_start_to_its_end()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        await using var browser = await BrowserAsync(hub, administrator: true);
        var page = browser.Render<NodesPage>(p => p.AddCascadingValue(hub.Amara));
        var (health, lifetime, link) = (new NodeHealth(), new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), new Link { Connected = true });
        using var server = new TestServer(new ServiceCollection().BuildServiceProvider());
        server.Features.Set<IServerAddressesFeature>(new Addresses("http://+:8443"));
        using var beat = new NodeBeat(hub.Get<NodeService>(), health, new OpenCircuits(), [link], server, lifetime, new ConfigurationBuilder().Build(), hub.Clock, NullLogger<NodeBeat>.Instance);

        await beat.StartAsync(default);
        Row("Starting", "Connected");
        lifetime.NotifyStarted();
        Row("Ready", "Connected");
        Assert.Equal($"{Environment.MachineName}:8443", page.Find("table[aria-labelledby=nodes] th[scope=row]").TextContent);
        Assert.Equal(NodeBeat.Version, page.Find("table[aria-labelledby=nodes] td[title]").GetAttribute("title"));
        Assert.Matches("^[0-9]+[.][0-9]+[.][0-9]+", NodeBeat.Version);
        link.Connected = false;
        health.Set(database: true, nodes: false);
        Row("Ready", "Away");
        health.Drain();
        Row("Emptying", "Away");
        await beat.StopAsync(default);
        Row("Ended", "–");

        void Row(string state, string link) => page.WaitForAssertion(() =>
            Assert.Equal((state, link), page.FindAll("table[aria-labelledby=nodes] tbody td") is [var first, .., var last] ? (first.TextContent, last.TextContent) : default), Soon);
    }

    [Fact]
    public async Task A_node_is_called_what_its_settings_say()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Node:Name"] = "castle-quay-1" }).Build();
        using var server = new TestServer(new ServiceCollection().BuildServiceProvider());
        using var beat = new NodeBeat(hub.Get<NodeService>(), new NodeHealth(), new OpenCircuits(), [], server, new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), settings, hub.Clock, NullLogger<NodeBeat>.Instance);
        await beat.StartAsync(default);
        await beat.StopAsync(default);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(("castle-quay-1", NodeState.Ended, NodeLink.Alone), await db.Nodes.SingleAsync() is var node ? (node.Name, node.State, node.Link) : default);
    }

    private sealed class Link : INodeLink
    {
        public bool Connected { get; set; }
    }

    private sealed class Addresses(string address) : IServerAddressesFeature
    {
        ICollection<string> IServerAddressesFeature.Addresses { get; } = [address];

        public bool PreferHostingUrls { get; set; }
    }

    private static async Task<BunitContext> BrowserAsync(TestHub hub, bool administrator)
    {
        if (administrator) await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var browser = new BunitContext();
        browser.Services.AddHubWords();
        browser.Services.AddSingleton(hub.Get<LiveBus>()).AddScoped<LivePage>().AddSingleton(hub.Get<NodeService>()).AddSingleton(hub.Get<WorkQueues>()).AddSingleton<TimeProvider>(hub.Clock);
        browser.SetRendererInfo(new("Server", true));
        browser.JSInterop.Mode = JSRuntimeMode.Loose;
        return browser;
    }

    private static Node Of(TestHub hub, string name, string version) =>
        new() { Id = hub.Clock.NewId(), Name = name, Version = version, StartedAt = hub.Clock.Now(), State = NodeState.Ready, Link = NodeLink.Together };

    private static async Task FailAsync(TestHub hub)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        var row = db.Due(hub.Clock, "test.fails", "1", hub.Clock.Now());
        (row.DeadAt, row.LastError, row.Attempts) = (hub.Clock.Now(), nameof(IOException), 20);
        await db.SaveChangesAsync();
    }
}
