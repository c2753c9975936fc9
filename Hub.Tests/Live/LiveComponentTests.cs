using Bunit;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Hub.Web.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Live;

public sealed class LiveComponentTests : BunitContext
{
    private TestHub hub = null!;

    private LiveBus Live => hub.Get<LiveBus>();
    private Topic Me => Topic.Me(hub.Amara.PersonId);

    private async Task StartAsync()
    {
        hub = await TestHub.StartAsync("Sqlite");
        Services.AddSingleton(Live).AddScoped<LivePage>();
        SetRendererInfo(new("Server", true));
    }

    private IRenderedComponent<Probe> Probed() => Render<Probe>(p => p.AddCascadingValue(hub.Amara));

    private void Publish(long version) => Live.Publish(new LiveEvent(Me, version, "test", new RolesChanged()));

    [Fact]
    public async Task A_hundred_events_while_a_render_is_on_its_way_are_one_more_render()
    {
        await StartAsync();
        await using var _ = hub;
        var shown = Probed();
        shown.WaitForAssertion(() => Assert.Equal("0", shown.Markup));
        var (probe, page) = (shown.Instance, Services.GetRequiredService<LivePage>());
        // What is drawn goes to a browser that does not answer yet.
        page.Begin(page.DrawWaiting);
        var before = probe.Renders;

        for (var v = 1; v <= 100; v++)
        {
            Publish(v);
            await probe.AppliedAsync();
        }
        Assert.Equal(1, probe.Renders - before);
        await shown.InvokeAsync(page.Acknowledged);

        Assert.Equal(2, probe.Renders - before);
        Assert.Equal("100", shown.Markup);
    }

    [Fact]
    public async Task Two_that_follow_the_same_are_one_watch_and_one_render_and_each_may_end()
    {
        await StartAsync();
        await using var _ = hub;
        var drawing = Render<Drawing>();
        var (first, second) = (Probed(), Probed());
        first.WaitForAssertion(() => Assert.Equal("0", first.Markup));
        second.WaitForAssertion(() => Assert.Equal("0", second.Markup));
        Assert.Equal(1, Live.WatchCount);
        var before = drawing.RenderCount;
        Publish(1);
        second.WaitForAssertion(() => Assert.Equal("1", second.Markup));
        Assert.Equal(("1", 1), (first.Markup, drawing.RenderCount - before));

        await first.InvokeAsync(first.Instance.Dispose);
        Publish(2);
        second.WaitForAssertion(() => Assert.Equal("2", second.Markup));
        Assert.Equal("1", first.Markup);
        await second.InvokeAsync(second.Instance.Dispose);
        Assert.Equal(0, Live.WatchCount);
    }

    [Fact]
    public async Task Who_follows_after_a_watch_was_ended_is_live_again()
    {
        await StartAsync();
        await using var _ = hub;
        var first = Probed();
        first.WaitForAssertion(() => Assert.Equal("0", first.Markup));
        await LeftAsync(hub.Clock.Now());
        await Live.RecheckAsync(Me);
        Assert.True(SpinWait.SpinUntil(() => Live.WatchCount == 0, TimeSpan.FromSeconds(20)));
        await LeftAsync(null);
        var second = Probed();
        second.WaitForAssertion(() => Assert.Equal("0", second.Markup));
        Assert.Equal(1, Live.WatchCount);
        Publish(1);
        second.WaitForAssertion(() => Assert.Equal("1", second.Markup));
        Assert.Equal("0", first.Markup);

        async Task LeftAsync(DateTime? at)
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            await db.People.Where(p => p.Id == hub.Amara.PersonId).ExecuteUpdateAsync(s => s.SetProperty(p => p.LeftAt, at));
        }
    }

    [Fact]
    public async Task What_fails_to_render_ends_its_watches_and_the_next_try_is_live_again()
    {
        await StartAsync();
        await using var _ = hub;
        var page = Render<ErrorBoundary>(p => p.AddCascadingValue(hub.Amara).Add(b => b.ChildContent, b =>
        {
            b.OpenComponent<Probe>(0);
            b.CloseComponent();
        }).Add(b => b.ErrorContent, e => b => b.AddContent(0, "failed")));
        var probe = page.FindComponent<Probe>();
        page.WaitForAssertion(() => Assert.Equal("0", page.Markup));

        probe.Instance.Fails = true;
        Publish(1);
        page.WaitForAssertion(() => Assert.Equal("failed", page.Markup));
        Assert.Equal(0, Live.WatchCount);

        await page.InvokeAsync(page.Instance.Recover);
        page.WaitForAssertion(() => Assert.Equal("0", page.Markup));
        Publish(2);
        page.WaitForAssertion(() => Assert.Equal("1", page.Markup));
        Publish(3);
        page.WaitForAssertion(() => Assert.Equal("2", page.Markup));
    }

    [Fact]
    public async Task A_refresh_that_throws_leaves_nothing_on_its_way()
    {
        await StartAsync();
        await using var _ = hub;
        var shown = Probed();
        shown.WaitForAssertion(() => Assert.Equal("0", shown.Markup));
        // Not from the circuit's own thread: the renderer refuses.
        Assert.Throws<InvalidOperationException>(shown.Instance.RefreshFromOutside);
        Publish(1);
        shown.WaitForAssertion(() => Assert.Equal("1", shown.Markup));
    }

    [Fact]
    public async Task A_page_whose_load_fails_once_loads_again()
    {
        await StartAsync();
        await using var _ = hub;
        var shown = Probed();
        shown.WaitForAssertion(() => Assert.Equal("0", shown.Markup));
        shown.Instance.LoadFailures = 1;
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            await using var tx = await db.Database.BeginTransactionAsync();
            await db.AdvanceAsync<Person>(hub.Amara.PersonId);
            await tx.CommitAsync();
        }
        await Live.CheckVersionsAsync();
        await Live.CheckVersionsAsync();
        shown.WaitForAssertion(() => Assert.Equal(2, shown.Instance.Loads), TimeSpan.FromSeconds(20));
        Publish(2);
        shown.WaitForAssertion(() => Assert.Equal("1", shown.Markup), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Its_watches_end_with_the_circuit()
    {
        await StartAsync();
        await using var _ = hub;
        var shown = Probed();
        shown.WaitForAssertion(() => Assert.Equal("0", shown.Markup));
        Assert.Equal(1, Live.WatchCount);
        await DisposeComponentsAsync();
        Assert.Equal(0, Live.WatchCount);
    }

    /// <summary>Shows how many events it has applied. What a browser does with a render, the test says.</summary>
    private sealed class Probe : LiveComponent
    {
        private readonly SemaphoreSlim arrived = new(0);
        private int applied;

        [Inject] private LiveBus Bus { get; set; } = null!;

        public int Renders { get; private set; }
        public int Loads { get; private set; }
        public int LoadFailures { get; set; }
        public bool Fails { get; set; }
        public async Task AppliedAsync() => Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(20)));

        protected override Task OnInitializedAsync() => FollowAsync(Topic.Me(Actor.PersonId), Load, e =>
        {
            applied++;
            arrived.Release();
            return true;
        });

        protected override void BuildRenderTree(RenderTreeBuilder builder)
        {
            Renders++;
            if (Fails) throw new InvalidOperationException("on purpose");
            builder.AddContent(0, applied);
        }

        public void RefreshFromOutside() => Refresh();

        private Task<long> Load()
        {
            if (LoadFailures-- > 0) throw new InvalidOperationException("on purpose");
            Loads++;
            return Task.FromResult(Bus.LatestVersion(Topic.Me(Actor.PersonId)) ?? 0);
        }
    }
}
