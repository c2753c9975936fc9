using Hub.Domain.People;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Live;

/// <summary>
/// One watcher of one topic. News waits in a queue of its own and is delivered on the thread pool, one delivery at a time,
/// with all that has gathered meanwhile: a slow watcher gets fewer, larger deliveries and holds up nobody.
/// </summary>
public sealed class LiveWatch : IDisposable
{
    /// <summary>More undelivered events than this become "load again".</summary>
    internal const int MostQueued = 500;

    private readonly Func<LiveNews, Task> deliver;
    private readonly Action<LiveWatch> end;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private List<LiveEvent> queued = [];
    private bool reload, ended, pumping, disposed;

    internal LiveWatch(Actor actor, Topic topic, Func<LiveNews, Task> deliver, Action<LiveWatch> end, ILogger log) =>
        (Actor, Topic, this.deliver, this.end, this.log) = (actor, topic, deliver, end, log);

    public Actor Actor { get; }

    public Topic Topic { get; }

    internal void Enqueue(LiveEvent e)
    {
        lock (gate)
        {
            if (reload && e.Version != 0) return;
            queued.Add(e);
            if (queued.Count > MostQueued) (queued, reload) = ([], true);
            Pump();
        }
    }

    internal void EnqueueReload()
    {
        lock (gate)
        {
            (queued, reload) = ([], true);
            Pump();
        }
    }

    internal void EnqueueEnd()
    {
        lock (gate)
        {
            ended = true;
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
        }
        end(this);
    }

    private void Pump()
    {
        if (pumping || disposed) return;
        pumping = true;
        ThreadPool.UnsafeQueueUserWorkItem(static w => _ = w.PumpAsync(), this, preferLocal: false);
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            LiveNews news;
            lock (gate)
            {
                if (disposed || (queued.Count == 0 && !reload && !ended))
                {
                    pumping = false;
                    return;
                }
                news = new LiveNews(queued, reload, ended);
                (queued, reload) = ([], false);
            }
            try
            {
                await deliver(news);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                log.LogWarning(e, "A watcher of {Topic} failed and is asked to load again", Topic.Kind);
                lock (gate)
                {
                    pumping = false;
                    if (!news.Reload && !news.Ended) reload = true;
                    else if (news.Reload) disposed = true;
                }
                if (news.Reload) end(this);
                else EnqueueReload();
                return;
            }
            if (news.Ended)
            {
                Dispose();
                return;
            }
        }
    }
}
