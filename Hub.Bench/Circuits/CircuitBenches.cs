using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Hub.Bench.Circuits;

/// <summary>The channel page against a bare MudBlazor layout with 50 plain rows, both measured in the same run, compression negotiated.</summary>
internal static class CircuitBenches
{
    // Until what is called often is compiled for good: the runtime does that beside the work, for some seconds.
    private const int Warm = 300, WarmPosts = 150;

    private const int Lines = 50, Conversations = 30;

    /// <summary>One room, <paramref name="count"/> open circuits: delay and CPU at 10 posts a second, then as many as go.</summary>
    public static async Task<Report> FanoutAsync(int count)
    {
        var (figures, limits) = (new Dictionary<string, double>(StringComparer.Ordinal), new Dictionary<string, double>(StringComparer.Ordinal));
        await using (var bare = await Peer.BareAsync()) await FanoutAsync(bare, count, limits);
        await using (var hub = await Peer.HubAsync()) await FanoutAsync(hub, count, figures);
        return new Report("fanout", figures, limits, new Dictionary<string, double>(StringComparer.Ordinal));
    }

    /// <summary>
    /// Resident memory and CPU to open <paramref name="count"/> circuits, each after 300 to warm up: a channel of 50 messages and a thread of it beside a list of 30 conversations.
    /// </summary>
    public static async Task<Report> CostsAsync(int count)
    {
        var (figures, limits) = (new Dictionary<string, double>(StringComparer.Ordinal), new Dictionary<string, double>(StringComparer.Ordinal));
        await using (var bare = await Peer.BareAsync()) await CostsAsync(bare, bare.Path, count, limits);
        await using (var hub = await Peer.HubAsync())
        {
            await hub.JoinAsync(Conversations);
            var (room, root) = (await hub.RoomAsync("bench circuits"), "");
            for (var line = 0; line < Lines; line++) root = await hub.SayAsync(room, $"A message of the channel, number {line}, of about as many words as people write", line);
            for (var reply = 0; reply < 10; reply++) await hub.SayAsync(room, $"Reply {reply}", reply, root);
            await CostsAsync(hub, $"/chat/{room}/thread/{root}", count, figures);
        }
        return new Report("circuits", figures, limits, new Dictionary<string, double>(StringComparer.Ordinal));
    }

    /// <summary>Click to render on a quiet hub: one page, on which one conversation of 50 messages after the other is opened by its link.</summary>
    public static async Task<Report> ClickAsync()
    {
        const int Rooms = 4, Clicks = 200;
        await using var hub = await Peer.HubAsync();
        var rooms = new List<string>();
        for (var room = 0; room < Rooms; room++)
        {
            rooms.Add(await hub.RoomAsync($"bench click {room}"));
            // The last line of each is what says that it is there: numbers of their own.
            for (var line = 1; line <= Lines; line++) await hub.SayAsync(rooms[room], $"bench-{room * Lines + line:D7}", line);
        }
        var (waited, came) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var circuit = new HeadlessCircuit(batch => Numbers(batch, number =>
        {
            if (number == Volatile.Read(ref waited)) came.TrySetResult();
        }));
        await circuit.OpenAsync(hub.Http, hub.Cookies, $"/chat/{rooms[0]}", CancellationToken.None);
        var delays = new List<double>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        // The first half warms up.
        for (var click = 1; click <= 2 * Clicks && await timer.WaitForNextTickAsync(); click++)
        {
            (waited, came) = ((click % Rooms + 1) * Lines, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var began = Stopwatch.GetTimestamp();
            await circuit.FollowLinkAsync(new Uri(hub.Server.Address, $"/chat/{rooms[click % Rooms]}"));
            await came.Task.WaitAsync(TimeSpan.FromSeconds(10));
            if (click > Clicks) delays.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        const string Late = "p95 ms from a click on a conversation to its render";
        return new Report("click", new Dictionary<string, double>(StringComparer.Ordinal) { ["p50 ms from a click on a conversation to its render"] = Percentile(delays, 0.5), [Late] = Percentile(delays, 0.95) },
            new Dictionary<string, double>(StringComparer.Ordinal) { [Late] = 10 }, new Dictionary<string, double>(StringComparer.Ordinal) { [Late] = 1 }) { Columns = ("the hub", "allowed") };
    }

    private static async Task CostsAsync(Peer peer, string path, int count, Dictionary<string, double> into)
    {
        var circuits = new ConcurrentBag<HeadlessCircuit>();
        await OpenAsync(peer, path, Warm, circuits, () => _ => { });
        var (memory, cpu) = (peer.Server.ResidentMiB, peer.Server.Cpu);
        await OpenAsync(peer, path, count, circuits, () => _ => { });
        into["resident KiB per circuit"] = (peer.Server.ResidentMiB - memory) * 1024 / count;
        into["CPU ms to open"] = (peer.Server.Cpu - cpu).TotalMilliseconds / count;
        into["first render KiB"] = circuits.Average(c => c.BatchBytes) / 1024;
        await CloseAsync(circuits);
    }

    private static async Task FanoutAsync(Peer peer, int count, Dictionary<string, double> into)
    {
        var posted = new ConcurrentDictionary<int, long>();
        var delays = new ConcurrentBag<double>();
        var circuits = new ConcurrentBag<HeadlessCircuit>();
        var last = 0;
        await OpenAsync(peer, count, circuits, () => batch => See(batch, posted, delays));

        // Warm both sides up, and let the last page opened finish its start.
        await TenASecondAsync(WarmPosts);

        delays.Clear();
        var cpu = peer.Server.Cpu;
        await TenASecondAsync(100);
        into["p50 ms at 10 posts/s"] = Percentile(delays, 0.5);
        into["p99 ms at 10 posts/s"] = Percentile(delays, 0.99);
        into["CPU µs per delivery at 10 posts/s"] = (peer.Server.Cpu - cpu).TotalMicroseconds / Math.Max(1, delays.Count);

        delays.Clear();
        var (start, first) = (Stopwatch.GetTimestamp(), last);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10)) await PostAsync(peer, Interlocked.Increment(ref last), writer, posted);
        })));
        await SettleAsync(delays, (last - first) * count);
        into["rows delivered/s at saturation"] = delays.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        into["posts/s at saturation"] = (last - first) / 10.0;
        into["p99 ms at saturation"] = Percentile(delays, 0.99);
        into["circuits that died"] = circuits.Count(c => c.Error is not null);
        await CloseAsync(circuits);

        async Task TenASecondAsync(int posts)
        {
            using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100)))
                for (var i = 0; i < posts && await timer.WaitForNextTickAsync(); i++) await PostAsync(peer, ++last, 0, posted);
            await SettleAsync(delays, posts * count);
        }
    }

    private static Task PostAsync(Peer peer, int number, int writer, ConcurrentDictionary<int, long> posted)
    {
        posted[number] = Stopwatch.GetTimestamp();
        return peer.PostAsync($"bench-{number:D7}", writer + number);
    }

    // A row is delivered when its text is in a batch; the same row rendered again is not counted twice in one batch run.
    private static void See(ReadOnlySpan<byte> batch, ConcurrentDictionary<int, long> posted, ConcurrentBag<double> delays)
    {
        var now = Stopwatch.GetTimestamp();
        Numbers(batch, number =>
        {
            if (posted.TryGetValue(number, out var then)) delays.Add(Stopwatch.GetElapsedTime(then, now).TotalMilliseconds);
        });
    }

    /// <summary>The numbers of the posts whose text is in a batch, in its order.</summary>
    internal static void Numbers(ReadOnlySpan<byte> batch, Action<int> found)
    {
        for (int at; (at = batch.IndexOf("bench-"u8)) >= 0; batch = batch[(at + 6)..])
            if (batch.Length >= at + 13 && int.TryParse(batch.Slice(at + 6, 7), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) found(number);
    }

    // Ends when all that was posted has arrived, or nothing has come for two seconds.
    internal static async Task SettleAsync(ConcurrentBag<double> delays, int expected)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (int idle = 0, before = -1; idle < 20 && delays.Count < expected && await timer.WaitForNextTickAsync(); before = delays.Count)
            idle = delays.Count == before ? idle + 1 : 0;
    }

    internal static Task OpenAsync(Peer peer, int count, ConcurrentBag<HeadlessCircuit> circuits, Func<BatchSeen> seen) => OpenAsync(peer, peer.Path, count, circuits, seen);

    private static async Task OpenAsync(Peer peer, string path, int count, ConcurrentBag<HeadlessCircuit> circuits, Func<BatchSeen> seen)
    {
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, ct) =>
        {
            var circuit = new HeadlessCircuit(seen());
            circuits.Add(circuit);
            await circuit.OpenAsync(peer.Http, peer.Cookies, path, ct);
        });
    }

    private static async Task CloseAsync(IEnumerable<HeadlessCircuit> circuits)
    {
        foreach (var circuit in circuits) await circuit.DisposeAsync();
    }

    internal static double Percentile(IReadOnlyCollection<double> values, double p)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * p))];
    }
}
