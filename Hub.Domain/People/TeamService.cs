using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Where somebody of a team stands.</summary>
public enum TeamGroup
{
    OnShift,
    /// <summary>The next shift begins within a day.</summary>
    Next,
    Absent,
    Off,
    /// <summary>No shift within four weeks.</summary>
    NoShifts,
}

/// <summary>A unit that one may look at.</summary>
public sealed record TeamUnit(Guid Id, string Name);

/// <summary>Somebody of a team: the shift that is on, or the next one; when an absence ends; and what it is, for who answers for them alone.</summary>
public sealed record TeamMember(Guid PersonId, string Name, string JobTitle, string Unit, string Phone, TeamGroup Group, ShiftRecord? Shift, DateTime? AbsentUntil, AbsenceKind? Absence);

/// <summary>
/// A unit's people as one sees them, by name within their group. <paramref name="Leads"/>: one may correct their shifts. <paramref name="Units"/> are all that one may look
/// at; <paramref name="Version"/> is that of <c>unit:{id}</c>, read before the rest.
/// </summary>
public sealed record TeamView(Guid UnitId, string Unit, bool Leads, IReadOnlyList<TeamUnit> Units, IReadOnlyList<TeamMember> Members, long Version);

/// <summary>Who of a unit is on shift, next, absent and off: for its own people, and for who answers for it, with the units below.</summary>
public sealed class TeamService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>With more people than this, a unit shows its own alone and not those of the units below.</summary>
    public const int MostTogether = 200;

    private static readonly TimeSpan Soon = TimeSpan.FromHours(24), Ahead = TimeSpan.FromDays(28);

    /// <summary>One unit, or the one that one supervises, or one's own. NotFound for who is in none.</summary>
    public async Task<Outcome<TeamView>> GetAsync(Actor actor, Guid? unitId = null, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var own = await db.People.Where(p => p.Id == viewer.PersonId && p.LeftAt == null).Select(p => p.UnitId).FirstOrDefaultAsync(ct);
        var supervised = await db.Units.Where(u => viewer.Known && u.SupervisorId == viewer.PersonId).OrderBy(u => u.Path.Length).ThenBy(u => u.Name).Select(u => u.Id).ToListAsync(ct);
        if (unitId is null && supervised.Count == 0 && own is null) return Refusal.NotFound;
        var id = unitId ?? (supervised.Count > 0 ? supervised[0] : own!.Value);
        var unit = await db.Units.AsNoTracking().FirstOrDefaultAsync(u => u.Id == id, ct);
        var leads = await db.Units.LedBy(db, viewer).AnyAsync(u => u.Id == id, ct);
        if (unit is null || !viewer.Known || (!leads && id != own)) return Refusal.NotFound;
        var units = await db.Units.Where(u => u.Id == own || db.Units.Any(s => s.SupervisorId == viewer.PersonId && u.Path.StartsWith(s.Path)))
            .OrderBy(u => u.Path).Select(u => new TeamUnit(u.Id, u.Name)).ToListAsync(ct);
        return new TeamView(id, unit.Name, leads, units, await MembersAsync(db, unit, leads, ct), unit.Version);
    }

    private async Task<List<TeamMember>> MembersAsync(HubDb db, Unit unit, bool leads, CancellationToken ct)
    {
        var now = clock.Now();
        var active = db.People.AsNoTracking().Where(p => p.LeftAt == null && p.Kind == ActorKind.Person);
        var below = active.Where(p => p.Unit != null && p.Unit.Path.StartsWith(unit.Path));
        var some = leads && await below.CountAsync(ct) <= MostTogether ? below : active.Where(p => p.UnitId == unit.Id);
        var people = await some.OrderBy(p => p.Name).ThenBy(p => p.Id).Select(p => new { p.Id, p.Name, p.JobTitle, Unit = p.Unit!.Name, p.Phone }).ToListAsync(ct);
        var ids = people.ConvertAll(p => p.Id);
        var (patterned, ahead) = (await db.WithShiftsAsync(ids, now, ct), now + Ahead);
        var shifts = (await db.Shifts.Where(s => ids.Contains(s.PersonId) && s.EndsAt > now && s.StartsAt < ahead)
            .Select(s => new ShiftRecord(s.Id, s.PersonId, s.StartsAt, s.EndsAt, s.Version)).ToListAsync(ct)).ToLookup(s => s.PersonId);
        var absences = (await db.Absences.Where(a => ids.Contains(a.PersonId) && a.StartsAt <= now && a.EndsAt > now)
            .Select(a => new { a.PersonId, a.Kind, a.EndsAt }).ToListAsync(ct)).ToLookup(a => a.PersonId);
        return people.ConvertAll(p =>
        {
            var (shift, absence) = (shifts[p.Id].MinBy(s => s.StartsAt), absences[p.Id].MaxBy(a => a.EndsAt));
            var group = absence is not null ? TeamGroup.Absent
                : !patterned.Contains(p.Id) ? TeamGroup.NoShifts
                : shift is null ? TeamGroup.Off
                : shift.StartsAt <= now ? TeamGroup.OnShift
                : shift.StartsAt <= now + Soon ? TeamGroup.Next : TeamGroup.Off;
            return new TeamMember(p.Id, p.Name, p.JobTitle, p.Unit, p.Phone, group, shift, absence?.EndsAt, leads ? absence?.Kind : null);
        });
    }
}
