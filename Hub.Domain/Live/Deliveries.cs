using System.Collections.Concurrent;

namespace Hub.Domain.Live;

/// <summary>
/// Runs the deliveries of a node on the thread pool, a few at once, each in a turn of its own: however many watch what has changed, whoever posts meanwhile
/// waits behind those few and not behind all of them.
/// </summary>
internal sealed class Deliveries : IThreadPoolWorkItem
{
    private static readonly int MostAtOnce = 4 * Environment.ProcessorCount;

    private readonly ConcurrentQueue<LiveWatch> due = new();
    private int running;

    /// <summary>The watch has something to deliver; its delivery begins soon.</summary>
    public void Add(LiveWatch watch)
    {
        due.Enqueue(watch);
        Start();
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (due.TryDequeue(out var watch))
        {
            _ = watch.PumpAsync();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
        Interlocked.Decrement(ref running);
        // One that was added while this one stopped.
        if (!due.IsEmpty) Start();
    }

    private void Start()
    {
        for (var now = Volatile.Read(ref running); now < MostAtOnce; now = Volatile.Read(ref running))
        {
            if (Interlocked.CompareExchange(ref running, now + 1, now) != now) continue;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
    }
}
