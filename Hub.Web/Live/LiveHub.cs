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
public sealed class LiveHub(LiveBus live, LiveConnections connections, IHubContext<LiveHub, ILiveClient> outside) : Hub<ILiveClient>
{
    /// <summary>
    /// Version of the event that says "load": API.md's client takes only its own version + 1 as the next event, and this is
    /// nobody's, so it asks again from what it has.
    /// </summary>
    public const long ReloadVersion = -1;

    private const int MostWatches = 500;

    /// <summary>Rooms, as the scopes of tokens name them, by the first word of topics and of the events of <c>me</c>.</summary>
    private static readonly Dictionary<string, string> Rooms = new(StringComparer.Ordinal)
    {
        ["conversation"] = "chat", ["thread"] = "chat", ["message"] = "chat", ["later"] = "chat", ["run"] = "fixes", ["meeting"] = "meetings", ["article"] = "articles", ["articles"] = "articles", ["me"] = "people", ["person"] = "people", ["unit"] = "people", ["typing"] = "chat", ["inbox"] = "inbox",
    };

    private ConcurrentDictionary<Topic, LiveWatch> Watches =>
        (ConcurrentDictionary<Topic, LiveWatch>)(Context.Items["watches"] ??= new ConcurrentDictionary<Topic, LiveWatch>());

    public override Task OnConnectedAsync()
    {
        connections.Add(Context);
        return base.OnConnectedAsync();
    }

    /// <exception cref="HubException">"not-found" for what one may not see; "forbidden" without the token's scope; "too-many" beyond 500 topics.</exception>
    public async Task<WatchAnswer> Watch(string topic, long afterVersion)
    {
        var actor = Context.User!.ToActor();
        if (Parse(topic, actor) is not { } parsed) throw new HubException("not-found");
        if (Rooms.TryGetValue(parsed.Kind, out var room) && !actor.May(AccessScopes.Of(room, read: true))) throw new HubException("forbidden");
        if (Watches.Count >= MostWatches) throw new HubException("too-many");
        if (Watches.TryRemove(parsed, out var before)) before.Dispose();
        var client = outside.Clients.Client(Context.ConnectionId);
        var floor = long.MaxValue;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = await live.WatchAsync(actor, parsed, async news =>
        {
            await ready.Task;
            if (news.Ended) await client.Ended(topic);
            else if (news.Reload) await client.Event(topic, ReloadVersion, "reload", new { });
            foreach (var e in news.Events)
                if (e.Version == 0 || e.Version > floor) await client.Event(topic, e.Version, e.Name, Payload(actor, e));
        }, Context.ConnectionAborted) ?? throw new HubException("not-found");
        if (!Watches.TryAdd(parsed, watch)) watch.Dispose();
        var version = live.LatestVersion(parsed) ?? 0;
        var events = live.EventsAfter(parsed, afterVersion);
        floor = events is { Count: > 0 } ? events[^1].Version : version;
        ready.SetResult();
        return new WatchAnswer(floor, events is null ? [] : [.. events.Select(e => new WatchedEvent(e.Version, e.Name, Payload(actor, e)))], events is null);
    }

    public void Unwatch(string topic)
    {
        if (Parse(topic, Context.User!.ToActor()) is { } parsed && Watches.TryRemove(parsed, out var watch)) watch.Dispose();
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        connections.Remove(Context);
        foreach (var watch in Watches.Values) watch.Dispose();
        return base.OnDisconnectedAsync(exception);
    }

    // "me" tells of every room: what the token's scopes leave out keeps its place and name, without its content.
    private static WrittenPayload Payload(Actor actor, LiveEvent e) => WrittenPayload.Of(
        e.Topic.Kind != "me" || !Rooms.TryGetValue(e.Name.Split('-')[0], out var room) || actor.May(AccessScopes.Of(room, read: true)) ? e.Payload : new { });

    private static Topic? Parse(string topic, Actor actor)
    {
        if (topic == "me") return Topic.Me(actor.PersonId);
        var parts = topic.Split(':', 2);
        return parts.Length == 2 && parts[0] != "me" && Guid.TryParse(parts[1], out var id) ? new Topic(parts[0], id) : null;
    }
}
