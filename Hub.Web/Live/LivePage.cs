using Hub.Domain.Live;
using Hub.Domain.People;

namespace Hub.Web.Live;

/// <summary>
/// One open page, a circuit: each topic is watched once, however many of its components follow it, and what comes is applied by
/// all of them and drawn in one render. Never more than one unacknowledged render is in flight, so that a burst is one render
/// (CIRCUITS.md). Used on the circuit's dispatcher only.
/// </summary>
public sealed class LivePage(LiveBus bus, FirstPaint? paint = null) : IDisposable
{
    private readonly Dictionary<Topic, Watched> watched = [];
    private readonly HashSet<Action> waiting = [];
    private Action? draw;
    private bool applying, inFlight, gone;

    /// <inheritdoc cref="FirstPaint.LoadAsync"/>
    internal Task<T> LoadAsync<T>(Actor actor, bool living, string name, Func<Task<T>> load, Func<T, IEnumerable<(Topic Topic, long Version)>>? versions = null) =>
        paint is null ? load() : paint.LoadAsync(actor, living, name, load, topic => watched.TryGetValue(topic, out var one) && one.Watch is not null ? bus.LatestVersion(topic) : null, versions);

    /// <inheritdoc cref="FirstPaint.LoadOnceAsync"/>
    internal Task<T> LoadOnceAsync<T>(Actor actor, bool living, string name, Func<Task<T>> load) => paint is null ? load() : paint.LoadOnceAsync(actor, living, name, load);

    /// <summary>
    /// Follows topics of one kind until what it gives is disposed; <paramref name="changed"/> is called after each application.
    /// What the actor may not see is missing in the answer. The caller loads afterwards.
    /// </summary>
    internal async Task<IReadOnlyDictionary<Guid, IDisposable>> FollowAsync(
        Actor actor, string kind, IReadOnlyDictionary<Guid, Following> followings, Action changed, Func<Func<Task>, Task> dispatch)
    {
        var (follows, fresh) = (new Dictionary<Guid, IDisposable>(), new Dictionary<Guid, Watched>());
        foreach (var (id, following) in followings)
        {
            var topic = new Topic(kind, id);
            if (!watched.TryGetValue(topic, out var one)) watched[topic] = fresh[id] = one = new Watched();
            follows[id] = new Follow(this, topic, one, following, changed);
        }
        var begin = BeginAsync();
        foreach (var one in fresh.Values) one.Begun = begin;
        try
        {
            foreach (var follow in follows.Values.ToList()) await ((Follow)follow).Watched.Begun;
        }
        catch
        {
            foreach (var follow in follows.Values) follow.Dispose();
            throw;
        }
        foreach (var (id, follow) in follows.ToList())
            if (((Follow)follow).Watched.Watch is null && follows.Remove(id)) follow.Dispose();
        return follows;

        async Task BeginAsync()
        {
            var watches = await bus.WatchAllAsync(actor, kind, fresh.Keys, id => news => gone ? Task.CompletedTask : dispatch(() => TakeAsync(new Topic(kind, id), fresh[id], news)));
            foreach (var (id, watch) in watches)
            {
                if (gone || fresh[id].Follows.Count == 0) watch.Dispose();
                else fresh[id].Watch = watch;
            }
        }
    }

    /// <summary>Draws, each a component's StateHasChanged: now, or once the browser has acknowledged the render that is in flight.</summary>
    internal void Draw(params IEnumerable<Action> draws)
    {
        waiting.UnionWith(draws);
        Draw();
    }

    /// <summary>No longer draws a component that has gone.</summary>
    internal void Forget(Action draw) => waiting.Remove(draw);

    /// <summary>Draws what waits; called while <see cref="Drawing"/> is drawn, so that all of it goes into that render.</summary>
    internal void DrawWaiting()
    {
        Action[] draws = [.. waiting];
        waiting.Clear();
        foreach (var one in draws) one();
    }

    /// <summary>The page draws together with <paramref name="together"/> from now on; without it each component is drawn by itself.</summary>
    internal void Begin(Action? together) => draw = together;

    internal void Acknowledged()
    {
        inFlight = false;
        Draw();
    }

    public void Dispose()
    {
        gone = true;
        foreach (var one in watched.Values) one.Watch?.Dispose();
        watched.Clear();
    }

    private void Draw()
    {
        if (applying || inFlight || waiting.Count == 0) return;
        if (draw is null)
        {
            DrawWaiting();
            return;
        }
        inFlight = true;
        try
        {
            draw();
        }
        catch
        {
            inFlight = false;
            throw;
        }
    }

    // What all of them can apply at once is drawn at once; who must load draws when it has.
    private async Task TakeAsync(Topic topic, Watched one, LiveNews news)
    {
        // Whoever follows it from now on asks again.
        if (news.Ended) Remove(topic, one);
        applying = true;
        var taken = one.Follows.ToList().ConvertAll(f => f.TakeAsync(news));
        applying = false;
        Draw();
        await Task.WhenAll(taken);
    }

    private void Remove(Topic topic, Watched one)
    {
        if (watched.TryGetValue(topic, out var now) && now == one) watched.Remove(topic);
    }

    private sealed class Watched
    {
        public List<Follow> Follows { get; } = new(1);
        public Task Begun { get; set; } = Task.CompletedTask;
        public LiveWatch? Watch { get; set; }
    }

    private sealed class Follow : IDisposable
    {
        private readonly LivePage page;
        private readonly Topic topic;
        private readonly Following following;
        private readonly Action changed;

        public Follow(LivePage page, Topic topic, Watched watched, Following following, Action changed)
        {
            (this.page, this.topic, Watched, this.following, this.changed) = (page, topic, watched, following, changed);
            watched.Follows.Add(this);
        }

        public Watched Watched { get; }

        public async Task TakeAsync(LiveNews news)
        {
            await following.TakeAsync(news);
            changed();
        }

        public void Dispose()
        {
            if (!Watched.Follows.Remove(this) || Watched.Follows.Count > 0) return;
            Watched.Watch?.Dispose();
            page.Remove(topic, Watched);
        }
    }
}
