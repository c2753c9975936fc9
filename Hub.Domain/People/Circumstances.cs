using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>When people are busy, as the room of meetings tells. Of each person, meetings that they accepted or organise.</summary>
public interface IBusyTimes
{
    /// <summary>Stretches that touch the half-open time, in no order.</summary>
    Task<ILookup<Guid, Stretch>> BusyAsync(HubDb db, IReadOnlyCollection<Guid> people, DateTime from, DateTime to, CancellationToken ct = default);
}

/// <summary>What stands in the database of somebody's next hour.</summary>
/// <param name="HasShifts">There is a shift within four weeks of now, either way.</param>
/// <param name="Shifts">Shifts that touch the hour.</param>
/// <param name="Absences">Absences that touch it.</param>
/// <param name="Meetings">Meetings that touch it.</param>
/// <param name="Own">What they said by hand.</param>
/// <param name="OwnUntil">Until when.</param>
public sealed record Circumstances(
    bool HasShifts, IReadOnlyList<Stretch> Shifts, IReadOnlyList<Stretch> Absences, IReadOnlyList<Stretch> Meetings, OwnState Own, DateTime? OwnUntil)
{
    /// <summary>How it is at that moment. Who is absent is not on shift.</summary>
    public Standing At(DateTime at)
    {
        var absent = Absences.Any(s => s.Holds(at));
        return new Standing(HasShifts ? !absent && Shifts.Any(s => s.Holds(at)) : null, absent, Meetings.Any(s => s.Holds(at)), OwnUntil is { } end && end <= at ? OwnState.Available : Own);
    }

    /// <summary>When it is next to be looked at again; the end of time if nothing ends or begins.</summary>
    public DateTime NextAfter(DateTime at) =>
        Shifts.Concat(Absences).Concat(Meetings).SelectMany(s => new[] { s.From, s.To }).Append(OwnUntil ?? DateTime.MaxValue).Where(t => t > at).DefaultIfEmpty(DateTime.MaxValue).Min();
}

/// <summary>Reads <see cref="Circumstances"/>: five queries, however many people.</summary>
public sealed class CircumstanceReader(IBusyTimes busy, TimeProvider clock)
{
    /// <summary>So far ahead it reads; whoever keeps what it gave reads again before that.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromHours(1);

    /// <summary>Everybody of <paramref name="people"/>.</summary>
    public async Task<IReadOnlyDictionary<Guid, Circumstances>> ReadAsync(HubDb db, IReadOnlyCollection<Guid> people, CancellationToken ct = default)
    {
        var from = clock.Now();
        var to = from + Ahead;
        var patterned = await db.WithShiftsAsync(people, from, ct);
        var shifts = (await db.Shifts.Where(s => people.Contains(s.PersonId) && s.StartsAt < to && s.EndsAt > from)
            .Select(s => new { s.PersonId, s.StartsAt, s.EndsAt }).ToListAsync(ct)).ToLookup(s => s.PersonId, s => new Stretch(s.StartsAt, s.EndsAt));
        var absences = (await db.Absences.Where(a => people.Contains(a.PersonId) && a.StartsAt < to && a.EndsAt > from)
            .Select(a => new { a.PersonId, a.StartsAt, a.EndsAt }).ToListAsync(ct)).ToLookup(a => a.PersonId, a => new Stretch(a.StartsAt, a.EndsAt));
        var own = await db.Availabilities.AsNoTracking().Where(a => people.Contains(a.PersonId)).ToDictionaryAsync(a => a.PersonId, ct);
        var meetings = await busy.BusyAsync(db, people, from, to, ct);
        return people.Distinct().ToDictionary(id => id, id => new Circumstances(
            patterned.Contains(id), [.. shifts[id]], [.. absences[id]], [.. meetings[id]], own.GetValueOrDefault(id)?.At(from) ?? OwnState.Available, own.GetValueOrDefault(id)?.Until));
    }
}

/// <summary>Who works in shifts at all.</summary>
internal static class ShiftPatterns
{
    private static readonly TimeSpan Around = TimeSpan.FromDays(28);

    /// <summary>Those of <paramref name="people"/> who have a shift within four weeks of that time, before or after.</summary>
    public static async Task<IReadOnlySet<Guid>> WithShiftsAsync(this HubDb db, IReadOnlyCollection<Guid> people, DateTime at, CancellationToken ct)
    {
        var (from, to) = (at - Around, at + Around);
        return await db.Shifts.Where(s => people.Contains(s.PersonId) && s.StartsAt > from && s.StartsAt < to).Select(s => s.PersonId).Distinct().ToHashSetAsync(ct);
    }
}
