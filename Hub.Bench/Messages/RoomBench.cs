using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Bench.Circuits;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;

namespace Hub.Bench.Messages;

/// <summary>People on <c>/hubs/live</c>, in one room and in many: how long a post takes to the last who gets it, and how much goes through at most.</summary>
internal static class RoomBench
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    public static async Task<Report> RunAsync()
    {
        var (figures, limits) = (new Dictionary<string, double>(StringComparer.Ordinal), new Dictionary<string, double>(StringComparer.Ordinal));
        await using var hub = await Peer.HubAsync();
        // What CIRCUITS.md tells of ejabberd, archiving, on a machine of this kind.
        await OneAsync(hub, "200 in one room", rooms: 1, people: 200, each: 1, rate: 10, allowed: 30, peer: 25_000, figures, limits);
        await OneAsync(hub, "1,000 over 100 rooms of 20", rooms: 100, people: 1000, each: 2, rate: 50, allowed: 15, peer: 13_500, figures, limits);
        await OneAsync(hub, "1,000 in one room", rooms: 1, people: 1000, each: 1, rate: 10, allowed: 200, peer: 0, figures, limits);
        var bars = figures.Keys.Where(k => k.StartsWith("last p99 ms", StringComparison.Ordinal)).ToDictionary(k => k, _ => 1.0, StringComparer.Ordinal);
        return new Report("rooms", figures, limits, bars) { Columns = ("the hub", "allowed, or ejabberd's") };
    }

    private static async Task OneAsync(Peer hub, string name, int rooms, int people, int each, int rate, double allowed, double peer, Dictionary<string, double> figures, Dictionary<string, double> limits)
    {
        var places = new List<string>();
        for (var i = 0; i < rooms; i++) places.Add(await hub.RoomAsync($"bench {name} {i}"));
        await using var there = new People(hub);
        await there.OpenAsync(people, i => Enumerable.Range(0, each).Select(n => places[(i + n * rooms / each) % rooms]));

        // To warm up: until what runs for each post is compiled.
        await there.PostAsync(places, rate, Time);
        there.Clear();
        await there.PostAsync(places, rate, Time);
        var key = $"last p99 ms, {name}, {rate} posts/s";
        figures[key] = there.LastReceiver(0.99);
        limits[key] = allowed;
        figures[$"last p50 ms, {name}, {rate} posts/s"] = there.LastReceiver(0.5);
        figures[$"lost or refused, {name}"] = there.Missing;

        there.Clear();
        var took = await there.FloodAsync(places, Time);
        var most = $"deliveries/s at most, {name}";
        figures[most] = there.Deliveries / took.TotalSeconds;
        if (peer > 0) limits[most] = peer;
        figures[$"last p99 ms then, {name}"] = there.LastReceiver(0.99);
    }

    /// <summary>Connections of the demonstration's people, and what they got.</summary>
    private sealed class People(Peer hub) : IAsyncDisposable
    {
        private readonly List<HubConnection> connections = [];
        private readonly ConcurrentDictionary<int, Sent> posts = new();
        private readonly Dictionary<string, int> watchers = new(StringComparer.Ordinal);
        private int last, refused;

        private sealed class Sent(long at, int expected)
        {
            private int got;
            private long latest;

            public bool Whole => Volatile.Read(ref got) >= expected;

            public int Got => Volatile.Read(ref got);

            public int Expected => expected;

            public double LastMs => Stopwatch.GetElapsedTime(at, Volatile.Read(ref latest)).TotalMilliseconds;

            public void Take()
            {
                Volatile.Write(ref latest, Stopwatch.GetTimestamp());
                Interlocked.Increment(ref got);
            }
        }

        public long Deliveries => posts.Values.Sum(p => (long)p.Got);

        public double Missing => refused + posts.Values.Sum(p => (long)p.Expected - p.Got);

        public double LastReceiver(double p) => CircuitBenches.Percentile([.. posts.Values.Where(s => s.Got > 0).Select(s => s.LastMs)], p);

        public void Clear()
        {
            posts.Clear();
            refused = 0;
        }

        public async Task OpenAsync(int people, Func<int, IEnumerable<string>> rooms)
        {
            for (var i = 0; i < people; i++)
                foreach (var room in rooms(i)) watchers[room] = watchers.GetValueOrDefault(room) + 1;
            await Parallel.ForAsync(0, people, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, ct) =>
            {
                var token = hub.Tokens[i % hub.Tokens.Count];
                var connection = new HubConnectionBuilder().WithUrl(new Uri(hub.Server.Address, "/hubs/live"), o =>
                {
                    (o.Transports, o.SkipNegotiation) = (HttpTransportType.WebSockets, true);
                    o.AccessTokenProvider = () => Task.FromResult<string?>(token);
                }).Build();
                connection.On<string, long, string, JsonElement>("Event", (_, _, name, payload) =>
                {
                    if (name == "message-posted" && int.TryParse(payload.GetProperty("text").GetString()!.AsSpan("bench-".Length), out var number) && posts.TryGetValue(number, out var sent)) sent.Take();
                });
                await connection.StartAsync(ct);
                foreach (var room in rooms(i)) await connection.InvokeAsync<JsonElement>("Watch", $"conversation:{room}", 0L, ct);
                lock (connections) connections.Add(connection);
            });
        }

        /// <summary>So many posts a second, to the rooms in turn; ends when all have arrived, or nothing came for two seconds.</summary>
        public async Task PostAsync(List<string> rooms, int rate, TimeSpan time)
        {
            var sends = new List<Task>();
            using (var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / rate)))
                for (var i = 0; i < rate * time.TotalSeconds && await timer.WaitForNextTickAsync(); i++) sends.Add(SayAsync(rooms));
            await Task.WhenAll(sends);
            await SettleAsync();
        }

        /// <summary>As many as go, by 16 writers.</summary>
        public async Task<TimeSpan> FloodAsync(List<string> rooms, TimeSpan time)
        {
            var began = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
            {
                while (Stopwatch.GetElapsedTime(began) < time) await SayAsync(rooms);
            })));
            await SettleAsync();
            return Stopwatch.GetElapsedTime(began);
        }

        private async Task SayAsync(List<string> rooms)
        {
            var number = Interlocked.Increment(ref last);
            var room = rooms[number % rooms.Count];
            posts[number] = new Sent(Stopwatch.GetTimestamp(), watchers[room]);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/conversations/{room}/messages");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", hub.Tokens[number % hub.Tokens.Count]);
            request.Content = JsonContent.Create(new { clientMessageId = Guid.NewGuid(), text = $"bench-{number:D7}" });
            using var answer = await hub.Http.SendAsync(request);
            if (answer.IsSuccessStatusCode) return;
            posts.TryRemove(number, out _);
            Interlocked.Increment(ref refused);
        }

        private async Task SettleAsync()
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            for (long idle = 0, before = -1; idle < 20 && !posts.Values.All(p => p.Whole) && await timer.WaitForNextTickAsync(); before = Deliveries) idle = Deliveries == before ? idle + 1 : 0;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var connection in connections) await connection.DisposeAsync();
        }
    }
}
