using Hub.Domain.Live;

namespace Hub.Domain.People;

/// <summary>
/// What stands in the database beside people's pages (shifts, absences, meetings, what they said), of those who are watched on this node alone. It
/// is read when somebody begins to watch, again when a change is heard of, and moved by the clock where something begins or ends.
/// </summary>
public sealed partial class PresenceBoard
{
    /// <summary>Circumstances are read again after so long, whether or not a change of them was heard of: a lost one costs no more.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    private static readonly string[] Telling = ["meeting-", "shifts-", "availability-"];

    private readonly Dictionary<Guid, Known> known = [];
    private long asked;
    private DateTime swept;

    /// <summary>Before the circumstances of people are read: what is heard of them from now on is not in what will be read.</summary>
    /// <returns>Goes with <see cref="Learn"/>.</returns>
    public long Expect(IEnumerable<Guid> people)
    {
        lock (gate)
        {
            foreach (var person in people.Where(p => Watched(p) && !known.ContainsKey(p))) known[person] = new Known { ReadAt = clock.Now() };
            return ++asked;
        }
    }

    /// <summary>What was read of somebody: kept, and told when it moves, while they are watched here. What was asked for earlier replaces nothing newer.</summary>
    public PersonPresence Learn(Guid person, Circumstances facts, long asking)
    {
        lock (gate)
        {
            var now = clock.Now();
            if (!known.TryGetValue(person, out var one)) return Merged(person).Seen(facts.At(now));
            if (one.Asked < asking)
            {
                (one.Facts, one.Asked, one.ReadAt) = (facts, asking, now);
                Stand(person, one, now);
            }
            return Seen(person);
        }
    }

    /// <summary>People whose circumstances are to be read again, at most <paramref name="most"/>: something of theirs has changed, or they were read <see cref="Fresh"/> ago.</summary>
    public IReadOnlyList<Guid> Doubtful(int most)
    {
        lock (gate)
        {
            var now = clock.Now();
            if (now - swept >= Fresh / 5)
            {
                swept = now;
                foreach (var gone in known.Keys.Where(p => !Watched(p)).ToList()) known.Remove(gone);
            }
            return [.. known.Where(k => k.Value.DoubtedAt >= k.Value.Asked || now - k.Value.ReadAt >= Fresh).Take(most).Select(k => k.Key)];
        }
    }

    // Of a person's own events, those after which their state for others may be another.
    private void Doubt(LiveEvent e)
    {
        if (!Array.Exists(Telling, t => e.Name.StartsWith(t, StringComparison.Ordinal))) return;
        lock (gate)
            if (known.TryGetValue(e.Topic.Id, out var one)) one.DoubtedAt = asked;
    }

    private void Stand(Guid person, Known one, DateTime now)
    {
        var was = one.Standing;
        (one.Standing, one.Next) = (one.Facts!.At(now), one.Facts.NextAfter(now));
        if (was != one.Standing) TellSeen(person);
    }

    private bool Watched(Guid person) => live.LatestVersion(Topic.Person(person)) is not null;

    private sealed class Known
    {
        public Circumstances? Facts { get; set; }
        public Standing Standing { get; set; }
        public DateTime Next { get; set; } = DateTime.MaxValue;
        public DateTime ReadAt { get; set; }
        /// <summary>The question that was answered with <see cref="Facts"/>.</summary>
        public long Asked { get; set; }
        /// <summary>The latest question before a change was heard of; at or after <see cref="Asked"/>, the answer may lack it.</summary>
        public long DoubtedAt { get; set; } = -1;
    }
}
