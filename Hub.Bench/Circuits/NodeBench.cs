using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;

namespace Hub.Bench.Circuits;

/// <summary>One room open on two nodes that share PostgreSQL and Redis: what a post takes to those on the writer's node, and to those on the other.</summary>
internal static class NodeBench
{
    private const int Posts = 100, Programs = 10;

    /// <summary>
    /// Opens <paramref name="count"/> circuits of the channel page and ten programs on /hubs/live on each node, then posts ten a
    /// second for ten seconds to the first node, and as long to the second. Every post reaches both, so that both delays are of the same posts.
    /// </summary>
    public static async Task<Report> RunAsync(int count)
    {
        await using var stores = await Stores.StartAsync();
        // The second finds the schema and the demonstration that the first has made.
        await using var one = await Peer.NodeAsync(stores.Settings);
        await using var two = await Peer.NodeAsync(stores.Settings);
        var sides = new[] { new Side(one), new Side(two) };
        var posted = new ConcurrentDictionary<int, long>();
        foreach (var side in sides) await side.OpenAsync(count, posted);

        var last = 0;
        var (same, other) = (new Delays(), new Delays());
        var (sameCpu, otherCpu, acknowledged) = (TimeSpan.Zero, TimeSpan.Zero, new List<double>());
        for (var writer = 0; writer < 2; writer++)
        {
            for (var i = 0; i < 5; i++) await PostAsync(sides[writer].Peer, ++last, posted);
            foreach (var side in sides) await side.SettleAsync(5 * count, 5 * Programs);
            // A straggler of these is not counted either.
            posted.Clear();
            foreach (var side in sides) side.Seen.Clear();

            var (here, there) = (sides[writer], sides[1 - writer]);
            var (hereCpu, thereCpu) = (here.Peer.Server.Cpu, there.Peer.Server.Cpu);
            using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100)))
                for (var i = 0; i < Posts && await timer.WaitForNextTickAsync(); i++) acknowledged.Add(await PostAsync(here.Peer, ++last, posted));
            foreach (var side in sides) await side.SettleAsync(Posts * count, Posts * Programs);
            (sameCpu, otherCpu) = (sameCpu + here.Peer.Server.Cpu - hereCpu, otherCpu + there.Peer.Server.Cpu - thereCpu);
            same.Add(here.Seen);
            other.Add(there.Seen);
        }

        var figures = Figures(other, otherCpu);
        figures["lost deliveries"] = (4 * Posts * (count + Programs)) - same.Count - other.Count;
        figures["circuits that died"] = sides.Sum(s => s.Died);
        figures["p50 ms to the acknowledgement"] = CircuitBenches.Percentile(acknowledged, 0.5);
        foreach (var side in sides) await side.CloseAsync();
        return new Report("nodes", figures, Figures(same, sameCpu), Bars) { Columns = ("the other node", "the writer's node") };
    }

    private static Dictionary<string, double> Bars => new(StringComparer.Ordinal) { ["p50 ms to the page"] = 2, ["p50 ms to a program"] = 2 };

    private static Dictionary<string, double> Figures(Delays delays, TimeSpan cpu) => new(StringComparer.Ordinal)
    {
        ["p50 ms to the page"] = CircuitBenches.Percentile(delays.Pages, 0.5),
        ["p99 ms to the page"] = CircuitBenches.Percentile(delays.Pages, 0.99),
        ["p50 ms to a program"] = CircuitBenches.Percentile(delays.Programs, 0.5),
        ["p99 ms to a program"] = CircuitBenches.Percentile(delays.Programs, 0.99),
        ["CPU µs per delivery"] = cpu.TotalMicroseconds / Math.Max(1, delays.Count),
    };

    // Gives the milliseconds until it was acknowledged, that is stored.
    private static async Task<double> PostAsync(Peer peer, int number, ConcurrentDictionary<int, long> posted)
    {
        var began = posted[number] = Stopwatch.GetTimestamp();
        await peer.Place.PostAsync($"bench-{number:D7}", number);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private sealed class Delays
    {
        public ConcurrentBag<double> Pages { get; } = [];

        public ConcurrentBag<double> Programs { get; } = [];

        public int Count => Pages.Count + Programs.Count;

        public void Clear()
        {
            Pages.Clear();
            Programs.Clear();
        }

        public void Add(Delays more)
        {
            foreach (var d in more.Pages) Pages.Add(d);
            foreach (var d in more.Programs) Programs.Add(d);
        }
    }

    /// <summary>A node and who watches there.</summary>
    private sealed class Side(Peer peer)
    {
        private readonly ConcurrentBag<HeadlessCircuit> circuits = [];
        private readonly List<HubConnection> programs = [];

        public Peer Peer => peer;

        public Delays Seen { get; } = new();

        public int Died => circuits.Count(c => c.Error is not null) + programs.Count(p => p.State != HubConnectionState.Connected);

        public async Task OpenAsync(int count, ConcurrentDictionary<int, long> posted)
        {
            await CircuitBenches.OpenAsync(peer, peer.Place, count, circuits, () =>
            {
                // A post is seen once: the list of conversations shows the latest one too, and some rows are drawn again.
                var before = new HashSet<int>();
                return batch => CircuitBenches.Numbers(batch, number =>
                {
                    if (!posted.TryGetValue(number, out var then) || !before.Add(number)) return;
                    Seen.Pages.Add(Stopwatch.GetElapsedTime(then).TotalMilliseconds);
                });
            });
            for (var i = 0; i < Programs; i++)
            {
                var program = new HubConnectionBuilder().WithUrl(new Uri(peer.Server.Address, "/hubs/live"), o =>
                {
                    (o.Transports, o.SkipNegotiation) = (HttpTransportType.WebSockets, true);
                    o.AccessTokenProvider = () => Task.FromResult<string?>(peer.Tokens[0]);
                }).Build();
                program.On<string, long, string, JsonElement>("Event", (_, _, name, payload) =>
                {
                    if (name == "message-posted" && int.TryParse(payload.GetProperty("text").GetString()!.AsSpan("bench-".Length), out var number) && posted.TryGetValue(number, out var then))
                        Seen.Programs.Add(Stopwatch.GetElapsedTime(then).TotalMilliseconds);
                });
                programs.Add(program);
                await program.StartAsync();
                await program.InvokeAsync<JsonElement>("Watch", $"conversation:{peer.Place.Path.Split('/')[^1]}", 0L);
            }
        }

        public async Task SettleAsync(int pages, int all)
        {
            await CircuitBenches.SettleAsync(Seen.Pages, pages);
            await CircuitBenches.SettleAsync(Seen.Programs, all);
        }

        public async Task CloseAsync()
        {
            foreach (var circuit in circuits) await circuit.DisposeAsync();
            foreach (var program in programs) await program.DisposeAsync();
        }
    }
}
