using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>
/// Whether somebody is to be left alone: they said "do not disturb", they are absent, or they work in shifts and none is on. Whoever sends
/// what makes a noise asks here first; what waits in an inbox need not.
/// </summary>
public static class Quiet
{
    /// <summary>
    /// True if nothing may wake them at that time. Never for a <paramref name="majorIncident"/>, nor for what comes from
    /// those of <paramref name="from"/>, where they let one of them always reach them.
    /// </summary>
    public static async Task<bool> IsQuietAsync(this HubDb db, Guid personId, DateTime at, IReadOnlyCollection<Guid>? from = null, bool majorIncident = false, CancellationToken ct = default) =>
        (await db.QuietAsync([personId], at, from, majorIncident, ct)).Contains(personId);

    /// <summary>As <see cref="IsQuietAsync"/>, for many: those of <paramref name="people"/> who are to be left alone.</summary>
    public static async Task<IReadOnlySet<Guid>> QuietAsync(this HubDb db, IReadOnlyCollection<Guid> people, DateTime at, IReadOnlyCollection<Guid>? from = null, bool majorIncident = false, CancellationToken ct = default)
    {
        if (majorIncident || people.Count == 0) return new HashSet<Guid>();
        var own = await db.Availabilities.AsNoTracking().Where(a => people.Contains(a.PersonId)).ToDictionaryAsync(a => a.PersonId, ct);
        var patterned = await db.WithShiftsAsync(people, at, ct);
        var onShift = await db.Shifts.Where(s => people.Contains(s.PersonId) && s.StartsAt <= at && s.EndsAt > at).Select(s => s.PersonId).ToHashSetAsync(ct);
        var absent = await db.Absences.Where(a => people.Contains(a.PersonId) && a.StartsAt <= at && a.EndsAt > at).Select(a => a.PersonId).ToHashSetAsync(ct);
        var quiet = people.Where(id => absent.Contains(id)
            || own.GetValueOrDefault(id)?.At(at) == OwnState.DoNotDisturb
            || (patterned.Contains(id) && !onShift.Contains(id) && own.GetValueOrDefault(id) is not { ReachableOffShift: true })).ToHashSet();
        if (from is { Count: > 0 } && quiet.Count > 0)
            quiet.ExceptWith(await db.WakeContacts.Where(w => from.Contains(w.ContactId) && people.Contains(w.PersonId)).Select(w => w.PersonId).ToListAsync(ct));
        return quiet;
    }

    /// <summary>
    /// When their quiet ends: the first time from <paramref name="at"/> at which <see cref="IsQuietAsync"/> is false; <paramref name="at"/> itself if it is not
    /// quiet then, and null where nothing known ends it (the next shift is not planned yet).
    /// </summary>
    public static async Task<DateTime?> QuietUntilAsync(this HubDb db, Guid personId, DateTime at, CancellationToken ct = default)
    {
        var shifts = await db.Shifts.Where(s => s.PersonId == personId && s.EndsAt > at).OrderBy(s => s.StartsAt).Select(s => new Stretch(s.StartsAt, s.EndsAt)).Take(60).ToListAsync(ct);
        var absences = await db.Absences.Where(a => a.PersonId == personId && a.EndsAt > at).OrderBy(a => a.StartsAt).Select(a => new Stretch(a.StartsAt, a.EndsAt)).Take(60).ToListAsync(ct);
        var own = await db.Availabilities.AsNoTracking().FirstOrDefaultAsync(a => a.PersonId == personId, ct);
        var patterned = own is not { ReachableOffShift: true } && (await db.WithShiftsAsync([personId], at, ct)).Contains(personId);
        // It can end only where something does, or where a shift begins.
        var moments = shifts.Select(s => s.From).Concat(absences.Select(a => a.To)).Append(own?.Until ?? at).Append(at).Where(t => t >= at).Distinct().Order();
        foreach (var moment in moments)
            if (own?.At(moment) != OwnState.DoNotDisturb && !absences.Exists(a => a.Holds(moment)) && (!patterned || shifts.Exists(s => s.Holds(moment)))) return moment;
        return null;
    }
}
