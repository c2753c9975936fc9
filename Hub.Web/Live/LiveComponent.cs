using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Live;

/// <summary>A component that shows what is watched: subscribe, load, then apply what comes (<see cref="Following"/>), drawn with the whole page (<see cref="LivePage"/>).</summary>
public abstract class LiveComponent : HubComponent, IDisposable
{
    private readonly List<IDisposable> follows = [];
    private bool gone;

    [Inject] private LivePage Page { get; set; } = null!;
    [Inject] private LiveBus Bus { get; set; } = null!;

    /// <summary>Follows a topic. <paramref name="load"/> gives the version it loaded; <paramref name="apply"/> gives false to load again.</summary>
    /// <returns>For <see cref="Unfollow"/>; null while prerendering, and for what one may not see.</returns>
    protected async Task<IDisposable?> FollowAsync(Topic topic, Func<Task<long>> load, Func<LiveEvent, bool> apply, Action? ended = null)
    {
        var following = new Following(load, apply, ended);
        var follow = !RendererInfo.IsInteractive ? null
            : (await Page.FollowAsync(Actor, topic.Kind, new Dictionary<Guid, Following> { [topic.Id] = following }, Refresh, InvokeAsync)).GetValueOrDefault(topic.Id);
        if (follow is not null && gone) follow.Dispose();
        else if (follow is not null) follows.Add(follow);
        await following.LoadAsync();
        return follow;
    }

    /// <summary>Follows one's own topic by what <paramref name="load"/> gives, which is handed on by that name from the first paint; <paramref name="apply"/> gives false to load again.</summary>
    protected Task FollowMineAsync<T>(string name, Func<Task<T>> load, Action<T> show, Func<LiveEvent, bool> apply) => FollowAsync(Topic.Me(Actor.PersonId), async () =>
    {
        // Read before it is loaded: what happens between the two is applied again, never missed.
        var version = Bus.LatestVersion(Topic.Me(Actor.PersonId)) ?? 0;
        show(await PaintedAsync(name, load));
        return version;
    }, apply);

    /// <summary>What <paramref name="load"/> gives, handed on by that name from the first paint (<see cref="FirstPaint"/>).</summary>
    protected Task<T> PaintedAsync<T>(string name, Func<Task<T>> load, Func<T, IEnumerable<(Topic Topic, long Version)>>? versions = null) =>
        Page.LoadAsync(Actor, RendererInfo.IsInteractive, name, load, versions);

    protected void Unfollow(IDisposable? follow)
    {
        if (follow is not null && follows.Remove(follow)) follow.Dispose();
    }

    /// <summary>Renders now, or once the browser has acknowledged the render that is in flight.</summary>
    protected void Refresh()
    {
        if (!gone) Page.Draw(StateHasChanged);
    }

    public virtual void Dispose()
    {
        gone = true;
        Page.Forget(StateHasChanged);
        foreach (var follow in follows) follow.Dispose();
        GC.SuppressFinalize(this);
    }
}
