using Hub.Domain.Live;

namespace Hub.Domain.People;

/// <summary>
/// Who is at a page of the hub, on all nodes. Passing (DESIGN 4): in memory alone, never stored, allowed to be lost. Each node knows the
/// sessions of its own pages and what the others last told of theirs, and from both works out every change for those who watch here.
/// A change is told at once, a beat of a few bytes says that a node lives, and who hears from a beat that it has missed something asks.
/// </summary>
[SystemWork]
public sealed partial class PresenceBoard
{
    /// <summary>So long a session outlives its connection: a page that is loaded again, or a blink of the network, is no leaving.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>How often a node tells that it lives.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);

    /// <summary>A node unheard for so long is gone, and its people with it. With a look every second that is eight seconds after its death at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    /// <summary>While this node itself hears nobody, what others last told stands for so long.</summary>
    public static readonly TimeSpan Alone = TimeSpan.FromSeconds(30);

    private readonly LiveBus live;
    private readonly TimeProvider clock;
    private readonly Guid node = Guid.NewGuid();
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Dictionary<Guid, (PresenceDevice Device, PresenceState State)>> here = [];
    private readonly Dictionary<Guid, (Guid Person, DateTime At)> leaving = [];
    private readonly Dictionary<Guid, Other> others = [];
    private long revision;
    private DateTime looked, told;
    private bool linked = true, lacks = true, ended;

    public PresenceBoard(LiveBus live, TimeProvider clock)
    {
        (this.live, this.clock, looked) = (live, clock, clock.Now());
        live.PresenceHeard += Hear;
        live.MeHeard += Doubt;
    }

    /// <summary>How somebody is, as far as this node has heard; whether the asker may know is <see cref="PresenceService"/>'s.</summary>
    public PersonPresence Of(Guid person)
    {
        lock (gate) return Seen(person);
    }

    /// <summary>People who are at a page of this node now.</summary>
    public IReadOnlyCollection<Guid> AtPages()
    {
        lock (gate) return [.. here.Where(p => p.Value.Values.Any(s => s.State == PresenceState.Online)).Select(p => p.Key)];
    }

    /// <summary>A page's session begins, goes on after its connection was away, or is now like this.</summary>
    public void Tell(Guid session, Guid person, PresenceDevice device, bool away)
    {
        lock (gate)
        {
            leaving.Remove(session);
            ChangeHere(person, () =>
            {
                if (!here.TryGetValue(person, out var sessions)) here[person] = sessions = [];
                sessions[session] = (device, away ? PresenceState.Away : PresenceState.Online);
            });
        }
    }

    /// <summary>A session's connection is gone: it ends after <see cref="Grace"/>, unless it is told again.</summary>
    public void Leave(Guid session, Guid person)
    {
        lock (gate)
        {
            if (here.TryGetValue(person, out var sessions) && sessions.ContainsKey(session)) leaving.TryAdd(session, (person, clock.Now() + Grace));
        }
    }

    /// <summary>Ends what is over and tells that this node lives. To be called every second; <paramref name="connected"/> says whether other nodes can be heard.</summary>
    public void Look(bool connected)
    {
        lock (gate)
        {
            var now = clock.Now();
            foreach (var (session, (person, _)) in leaving.Where(l => l.Value.At <= now).ToList())
            {
                leaving.Remove(session);
                ChangeHere(person, () =>
                {
                    if (here[person].Remove(session) && here[person].Count == 0) here.Remove(person);
                });
            }
            // Whoever could not hear, or stood still, cannot say of anybody that they are silent: the others get their time from here.
            if (connected && (!linked || now - looked > Patience / 2)) foreach (var other in others.Values) other.Heard = now;
            lacks |= connected && !linked;
            (linked, looked) = (connected, now);
            foreach (var (person, one) in known.Where(k => k.Value.Next <= now)) Stand(person, one, now);
            foreach (var (gone, _) in others.Where(o => now - o.Value.Heard >= (connected ? Patience : Alone)).ToList()) Forget(gone);
            if (!lacks && now - told < Beat) return;
            Send(new NodePresence(node, revision, revision, [], lacks));
            (told, lacks) = (now, false);
        }
    }

    /// <summary>The node ends: its people are elsewhere or nowhere, and the others need not wait to find out.</summary>
    public void End()
    {
        lock (gate)
        {
            Send(new NodePresence(node, revision, revision, [], Ended: true));
            ended = true;
        }
    }

    private void Hear(NodePresence heard)
    {
        lock (gate)
        {
            if (heard.Node == node) return;
            if (heard.Asks) Send(new NodePresence(node, revision, null, [.. here.Keys.Select(Mine)]));
            if (heard.Ended) Forget(heard.Node);
            else if (heard.Since is null)
            {
                var before = others.GetValueOrDefault(heard.Node)?.People.Keys.ToList() ?? [];
                Change([.. before.Union(heard.People.Select(p => p.PersonId))], () => others[heard.Node] = new Other(heard.People.ToDictionary(p => p.PersonId)) { Revision = heard.Revision, Heard = clock.Now() });
            }
            else if (!others.TryGetValue(heard.Node, out var known)) lacks = true;
            else
            {
                known.Heard = clock.Now();
                lacks |= known.Revision != heard.Since;
                if (known.Revision != heard.Since) return;
                Change([.. heard.People.Select(p => p.PersonId)], () =>
                {
                    foreach (var p in heard.People)
                    {
                        if (p.Anywhere) known.People[p.PersonId] = p;
                        else known.People.Remove(p.PersonId);
                    }
                });
                known.Revision = heard.Revision;
            }
        }
    }

    private void Forget(Guid gone)
    {
        if (others.TryGetValue(gone, out var other)) Change([.. other.People.Keys], () => others.Remove(gone));
    }

    private void ChangeHere(Guid person, Action change)
    {
        var before = Mine(person);
        Change([person], change);
        if (Mine(person) is var now && now != before) Send(new NodePresence(node, ++revision, revision - 1, [now]));
    }

    // Told under the lock, so that events come in the order of what they tell: the bus only puts them into queues.
    private void Change(IReadOnlyCollection<Guid> people, Action change)
    {
        var before = people.Select(Merged).ToList();
        change();
        foreach (var was in before)
            if (Merged(was.PersonId) != was) TellSeen(was.PersonId);
    }

    private void TellSeen(Guid person) => live.TellHere(new LiveEvent(Topic.Person(person), 0, "presence-changed", Seen(person)));

    private PersonPresence Seen(Guid person) => Merged(person).Seen(known.TryGetValue(person, out var one) ? one.Standing : default);


    private void Send(NodePresence presence)
    {
        if (!ended) live.TellOthers(new LiveSignal(null, Presence: presence));
    }

    private PresenceEntry Mine(Guid person) => here.TryGetValue(person, out var sessions)
        ? sessions.Values.Aggregate(new PresenceEntry { PersonId = person }, (all, s) => all.With(s.Device, s.State))
        : new PresenceEntry { PersonId = person };

    private PresenceEntry Merged(Guid person) =>
        others.Values.Aggregate(Mine(person), (all, other) => other.People.TryGetValue(person, out var there) ? all.With(there) : all);

    private sealed class Other(Dictionary<Guid, PresenceEntry> people)
    {
        public Dictionary<Guid, PresenceEntry> People => people;
        public long Revision { get; set; }
        public DateTime Heard { get; set; }
    }
}
