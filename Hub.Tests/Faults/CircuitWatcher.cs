using System.Collections.Concurrent;
using System.Net.WebSockets;
using Hub.Bench.Circuits;

namespace Hub.Tests.Faults;

/// <summary>
/// A person's open channel page without a browser: it follows its circuit, is loaded again when that is lost or asked to move, and after each
/// render batch is looked at: its messages are without gap, and each place holds the message that it holds on every other page.
/// </summary>
internal sealed class CircuitWatcher(HttpClient http, string cookies, string path, ConcurrentDictionary<(string Path, long Sequence), Guid> places, ConcurrentBag<string> wrong)
{
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IReadOnlyList<ShownMessage> shown = [];
    private RenderedPage page = new();

    public string Path => path;

    /// <summary>The page is interactive for the first time.</summary>
    public Task Opened => opened.Task;

    /// <summary>What stands on the page.</summary>
    public IReadOnlyList<ShownMessage> Shown => shown;

    /// <summary>Why it was loaded again, each time.</summary>
    public ConcurrentQueue<string> Reloads { get; } = new();

    /// <summary>Follows until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        for (var delay = 250; !ct.IsCancellationRequested; delay = Math.Min(delay * 2, 2000))
        {
            page = new RenderedPage();
            var circuit = new HeadlessCircuit(See);
            try
            {
                await circuit.OpenAsync(http, cookies, path, ct);
                delay = 125;
                opened.TrySetResult();
                await circuit.Ended.WaitAsync(ct);
                Reloads.Enqueue(circuit.Error is { } error && error.StartsWith("There was an unhandled exception", StringComparison.Ordinal) ? "its circuit failed" : circuit.Error is null ? "asked to move" : "connection lost");
            }
            catch (Exception e) when (e is HttpRequestException or WebSocketException or InvalidOperationException or TimeoutException or OperationCanceledException && !ct.IsCancellationRequested)
            {
                Reloads.Enqueue("could not be opened");
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // Told to stop.
            }
            await circuit.DisposeAsync();
            // As shell.js: loaded again once the hub answers, each time a little later.
            while (!ct.IsCancellationRequested && !await ReadyAsync(delay, ct)) delay = Math.Min(delay * 2, 2000);
        }
    }

    /// <summary>Ends when the page shows what it should, or when patience does: what it shows then is looked at.</summary>
    public async Task SeesAsync(Func<IReadOnlyList<ShownMessage>, bool> level, TimeSpan patience)
    {
        using var over = new CancellationTokenSource(patience);
        for (var change = moved; !level(shown) && !over.IsCancellationRequested; change = moved) await change.Task.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<bool> ReadyAsync(int delay, CancellationToken ct)
    {
        try
        {
            await Task.Delay(delay, ct);
            using var answer = await http.GetAsync("/readyz", ct);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private void See(ReadOnlySpan<byte> batch)
    {
        page.Apply(batch);
        var now = page.Messages();
        for (var i = 0; i < now.Count; i++)
        {
            if (now[i].Sequence != now[0].Sequence + i) wrong.Add($"{path}: place {i} of the page holds {now[i].Sequence}, the first {now[0].Sequence}");
            var there = places.GetOrAdd((path, now[i].Sequence), now[i].Id);
            if (there != now[i].Id) wrong.Add($"{path}: {now[i].Sequence} is {now[i].Id} on one page and {there} on another");
        }
        shown = now;
        Interlocked.Exchange(ref moved, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
