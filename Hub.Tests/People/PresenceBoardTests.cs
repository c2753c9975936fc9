using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Live;
using Hub.Web.People;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.People;

/// <summary>Presence between nodes, second by second on a clock that the test moves; what one tells goes to the others as bytes.</summary>
public sealed class PresenceBoardTests : IDisposable
{
    private static readonly Guid Amara = Guid.NewGuid(), Jonas = Guid.NewGuid();
    private readonly OffsetClock clock = new(TimeSpan.Zero);
    private readonly Telemetry telemetry = new();
    private readonly List<Node> nodes = [];
    private readonly Queue<(Node From, byte[] Bytes)> wire = [];
    private bool linked = true;

    public void Dispose() => telemetry.Dispose();

    [Fact]
    public void A_person_is_what_the_best_of_their_pages_is_on_all_nodes_and_on_each_device()
    {
        var (one, two) = (Start(), Start());
        var (desktop, tab, phone) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        one.Board.Tell(desktop, Amara, PresenceDevice.Desktop, away: false);
        one.Board.Tell(tab, Amara, PresenceDevice.Desktop, away: true);
        two.Board.Tell(phone, Amara, PresenceDevice.Phone, away: true);
        Seconds(1);
        Everywhere(Amara, "Online: Desktop Online, Phone Away");
        one.Board.Tell(desktop, Amara, PresenceDevice.Desktop, away: true);
        Everywhere(Amara, "Away: Desktop Away, Phone Away");
        two.Board.Tell(phone, Amara, PresenceDevice.Phone, away: false);
        Everywhere(Amara, "Online: Phone Online, Desktop Away");
        Everywhere(Jonas, "Offline: ");

        // What goes on one node leaves what the other said as it was.
        one.Board.Leave(desktop, Amara);
        one.Board.Leave(tab, Amara);
        Seconds(6);
        Everywhere(Amara, "Online: Phone Online");
        two.Board.Leave(phone, Amara);
        Seconds(6);
        Everywhere(Amara, "Offline: ");
    }

    [Fact]
    public async Task A_page_that_is_loaded_again_or_comes_back_is_no_leaving_and_one_that_does_not_is()
    {
        var (one, two) = (Start(), Start());
        var seen = await WatchAsync(two, Amara);
        var (page, again) = (Guid.NewGuid(), Guid.NewGuid());
        one.Board.Tell(page, Amara, PresenceDevice.Desktop, away: false);
        one.Board.Leave(page, Amara);
        Seconds(4);
        one.Board.Tell(again, Amara, PresenceDevice.Desktop, away: false);
        Seconds(10);
        one.Board.Leave(again, Amara);
        Seconds(4);
        one.Board.Tell(again, Amara, PresenceDevice.Desktop, away: false);
        Seconds(10);
        Assert.Equal(["Online"], await seen.SeenAsync());
        one.Board.Leave(again, Amara);
        // Its end is told twice, by the connection and by the page, and is no later for that.
        Seconds(3);
        one.Board.Leave(again, Amara);
        Seconds(2);
        Assert.Equal(["Online", "Offline"], await seen.SeenAsync());
    }

    [Fact]
    public async Task The_people_of_a_killed_node_are_offline_within_eight_seconds_and_not_before_it_can_be_known()
    {
        var (one, two, three) = (Start(), Start(), Start());
        two.Board.Tell(Guid.NewGuid(), Amara, PresenceDevice.Desktop, away: false);
        three.Board.Tell(Guid.NewGuid(), Jonas, PresenceDevice.Desktop, away: false);
        Seconds(1);
        var (amara, jonas) = (await WatchAsync(one, Amara), await WatchAsync(one, Jonas));
        Seconds(5);
        two.Dead = true;
        Seconds(4);
        Assert.Equal("Online: Desktop Online", State(one, Amara));
        Seconds(4);
        Assert.Equal("Offline: ", State(one, Amara));
        Seconds(20);
        Assert.Equal(["Offline"], await amara.SeenAsync());
        Assert.Empty(await jonas.SeenAsync());
    }

    [Fact]
    public void A_node_that_ends_says_so_and_nothing_after_it()
    {
        var (one, two) = (Start(), Start());
        var page = Guid.NewGuid();
        two.Board.Tell(page, Amara, PresenceDevice.Desktop, away: false);
        Seconds(2);
        Assert.Equal("Online: Desktop Online", State(one, Amara));
        two.Board.End();
        Carry();
        Assert.Equal("Offline: ", State(one, Amara));
        two.Board.Tell(page, Amara, PresenceDevice.Desktop, away: true);
        Seconds(3);
        Assert.Equal("Offline: ", State(one, Amara));
    }

    [Fact]
    public void A_node_that_starts_knows_everyone_after_its_first_look()
    {
        var one = Start();
        one.Board.Tell(Guid.NewGuid(), Amara, PresenceDevice.Tablet, away: false);
        Seconds(5);
        Start();
        Seconds(1);
        Everywhere(Amara, "Online: Tablet Online");
    }

    [Fact]
    public void A_change_that_was_lost_is_found_with_the_next_beats()
    {
        var (one, two) = (Start(), Start());
        var page = Guid.NewGuid();
        one.Board.Tell(page, Amara, PresenceDevice.Desktop, away: false);
        Seconds(3);
        one.Board.Tell(page, Amara, PresenceDevice.Desktop, away: true);
        one.Board.Tell(Guid.NewGuid(), Jonas, PresenceDevice.Desktop, away: false);
        wire.Clear();
        Assert.Equal("Online: Desktop Online", State(two, Amara));
        Seconds(4);
        Everywhere(Amara, "Away: Desktop Away");
        Everywhere(Jonas, "Online: Desktop Online");
    }

    [Fact]
    public async Task Nodes_that_do_not_hear_each_other_keep_what_was_said_for_half_a_minute_and_nobody_blinks_when_they_do_again()
    {
        var (one, two) = (Start(), Start());
        one.Board.Tell(Guid.NewGuid(), Amara, PresenceDevice.Desktop, away: false);
        Seconds(3);
        var seen = await WatchAsync(two, Amara);
        linked = false;
        Seconds(20);
        linked = true;
        Seconds(20);
        Assert.Empty(await seen.SeenAsync());
        linked = false;
        Seconds(31);
        Assert.Equal(["Offline"], await seen.SeenAsync());
        Assert.Equal("Online: Desktop Online", State(one, Amara));
        linked = true;
        Seconds(2);
        Assert.Equal(["Offline", "Online"], await seen.SeenAsync());
    }

    [Fact]
    public async Task A_node_that_stood_still_blames_nobody_for_it()
    {
        var (one, two) = (Start(), Start());
        one.Board.Tell(Guid.NewGuid(), Amara, PresenceDevice.Desktop, away: false);
        Seconds(3);
        var seen = await WatchAsync(two, Amara);
        clock.Advance(TimeSpan.FromMinutes(1));
        two.Board.Look(connected: true);
        Assert.Equal("Online: Desktop Online", State(two, Amara));
        Seconds(20);
        Assert.Empty(await seen.SeenAsync());
        Assert.Equal("Online: Desktop Online", State(two, Amara));
    }

    [Fact]
    public void While_nothing_changes_a_node_says_little()
    {
        var one = Start();
        Start();
        foreach (var person in Enumerable.Range(0, 1000)) one.Board.Tell(Guid.NewGuid(), Guid.NewGuid(), PresenceDevice.Desktop, away: false);
        Seconds(3);
        var bytes = 0;
        one.Bus.ForOtherNodes += s => bytes += LiveWire.Write(Guid.Empty, s).Length;
        Seconds(60);
        Assert.InRange(bytes, 30 * 100, 31 * 400);
    }

    [Fact]
    public async Task A_page_begins_with_its_first_word_rests_with_its_connection_and_ends_with_it()
    {
        var node = Start();
        var page = new CircuitPresence(node.Board);
        await page.OnConnectionUpAsync(null!, default);
        await page.OnConnectionDownAsync(null!, default);
        await page.OnConnectionUpAsync(null!, default);
        Assert.Equal("Offline: ", State(node, Amara));
        page.Tell(Amara, PresenceDevice.Phone, away: true);
        await page.OnConnectionDownAsync(null!, default);
        Seconds(10);
        Assert.Equal("Offline: ", State(node, Amara));
        await page.OnConnectionUpAsync(null!, default);
        Assert.Equal("Away: Phone Away", State(node, Amara));
        await page.OnCircuitClosedAsync(null!, default);
        Seconds(10);
        Assert.Equal("Offline: ", State(node, Amara));
    }

    private Node Start()
    {
        var bus = new LiveBus([new Anybody()], clock, telemetry, NullLogger<LiveBus>.Instance);
        var node = new Node(bus, new PresenceBoard(bus, clock));
        bus.ForOtherNodes += signal =>
        {
            if (linked && !node.Dead) wire.Enqueue((node, LiveWire.Write(Guid.Empty, signal)));
        };
        nodes.Add(node);
        Seconds(1);
        return node;
    }

    /// <summary>Each second every living node looks, and what was said arrives.</summary>
    private void Seconds(int count)
    {
        Carry();
        for (var i = 0; i < count; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            foreach (var node in nodes.Where(n => !n.Dead)) node.Board.Look(linked);
            Carry();
        }
    }

    private void Carry()
    {
        while (wire.TryDequeue(out var said))
            foreach (var node in nodes.Where(n => n != said.From && !n.Dead)) Assert.True(node.Bus.ReceiveAsync(LiveWire.Read(said.Bytes).Signal!).IsCompletedSuccessfully);
    }

    private void Everywhere(Guid person, string expected)
    {
        Carry();
        Assert.All(nodes, n => Assert.Equal(expected, State(n, person)));
    }

    private static string State(Node node, Guid person)
    {
        var now = node.Board.Of(person);
        return $"{now.State}: {string.Join(", ", now.Devices.Select(d => $"{d.Kind} {d.State}"))}";
    }

    private static async Task<Watcher> WatchAsync(Node node, Guid person)
    {
        var watcher = new Watcher(node.Bus, Topic.Person(person));
        Assert.NotNull(await node.Bus.WatchAsync(new Actor(Guid.NewGuid()), watcher.Topic, watcher.Inbox.TakeAsync));
        return watcher;
    }

    private sealed record Node(LiveBus Bus, PresenceBoard Board)
    {
        public bool Dead { get; set; }
    }

    private sealed record Watcher(LiveBus Bus, Topic Topic)
    {
        private int asked;

        public Inbox Inbox { get; } = new();

        /// <summary>What was told until now: whatever was published before this mark has come when the mark has.</summary>
        public async Task<IEnumerable<string>> SeenAsync()
        {
            Bus.TellHere(new LiveEvent(Topic, 0, "mark", new RolesChanged()));
            asked++;
            var events = Inbox.Events;
            for (; events.Count(e => e.Name == "mark") < asked; events = Inbox.Events) await Inbox.VersionsAsync(events.Count + 1);
            return events.Select(e => e.Payload).OfType<PersonPresence>().Select(p => p.State.ToString());
        }
    }

    private sealed class Anybody : ITopicSource
    {
        string ITopicSource.Kind => "person";

        Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct) => Task.FromResult<IReadOnlySet<Guid>>(ids.ToHashSet());

        Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct) => Task.FromResult<IReadOnlyDictionary<Guid, long>>(ids.ToDictionary(id => id, _ => 0L));
    }
}
