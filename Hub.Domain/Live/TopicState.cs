namespace Hub.Domain.Live;

/// <summary>What this node knows of one watched topic: its watchers, its latest version, its last events.</summary>
internal sealed class TopicState(Topic topic)
{
    private readonly Lock gate = new();
    private readonly List<LiveEvent> kept = [];
    private readonly SortedList<long, (LiveEvent Event, long At)> early = [];
    private LiveWatch[] watchers = [];
    private long? latest, behind;
    private int idleChecks;
    private bool closed;

    public Topic Topic => topic;

    public int WatcherCount => Volatile.Read(ref watchers).Length;

    public long? LatestVersion
    {
        get { lock (gate) return latest; }
    }

    public IReadOnlyList<LiveWatch> Watchers() => Volatile.Read(ref watchers);

    /// <summary>False if the state was forgotten meanwhile: take a new one.</summary>
    public bool Add(LiveWatch watch)
    {
        lock (gate)
        {
            if (closed) return false;
            watchers = [.. watchers, watch];
            idleChecks = 0;
            return true;
        }
    }

    public void Remove(LiveWatch watch)
    {
        lock (gate) watchers = [.. watchers.Where(w => w != watch)];
    }

    public bool CloseIfIdle()
    {
        lock (gate)
        {
            // A topic nobody watches is kept for some checks: whoever comes back soon need not load.
            if (watchers.Length > 0 || ++idleChecks < 30) return false;
            return closed = true;
        }
    }

    /// <summary>The database's version, read before anything was published here.</summary>
    public void Seen(long version)
    {
        lock (gate) latest ??= version;
    }

    /// <param name="e">The event.</param>
    /// <param name="at">The clock's timestamp of its publish.</param>
    public void Publish(LiveEvent e, long at)
    {
        lock (gate)
        {
            if (e.Version == 0)
            {
                Tell(e, at);
                return;
            }
            if (latest is { } l && e.Version <= l) return;
            if (latest is not null && e.Version != latest + 1)
            {
                early.TryAdd(e.Version, (e, at));
                return;
            }
            Accept(e, at);
            while (early.Count > 0 && early.Keys[0] == latest + 1)
            {
                var next = early.Values[0];
                early.RemoveAt(0);
                Accept(next.Event, next.At);
            }
        }
    }

    /// <summary>True if the topic had missed something and its watchers were told to load.</summary>
    public bool Check(long stored)
    {
        lock (gate)
        {
            if (latest is null || stored <= latest)
            {
                latest ??= stored;
                behind = null;
                return false;
            }
            if (behind is not { } before || before <= latest)
            {
                behind = stored;
                return false;
            }
            (latest, behind) = (stored, null);
            early.Clear();
            kept.Clear();
            foreach (var w in watchers) w.EnqueueReload();
            return true;
        }
    }

    public IReadOnlyList<LiveEvent>? EventsAfter(long version)
    {
        lock (gate)
        {
            if (latest is null || version > latest) return null;
            if (version == latest) return [];
            return kept.Count > 0 && kept[0].Version <= version + 1 ? [.. kept.Where(e => e.Version > version)] : null;
        }
    }

    private void Accept(LiveEvent e, long at)
    {
        latest = e.Version;
        // Whoever was away loads: an earlier event may say what was taken back.
        if (e.Payload is IWithdraws { Withdraws: true }) kept.Clear();
        kept.Add(e);
        if (kept.Count > LiveBus.MostKept) kept.RemoveRange(0, LiveBus.MostKept / 4);
        Tell(e, at);
    }

    // Putting into a watcher's queue is not calling it: delivery happens on the thread pool, outside this lock.
    private void Tell(LiveEvent e, long at)
    {
        foreach (var w in watchers) w.Enqueue(e, at);
    }
}
