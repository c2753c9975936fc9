using System.Collections.Concurrent;
using System.Diagnostics;

namespace Hub.Bench.Circuits;

/// <summary>Open circuits of a peer's pages, what is posted to their rooms, and how long each post took to each of them.</summary>
internal sealed class Audience(Peer peer)
{
    private readonly ConcurrentDictionary<int, long> sent = new();
    private readonly ConcurrentBag<HeadlessCircuit> circuits = [];
    private readonly List<(Place Place, int Circuits)> rooms = [];
    private int last;

    /// <summary>From a post's sending to its row in a batch, ms, for each circuit that saw it.</summary>
    public ConcurrentBag<double> Delays { get; } = [];

    public int Count => rooms.Sum(r => r.Circuits);

    /// <summary>Posts so far.</summary>
    public int Posted => last;

    public int Died => circuits.Count(c => c.Error is not null);

    public Task OpenAsync(Place place, int count)
    {
        var at = rooms.FindIndex(r => r.Place == place);
        if (at < 0) rooms.Add((place, count));
        else rooms[at] = (place, rooms[at].Circuits + count);
        return CircuitBenches.OpenAsync(peer, place, count, circuits, () =>
        {
            // A row is delivered when its text is in a batch; drawn again, it is not.
            var before = new HashSet<int>();
            return batch =>
            {
                var now = Stopwatch.GetTimestamp();
                CircuitBenches.Numbers(batch, number =>
                {
                    if (sent.TryGetValue(number, out var then) && before.Add(number)) Delays.Add(Stopwatch.GetElapsedTime(then, now).TotalMilliseconds);
                });
            };
        });
    }

    /// <summary>One post, to each room in turn, as another of its writers each time.</summary>
    public async Task PostAsync()
    {
        var number = Interlocked.Increment(ref last);
        sent[number] = Stopwatch.GetTimestamp();
        await rooms[number % rooms.Count].Place.PostAsync($"bench-{number:D7}", number);
    }

    /// <summary>Posts one after the other, ten a second, and waits until all have seen them; their delays alone are kept.</summary>
    public async Task TenASecondAsync(int posts)
    {
        Forget();
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100)))
            for (var i = 0; i < posts && await timer.WaitForNextTickAsync(); i++) await PostAsync();
        await SettleAsync(posts);
    }

    /// <summary>Until those who are in their rooms have seen the last so many posts, or nothing has come for two seconds.</summary>
    public Task SettleAsync(int posts) => CircuitBenches.SettleAsync(Delays, Enumerable.Range(last - posts + 1, posts).Sum(n => rooms[n % rooms.Count].Circuits));

    /// <summary>The delays so far.</summary>
    public void Forget() => Delays.Clear();

    public async Task CloseAsync()
    {
        foreach (var circuit in circuits) await circuit.DisposeAsync();
    }
}
