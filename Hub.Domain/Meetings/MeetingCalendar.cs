using System.Globalization;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Meetings;

/// <summary>What takes place when: my occurrences, who is busy, and the iCalendar file.</summary>
public sealed class MeetingCalendar(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    private const int MostClashes = 50;
    private static readonly TimeSpan ClashHorizon = TimeSpan.FromDays(180);

    /// <summary>
    /// My occurrences that touch the half-open time, by start; at most <paramref name="limit"/> (1–730) of them, going on after
    /// the cursor <paramref name="after"/>.
    /// </summary>
    public async Task<Outcome<MyCalendar>> OccurrencesAsync(Actor actor, DateTime from, DateTime to, int limit = Recurrence.MostOccurrences, string? after = null, CancellationToken ct = default)
    {
        if (!LocalTimes.Holds(from)) return Refusal.Invalid("from", "meeting.range");
        if (to <= from || !LocalTimes.Holds(to)) return Refusal.Invalid("to", "meeting.range");
        var cursor = Cursor.Read(after);
        if (after is not null && cursor is null) return Refusal.Invalid("after", "after");
        if (cursor is { } last && !LocalTimes.Holds(last.StartsAt)) return Refusal.Invalid("after", "meeting.range");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        // The version first: what happens between the two reads comes again as an event.
        var version = await db.People.Where(p => p.Id == viewer.PersonId).Select(p => p.Version).SingleAsync(ct);
        var meetings = await db.Meetings.VisibleTo(viewer)
            .Where(m => m.CancelledAt == null && m.FirstStartsAt < to && (m.LastEndsAt == null || m.LastEndsAt > from))
            .Select(m => new
            {
                m.Id, m.OrganiserId, m.Organiser.Name, m.Title, m.Place, m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence, Count = m.Attendees.Count,
                Mine = m.Attendees.Where(a => a.PersonId == viewer.PersonId).Select(a => a.Status).First(),
            }).ToListAsync(ct);
        var most = Math.Clamp(limit, 1, Recurrence.MostOccurrences);
        // Each series gives at most one more than can be shown, so an endless one costs no more than a full page.
        var all = meetings
            .SelectMany(m => Series.Slots(m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence, cursor?.StartsAt ?? from, to)
                .Where(s => s.EndsAt > from && (cursor is not { } c || (s.StartsAt, m.Id).CompareTo((c.StartsAt, c.Id)) > 0)).Take(most + 1)
                .Select(s => new MeetingOccurrence(m.Id, m.Recurrence is null ? null : m.Id, m.Recurrence is null ? null : LocalTimes.Write(s.LocalStart),
                    s.StartsAt, s.EndsAt, m.TimeZone, m.Title, m.Place, new Organiser(m.OrganiserId, m.Name), m.Mine, m.Count)))
            .OrderBy(o => o.StartsAt).ThenBy(o => o.Id).Take(most + 1).ToList();
        if (all.Count <= most) return new MyCalendar(version, all, null);
        all.RemoveAt(most);
        return new MyCalendar(version, all, new Cursor(all[^1].StartsAt, all[^1].Id).Write());
    }

    /// <summary>
    /// Who of the draft's people is busy at its times, over its first half year: shown before saving. Absences count; what it is
    /// about is told only where the asker is in that meeting too. <paramref name="except"/> is the meeting that is being changed.
    /// </summary>
    public async Task<Outcome<List<Clash>>> ClashesAsync(Actor actor, MeetingDraft draft, Guid? except = null, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        var check = await BookingCheck.CheckAsync(db, viewer, draft, needsTitle: false, ct);
        return check.Ok ? await ClashesAsync(viewer, check.Value, except, ct) : check.Refusal!;
    }

    /// <summary>The meeting as an iCalendar file (RFC 5545), for one who is in it.</summary>
    public async Task<Outcome<string>> ExportAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var meeting = await db.Meetings.AsNoTracking().VisibleTo(viewer).Include(m => m.Organiser).Include(m => m.Attendees).ThenInclude(a => a.Person)
            .AsSplitQuery().FirstOrDefaultAsync(m => m.Id == id, ct);
        return meeting is null ? Refusal.NotFound : IcsFile.Write(meeting, clock.Now());
    }

    internal async Task<List<Clash>> ClashesAsync(Viewer viewer, Booking booking, Guid? except, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var (from, to) = (booking.StartsAt, booking.StartsAt + ClashHorizon);
        var planned = booking.Slots(from, to).ToList();
        to = planned.Max(s => s.EndsAt);
        var people = booking.People;
        var meetings = await db.Meetings
            .Where(m => m.Id != except && m.CancelledAt == null && m.FirstStartsAt < to && (m.LastEndsAt == null || m.LastEndsAt > from)
                && m.Attendees.Any(a => people.Contains(a.PersonId) && a.Status != AttendeeStatus.Declined))
            .Select(m => new { m.Id, m.Title, m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence, Seen = m.Attendees.Any(a => a.PersonId == viewer.PersonId) }).ToListAsync(ct);
        var ids = meetings.ConvertAll(m => m.Id);
        var busy = (await db.MeetingAttendees.Where(a => ids.Contains(a.MeetingId) && people.Contains(a.PersonId) && a.Status != AttendeeStatus.Declined)
            .Select(a => new { a.MeetingId, a.PersonId, a.Person.Name }).ToListAsync(ct)).ToLookup(a => a.MeetingId);
        var clashes = (await db.Absences.Where(a => people.Contains(a.PersonId) && a.StartsAt < to && a.EndsAt > from)
            .Join(db.People, a => a.PersonId, p => p.Id, (a, p) => new Clash(p.Id, p.Name, a.StartsAt, a.EndsAt, null, null)).ToListAsync(ct))
            .FindAll(c => Touches(planned, c.StartsAt, c.EndsAt));
        // Every series goes only as far as its next clash; the earliest goes on, until there are as many as are shown.
        var next = new PriorityQueue<(int Meeting, IEnumerator<Slot> Slots), DateTime>();
        for (var i = 0; i < meetings.Count; i++)
        {
            var m = meetings[i];
            Advance(i, Series.Slots(m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence, from, to).Where(s => Touches(planned, s.StartsAt, s.EndsAt)).GetEnumerator());
        }
        var (found, last) = (0, DateTime.MinValue);
        while (next.TryDequeue(out var at, out var start) && (found < MostClashes || start == last))
        {
            var (m, slot) = (meetings[at.Meeting], at.Slots.Current);
            clashes.AddRange(busy[m.Id].Select(a => new Clash(a.PersonId, a.Name, slot.StartsAt, slot.EndsAt, m.Seen ? m.Id : null, m.Seen ? m.Title : null)));
            (found, last) = (found + busy[m.Id].Count(), start);
            Advance(at.Meeting, at.Slots);
        }
        return [.. clashes.OrderBy(b => b.StartsAt).ThenBy(b => b.Name, StringComparer.Ordinal).ThenBy(b => b.PersonId).Take(MostClashes)];

        void Advance(int meeting, IEnumerator<Slot> slots)
        {
            if (slots.MoveNext()) next.Enqueue((meeting, slots), slots.Current.StartsAt);
        }
    }

    // The planned times have one length and come in order, so their ends do too: only the first that ends later can touch.
    private static bool Touches(List<Slot> planned, DateTime startsAt, DateTime endsAt)
    {
        var (low, high) = (0, planned.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (planned[middle].EndsAt <= startsAt) low = middle + 1;
            else high = middle;
        }
        return low < planned.Count && planned[low].StartsAt < endsAt;
    }

    private readonly record struct Cursor(DateTime StartsAt, Guid Id)
    {
        public string Write() => $"{StartsAt.Ticks.ToString(CultureInfo.InvariantCulture)}_{Id:N}";

        public static Cursor? Read(string? text) =>
            text?.Split('_') is [var ticks, var id] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var t) && t <= DateTime.MaxValue.Ticks
                && Guid.TryParse(id, out var guid) ? new Cursor(new DateTime(t, DateTimeKind.Utc), guid) : null;
    }
}
