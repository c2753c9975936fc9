using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Meetings;

/// <summary>When people are in meetings: those that they accepted, and those that they organise.</summary>
internal sealed class BusyTimes : IBusyTimes
{
    public async Task<ILookup<Guid, Stretch>> BusyAsync(HubDb db, IReadOnlyCollection<Guid> people, DateTime from, DateTime to, CancellationToken ct = default)
    {
        var meetings = await db.Meetings
            .Where(m => m.CancelledAt == null && m.FirstStartsAt < to && (m.LastEndsAt == null || m.LastEndsAt > from)
                && m.Attendees.Any(a => people.Contains(a.PersonId) && a.Status == AttendeeStatus.Accepted))
            .Select(m => new { m.Id, m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence }).ToListAsync(ct);
        var ids = meetings.ConvertAll(m => m.Id);
        var who = (await db.MeetingAttendees.Where(a => ids.Contains(a.MeetingId) && people.Contains(a.PersonId) && a.Status == AttendeeStatus.Accepted)
            .Select(a => new { a.MeetingId, a.PersonId }).ToListAsync(ct)).ToLookup(a => a.MeetingId, a => a.PersonId);
        return meetings.SelectMany(m => Series.Slots(m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence, from, to)
            .SelectMany(s => who[m.Id].Select(p => (Person: p, At: new Stretch(s.StartsAt, s.EndsAt))))).ToLookup(b => b.Person, b => b.At);
    }
}
