using System.Threading.Channels;
using Hub.Domain.Live;

namespace Hub.Tests.Live;

/// <summary>A watcher that remembers; its deliveries wait for a gate, when there is one.</summary>
internal sealed class Inbox(Task? gate = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly List<LiveEvent> events = [];
    private readonly TaskCompletionSource begun = Source(), reloaded = Source(), ended = Source();
    private readonly Channel<bool> arrived = Channel.CreateUnbounded<bool>();

    public int Deliveries { get; private set; }

    /// <summary>So many deliveries fail before one succeeds.</summary>
    public int Failures { get; set; }

    public IReadOnlyList<LiveEvent> Events
    {
        get { lock (events) return [.. events]; }
    }

    public async Task TakeAsync(LiveNews news)
    {
        begun.TrySetResult();
        if (gate is not null) await gate;
        if (Failures > 0)
        {
            Failures--;
            throw new InvalidOperationException("on purpose");
        }
        Deliveries++;
        lock (events) events.AddRange(news.Events);
        if (news.Reload) reloaded.TrySetResult();
        if (news.Ended) ended.TrySetResult();
        arrived.Writer.TryWrite(true);
    }

    /// <summary>The first delivery has begun.</summary>
    public Task BeginsAsync() => begun.Task.WaitAsync(Patience);

    public Task ReloadAsync() => reloaded.Task.WaitAsync(Patience);

    public Task EndedAsync() => ended.Task.WaitAsync(Patience);

    public bool HasEnded => ended.Task.IsCompleted;

    /// <summary>The versions of all events, once there are <paramref name="count"/>.</summary>
    public async Task<IReadOnlyList<long>> VersionsAsync(int count)
    {
        while (true)
        {
            if (Events is var all && all.Count >= count) return [.. all.Select(e => e.Version)];
            await arrived.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        }
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
