using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Live;

/// <summary>
/// A component that shows what is watched: subscribe, load, then apply what comes (<see cref="Following"/>). Never more than
/// one unacknowledged render is in flight, so that a burst is one render (CIRCUITS.md).
/// </summary>
public abstract class LiveComponent : HubComponent, IDisposable
{
    private readonly List<LiveWatch> watches = [];
    private bool inFlight, dirty, gone;
    private long acknowledged;
    [Inject] private LiveBus Live { get; set; } = null!;

    /// <summary>Follows a topic. <paramref name="load"/> gives the version it loaded; <paramref name="apply"/> gives false to load again.</summary>
    protected async Task<LiveWatch?> FollowAsync(Topic topic, Func<Task<long>> load, Func<LiveEvent, bool> apply, Action? ended = null)
    {
        var following = new Following(load, apply, ended);
        var watch = !RendererInfo.IsInteractive ? null : await Live.WatchAsync(Actor, topic, news => gone ? Task.CompletedTask : InvokeAsync(async () =>
        {
            await following.TakeAsync(news);
            Refresh();
        }));
        if (watch is not null && gone) watch.Dispose();
        else if (watch is not null) watches.Add(watch);
        await following.LoadAsync();
        return watch;
    }

    protected void Unfollow(LiveWatch? watch)
    {
        if (watch is not null && watches.Remove(watch)) watch.Dispose();
    }

    /// <summary>Renders now, or once the browser has acknowledged the render that is in flight.</summary>
    protected void Refresh()
    {
        dirty = inFlight;
        if (inFlight || gone) return;
        var before = acknowledged;
        StateHasChanged();
        inFlight = RendererInfo.IsInteractive && acknowledged == before;
    }

    protected override void OnAfterRender(bool firstRender)
    {
        (inFlight, acknowledged) = (false, acknowledged + 1);
        if (dirty) Refresh();
    }

    public virtual void Dispose()
    {
        gone = true;
        foreach (var watch in watches) watch.Dispose();
        GC.SuppressFinalize(this);
    }
}
