using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Live;

/// <summary>
/// A component that shows what is watched: subscribe, load, drop what the load has, apply what comes; a gap loads again.
/// Never more than one unacknowledged render is in flight, so that a burst is one render.
/// </summary>
public abstract class LiveComponent : HubComponent, IDisposable
{
    private readonly List<LiveWatch> watches = [];
    private bool inFlight, dirty, gone;

    [Inject] private LiveBus Live { get; set; } = null!;

    /// <summary>Follows a topic. <paramref name="load"/> gives the version it loaded; <paramref name="apply"/> gives false to load again.</summary>
    protected async Task<LiveWatch?> FollowAsync(Topic topic, Func<Task<long>> load, Func<LiveEvent, bool> apply, Action? ended = null)
    {
        var (version, loading, held) = (-1L, true, new List<LiveEvent>());
        LiveWatch? watch = null;
        if (RendererInfo.IsInteractive) watch = await Live.WatchAsync(Actor, topic, news => gone ? Task.CompletedTask : InvokeAsync(() => TakeAsync(news)));
        if (watch is not null && gone) watch.Dispose();
        else if (watch is not null) watches.Add(watch);
        await LoadAsync();
        return watch;

        async Task LoadAsync()
        {
            loading = true;
            version = await load();
            loading = false;
            var waiting = held.ToList();
            held.Clear();
            await TakeAsync(new LiveNews(waiting));
        }

        async Task TakeAsync(LiveNews news)
        {
            if (news.Ended) ended?.Invoke();
            if (loading) held.AddRange(news.Events);
            else if (news.Reload || !news.Events.All(Take)) await LoadAsync();
            if (!loading) Refresh();
        }

        bool Take(LiveEvent e)
        {
            if (e.Version == 0) return apply(e);
            if (e.Version <= version) return true;
            if (e.Version != version + 1) return false;
            version = e.Version;
            return apply(e);
        }
    }

    /// <summary>Stops following one topic.</summary>
    protected void Unfollow(LiveWatch? watch)
    {
        if (watch is not null && watches.Remove(watch)) watch.Dispose();
    }

    /// <summary>Renders now, or once the browser has acknowledged the render that is in flight.</summary>
    protected void Refresh()
    {
        dirty = inFlight;
        if (inFlight || gone) return;
        inFlight = RendererInfo.IsInteractive;
        StateHasChanged();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        inFlight = false;
        if (dirty) Refresh();
    }

    public virtual void Dispose()
    {
        gone = true;
        foreach (var watch in watches) watch.Dispose();
        GC.SuppressFinalize(this);
    }
}
