using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Hub.Bench.Circuits;

/// <summary>The channel page against a bare MudBlazor layout with 50 plain rows, both measured in the same run, compression negotiated.</summary>
internal static class CircuitBenches
{
    // Until what is called often is compiled for good: the runtime does that beside the work, for some seconds.
    private const int Warm = 300, WarmPosts = 150;

    private const int Lines = 50, Conversations = 30, Writers = 8, Rooms = 20;
    private const double MostLateMs = 150;
    private static readonly TimeSpan Saturated = TimeSpan.FromSeconds(10);
    private static readonly int[] Audiences = [500, 1_000];

    private const string Resident = "resident KiB per circuit", Opening = "CPU ms to open";

    private static string InMany => $"{Audiences[^1]} over {Rooms} rooms";

    /// <summary>
    /// Posts seen by open circuits: 500 and then 1,000 in one room, each at 10 posts a second and then as many as go; and 1,000 over 20 rooms, as many as go.
    /// </summary>
    public static async Task<Report> FanoutAsync()
    {
        var (figures, limits, bars) = (Empty(), Empty(), Empty());
        await using (var bare = await Peer.BareAsync()) await FanoutAsync(bare, limits);
        await using (var hub = await Peer.HubAsync()) await FanoutAsync(hub, figures);
        await using (var bare = await Peer.BareAsync()) await ManyRoomsAsync(bare, limits);
        await using (var hub = await Peer.HubAsync()) await ManyRoomsAsync(hub, figures);
        foreach (var count in Audiences)
        {
            bars[$"rows/s at saturation, {InOne(count)}"] = -5;
            var late = $"p99 ms at saturation, {InOne(count)}";
            (figures[$"{late}: allowed"], limits[$"{late}: allowed"], bars[$"{late}: allowed"]) = (figures[late], MostLateMs, 1);
        }
        bars[$"CPU µs per delivery at 10 posts/s, {InOne(Audiences[^1])}"] = 1.2;
        bars[$"rows/s at saturation, {InMany}"] = -0.9;
        return new Report("fanout", figures, limits, bars);
    }

    /// <summary>
    /// Resident memory and CPU to open <paramref name="count"/> circuits, each after 300 to warm up: a channel of 50 messages and a thread of it beside a list of 30 conversations.
    /// </summary>
    public static async Task<Report> CostsAsync(int count)
    {
        var (figures, limits) = (Empty(), Empty());
        await using (var bare = await Peer.BareAsync()) await CostsAsync(bare, bare.Place.Path, count, limits);
        await using (var hub = await Peer.HubAsync())
        {
            await hub.JoinAsync(Conversations);
            var (room, root) = (await hub.RoomAsync("bench circuits"), "");
            for (var line = 0; line < Lines; line++) root = await hub.SayAsync(room, $"A message of the channel, number {line}, of about as many words as people write", line);
            for (var reply = 0; reply < 10; reply++) await hub.SayAsync(room, $"Reply {reply}", reply, root);
            await CostsAsync(hub, $"/chat/{room}/thread/{root}", count, figures);
        }
        return new Report("circuits", figures, limits, new Dictionary<string, double>(StringComparer.Ordinal) { [Resident] = 1.3, [Opening] = 2 });
    }

    /// <summary>Click to render on a quiet hub: one page, on which one conversation of 50 messages after the other is opened by its link.</summary>
    public static async Task<Report> ClickAsync()
    {
        const int Channels = 4, Clicks = 200;
        await using var hub = await Peer.HubAsync();
        var rooms = new List<string>();
        for (var room = 0; room < Channels; room++)
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
            (waited, came) = ((click % Channels + 1) * Lines, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var began = Stopwatch.GetTimestamp();
            await circuit.FollowLinkAsync(new Uri(hub.Server.Address, $"/chat/{rooms[click % Channels]}"));
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
        await OpenAsync(peer, peer.Place with { Path = path }, Warm, circuits, () => _ => { });
        var (memory, cpu) = (peer.Server.ResidentMiB, peer.Server.Cpu);
        await OpenAsync(peer, peer.Place with { Path = path }, count, circuits, () => _ => { });
        into[Resident] = (peer.Server.ResidentMiB - memory) * 1024 / count;
        into[Opening] = (peer.Server.Cpu - cpu).TotalMilliseconds / count;
        into["first render KiB"] = circuits.Average(c => c.BatchBytes) / 1024;
        await CloseAsync(circuits);
    }

    private static async Task FanoutAsync(Peer peer, Dictionary<string, double> into)
    {
        var audience = new Audience(peer);
        foreach (var count in Audiences)
        {
            await audience.OpenAsync(peer.Place, count - audience.Count);
            // Warm both sides up, and let the last page opened finish its start.
            await audience.TenASecondAsync(WarmPosts);
            var cpu = peer.Server.Cpu;
            await audience.TenASecondAsync(100);
            into[$"p50 ms at 10 posts/s, {InOne(count)}"] = Percentile(audience.Delays, 0.5);
            into[$"p99 ms at 10 posts/s, {InOne(count)}"] = Percentile(audience.Delays, 0.99);
            into[$"CPU µs per delivery at 10 posts/s, {InOne(count)}"] = (peer.Server.Cpu - cpu).TotalMicroseconds / Math.Max(1, audience.Delays.Count);
            await SaturateAsync(audience, into, InOne(count));
        }
        await audience.CloseAsync();
    }

    private static async Task ManyRoomsAsync(Peer peer, Dictionary<string, double> into)
    {
        var audience = new Audience(peer);
        foreach (var room in await peer.RoomsAsync(Rooms)) await audience.OpenAsync(room, Audiences[^1] / Rooms);
        await audience.TenASecondAsync(WarmPosts);
        await SaturateAsync(audience, into, InMany);
        await audience.CloseAsync();
    }

    private static async Task SaturateAsync(Audience audience, Dictionary<string, double> into, string where)
    {
        audience.Forget();
        var (start, first) = (Stopwatch.GetTimestamp(), audience.Posted);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(start) < Saturated) await audience.PostAsync();
        })));
        var posts = audience.Posted - first;
        await audience.SettleAsync(posts);
        into[$"rows/s at saturation, {where}"] = audience.Delays.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        into[$"posts/s at saturation, {where}"] = posts / Saturated.TotalSeconds;
        into[$"p50 ms at saturation, {where}"] = Percentile(audience.Delays, 0.5);
        into[$"p99 ms at saturation, {where}"] = Percentile(audience.Delays, 0.99);
        into[$"circuits that died, {where}"] = audience.Died;
    }

    private static Dictionary<string, double> Empty() => new(StringComparer.Ordinal);

    private static string InOne(int count) => $"{count} in one room";

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

    internal static async Task OpenAsync(Peer peer, Place place, int count, ConcurrentBag<HeadlessCircuit> circuits, Func<BatchSeen> seen)
    {
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, ct) =>
        {
            var circuit = new HeadlessCircuit(seen());
            circuits.Add(circuit);
            await circuit.OpenAsync(peer.Http, place.Cookies, place.Path, ct);
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
