using System.Collections.Concurrent;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Web.SignIn;
using Microsoft.AspNetCore.SignalR;

namespace Hub.Web.Live;

/// <summary>What a program on /hubs/live is sent.</summary>
public interface ILiveClient
{
    Task Event(string topic, long version, string name, object payload);

    /// <summary>The watch ended: what was watched is no longer visible.</summary>
    Task Ended(string topic);
}

/// <summary>Answer to Watch: either the events after the version that was given, or "load, then go on from this version".</summary>
public sealed record WatchAnswer(long Version, IReadOnlyList<WatchedEvent> Events, bool Reload);

public sealed record WatchedEvent(long Version, string Name, object Payload);

/// <summary>SignalR hub /hubs/live (API.md). A connection is a watcher like any other.</summary>
public sealed class LiveHub(LiveBus live, IHubContext<LiveHub, ILiveClient> outside) : Hub<ILiveClient>
{
    private const int MostWatches = 500;

    private ConcurrentDictionary<Topic, LiveWatch> Watches =>
        (ConcurrentDictionary<Topic, LiveWatch>)(Context.Items["watches"] ??= new ConcurrentDictionary<Topic, LiveWatch>());

    /// <exception cref="HubException">"not-found" for what one may not see; "too-many" beyond 500 topics.</exception>
    public async Task<WatchAnswer> Watch(string topic, long afterVersion)
    {
        var actor = Context.User!.ToActor();
        if (Parse(topic, actor) is not { } parsed) throw new HubException("not-found");
        if (Watches.Count >= MostWatches) throw new HubException("too-many");
        if (Watches.TryRemove(parsed, out var before)) before.Dispose();
        var client = outside.Clients.Client(Context.ConnectionId);
        var floor = long.MaxValue;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = await live.WatchAsync(actor, parsed, async news =>
        {
            await ready.Task;
            if (news.Ended) await client.Ended(topic);
            else if (news.Reload) await client.Event(topic, live.LatestVersion(parsed) ?? 0, "reload", new { });
            foreach (var e in news.Events)
                if (e.Version == 0 || e.Version > floor) await client.Event(topic, e.Version, e.Name, e.Payload);
        }, Context.ConnectionAborted) ?? throw new HubException("not-found");
        if (!Watches.TryAdd(parsed, watch)) watch.Dispose();
        var version = live.LatestVersion(parsed) ?? 0;
        var events = live.EventsAfter(parsed, afterVersion);
        floor = events is { Count: > 0 } ? events[^1].Version : version;
        ready.SetResult();
        return new WatchAnswer(floor, events is null ? [] : [.. events.Select(e => new WatchedEvent(e.Version, e.Name, e.Payload))], events is null);
    }

    public void Unwatch(string topic)
    {
        if (Parse(topic, Context.User!.ToActor()) is { } parsed && Watches.TryRemove(parsed, out var watch)) watch.Dispose();
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        foreach (var watch in Watches.Values) watch.Dispose();
        return base.OnDisconnectedAsync(exception);
    }

    private static Topic? Parse(string topic, Actor actor)
    {
        if (topic == "me") return Topic.Me(actor.PersonId);
        var parts = topic.Split(':', 2);
        return parts.Length == 2 && parts[0] != "me" && Guid.TryParse(parts[1], out var id) ? new Topic(parts[0], id) : null;
    }
}
