using System.Diagnostics.Metrics;
using System.Globalization;
using Hub.Domain.People;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Live;

/// <summary>
/// One watcher of one topic. News waits in a queue of its own and is delivered on the thread pool (<see cref="Deliveries"/>), one delivery at a time,
/// with all that has gathered meanwhile: a slow watcher gets fewer, larger deliveries and holds up nobody. One that fails is
/// asked to load again, at first soon, then after longer and longer waits, until it succeeds. Deliveries are in the language
/// of who began to watch, not of who made the news.
/// </summary>
public sealed class LiveWatch : IDisposable
{
    /// <summary>More undelivered events than this become "load again".</summary>
    internal const int MostQueued = 500;

    private readonly Func<LiveNews, Task> deliver;
    private readonly Action<LiveWatch> end;
    private readonly Deliveries deliveries;
    private readonly TimeProvider clock;
    private readonly Histogram<double> delay;
    private readonly ILogger log;
    private readonly CultureInfo culture = CultureInfo.CurrentCulture, language = CultureInfo.CurrentUICulture;
    private readonly Lock gate = new();
    private List<LiveEvent> queued = [];
    private bool reload, ended, pumping, waiting, disposed;
    private ITimer? timer;
    private int failures;
    private long oldest;

    internal LiveWatch(Actor actor, Topic topic, Func<LiveNews, Task> deliver, Action<LiveWatch> end, Deliveries deliveries, TimeProvider clock, Histogram<double> delay, ILogger log) =>
        (Actor, Topic, this.deliver, this.end, this.deliveries, this.clock, this.delay, this.log) = (actor, topic, deliver, end, deliveries, clock, delay, log);

    public Actor Actor { get; }

    public Topic Topic { get; }

    internal void Enqueue(LiveEvent e, long at)
    {
        lock (gate)
        {
            if (ended || disposed || (reload && e.Version != 0)) return;
            // One that came early waited for those before it.
            if (queued.Count == 0 || at < oldest) oldest = at;
            queued.Add(e);
            if (queued.Count > MostQueued) (queued, reload) = ([], true);
            Pump();
        }
    }

    internal void EnqueueReload()
    {
        lock (gate)
        {
            if (ended || disposed) return;
            (queued, reload) = ([], true);
            Pump();
        }
    }

    /// <summary>The last that is told. What still waits is dropped: it is no longer theirs to see.</summary>
    internal void EnqueueEnd()
    {
        lock (gate)
        {
            (queued, reload, ended) = ([], false, true);
            Pump();
        }
    }

    /// <summary>Stops watching; a delivery that is under way still ends.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            queued = [];
            timer?.Dispose();
        }
        end(this);
    }

    private void Pump()
    {
        if (pumping || disposed || (waiting && !ended)) return;
        pumping = true;
        deliveries.Add(this);
    }

    /// <summary>Delivers what waits until nothing does; what it throws is no caller's.</summary>
    internal async Task PumpAsync()
    {
        (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, language);
        while (true)
        {
            LiveNews news;
            long since;
            lock (gate)
            {
                if (disposed || (queued.Count == 0 && !reload && !ended))
                {
                    pumping = false;
                    return;
                }
                (news, since) = (new LiveNews(queued, reload, ended), oldest);
                (queued, reload) = ([], false);
            }
            try
            {
                await deliver(news);
                failures = 0;
                // Once for each delivery, of the oldest that it brings: a burst is one.
                if (news.Events.Count > 0) delay.Record(clock.GetElapsedTime(since).TotalSeconds, new KeyValuePair<string, object?>("hub.topic.kind", Topic.Kind));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                log.LogWarning(e, "A watcher of {Topic} failed and is asked to load again", Topic.Kind);
                if (Retry(news)) return;
            }
            if (news.Ended)
            {
                Dispose();
                return;
            }
        }
    }

    // True if it now waits to load again: half a second after the first failure, twice as long after each more, at most 30 s.
    private bool Retry(LiveNews news)
    {
        lock (gate)
        {
            if (news.Ended || ended || disposed) return false;
            (queued, reload, waiting, pumping) = ([], true, true, false);
            timer?.Dispose();
            timer = clock.CreateTimer(static w => ((LiveWatch)w!).Resume(), this, TimeSpan.FromSeconds(Math.Min(30, 0.5 * Math.Pow(2, failures++))), Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    private void Resume()
    {
        lock (gate)
        {
            waiting = false;
            if (reload) Pump();
        }
    }
}
