using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>
/// Shifts: read by oneself, one's unit and whoever answers for one; corrected by who does. The rest find a person and know no more than whether they are
/// on shift now.
/// </summary>
public sealed class ShiftService(IDbContextFactory<HubDb> hub, LiveBus live, IShiftCalendar calendar, TimeProvider clock)
{
    /// <summary>A shift is longer than nothing and at most this long.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private static readonly TimeSpan WidestRange = TimeSpan.FromDays(366);

    /// <summary>Shifts that touch the half-open time of at most 366 days, by start.</summary>
    public async Task<Outcome<IReadOnlyList<ShiftRecord>>> ListAsync(Actor actor, Guid personId, DateTime from, DateTime to, CancellationToken ct = default)
    {
        if (to <= from || to - from > WidestRange) return Refusal.Invalid("to", "shifts.range", WidestRange.Days);
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await ReadableAsync(db, viewer, personId, ct) is { } refusal) return refusal;
        return await Records(db.Shifts.Where(s => s.PersonId == personId && s.StartsAt < to && s.EndsAt > from)).ToListAsync(ct);
    }

    /// <summary>One's own shifts, from four weeks ago on, as an iCalendar file.</summary>
    public async Task<Outcome<string>> ExportAsync(Actor actor, string title, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!(await db.EnterAsync(actor, ct)).Known) return Refusal.NotFound;
        var since = clock.Now().AddDays(-28);
        return calendar.Write(await Records(db.Shifts.Where(s => s.PersonId == actor.PersonId && s.EndsAt > since)).ToListAsync(ct), title, clock.Now());
    }

    /// <summary>Adds one to somebody whom one answers for.</summary>
    public async Task<Outcome<ShiftRecord>> AddAsync(Actor actor, Guid personId, ShiftTimes times, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await CorrectableAsync(db, viewer, personId, ct) is { } refusal) return refusal;
        if (Wrong(times) is { } wrong) return wrong;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Person>(personId, ct);
        if (await OverlapsAsync(db, personId, null, times, ct)) return Overlap;
        var row = new Shift { Id = clock.NewId(), PersonId = personId, StartsAt = times.StartsAt.ToMilliseconds(), EndsAt = times.EndsAt.ToMilliseconds(), Version = 1 };
        db.Shifts.Add(row);
        db.Audit(clock, actor, "shift.add", "person", personId, Said(times));
        await StoreAsync(db, tx, personId, version, ct);
        return Record(row);
    }

    /// <summary>Corrects one, to the version that the corrector has seen.</summary>
    public async Task<Outcome<ShiftRecord>> ChangeAsync(Actor actor, Guid id, ShiftTimes times, int version, CancellationToken ct = default)
    {
        if (Wrong(times) is { } wrong) return wrong;
        var done = await ForOneAsync(actor, id, version, async (db, row) =>
        {
            if (await OverlapsAsync(db, row.PersonId, id, times, ct)) return Overlap;
            db.Audit(clock, actor, "shift.change", "person", row.PersonId, $"{Said(new ShiftTimes(row.StartsAt, row.EndsAt))} to {Said(times)}");
            (row.StartsAt, row.EndsAt) = (times.StartsAt.ToMilliseconds(), times.EndsAt.ToMilliseconds());
            row.Version++;
            return null;
        }, ct);
        return done.Ok ? Record(done.Value) : done.Refusal!;
    }

    /// <summary>Takes one away, at the version that was seen.</summary>
    public async Task<Outcome<bool>> RemoveAsync(Actor actor, Guid id, int version, CancellationToken ct = default)
    {
        var done = await ForOneAsync(actor, id, version, (db, row) =>
        {
            db.Audit(clock, actor, "shift.remove", "person", row.PersonId, Said(new ShiftTimes(row.StartsAt, row.EndsAt)));
            db.Shifts.Remove(row);
            return Task.FromResult<Refusal?>(null);
        }, ct);
        return done.Ok ? true : done.Refusal!;
    }

    private async Task<Outcome<Shift>> ForOneAsync(Actor actor, Guid id, int version, Func<HubDb, Shift, Task<Refusal?>> change, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Shifts.Where(s => s.Id == id).Select(s => (Guid?)s.PersonId).FirstOrDefaultAsync(ct) is not { } personId) return Refusal.NotFound;
        // A shift that one may not read does not exist; one of a colleague does.
        if (await CorrectableAsync(db, viewer, personId, ct) is { } refusal) return refusal.Code == Unread.Code ? Refusal.NotFound : refusal;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var advanced = await db.AdvanceAsync<Person>(personId, ct);
        if (await db.Shifts.FirstOrDefaultAsync(s => s.Id == id, ct) is not { } row) return Refusal.NotFound;
        if (row.Version != version) return Refusal.Stale(Record(row));
        if (await change(db, row) is { } wrong) return wrong;
        await StoreAsync(db, tx, personId, advanced, ct);
        return row;
    }

    private async Task StoreAsync(HubDb db, Microsoft.EntityFrameworkCore.Storage.IDbContextTransaction tx, Guid personId, long version, CancellationToken ct)
    {
        await db.SaveChangesAsync(ct);
        var events = await db.TeamsChangedAsync([personId], ct);
        await tx.CommitAsync(ct);
        live.Publish([new LiveEvent(Topic.Me(personId), version, "shifts-changed", new ShiftsChanged()), .. events]);
    }

    private static async Task<Refusal?> ReadableAsync(HubDb db, Viewer viewer, Guid personId, CancellationToken ct)
    {
        var unit = await db.People.VisibleTo(viewer).Where(p => p.Id == personId && p.LeftAt == null).Select(p => new { p.UnitId }).FirstOrDefaultAsync(ct);
        var leads = await db.People.LedBy(db, viewer).AnyAsync(p => p.Id == personId && p.LeftAt == null, ct);
        if (leads || (unit is not null && personId == viewer.PersonId)) return null;
        if (unit is null) return Refusal.NotFound;
        return unit.UnitId is not null && await db.People.AnyAsync(p => p.Id == viewer.PersonId && p.UnitId == unit.UnitId, ct) ? null : Unread;
    }

    private static async Task<Refusal?> CorrectableAsync(HubDb db, Viewer viewer, Guid personId, CancellationToken ct)
    {
        if (await db.People.LedBy(db, viewer).AnyAsync(p => p.Id == personId && p.LeftAt == null, ct)) return null;
        return await ReadableAsync(db, viewer, personId, ct) ?? new Refusal(RefusalKind.Forbidden, "shifts.correct");
    }

    private static Task<bool> OverlapsAsync(HubDb db, Guid personId, Guid? except, ShiftTimes times, CancellationToken ct) =>
        db.Shifts.AnyAsync(s => s.PersonId == personId && s.Id != except && s.StartsAt < times.EndsAt && s.EndsAt > times.StartsAt, ct);

    private static Refusal? Wrong(ShiftTimes times) =>
        times.StartsAt.Year is < 1971 or > 2199 ? Refusal.Invalid("startsAt", "shifts.length", (int)Longest.TotalHours)
        : times.EndsAt <= times.StartsAt || times.EndsAt - times.StartsAt > Longest ? Refusal.Invalid("endsAt", "shifts.length", (int)Longest.TotalHours) : null;

    private static readonly Refusal Unread = new(RefusalKind.Forbidden, "shifts.read");

    private static Refusal Overlap => Refusal.Invalid("startsAt", "shifts.overlap");

    private static string Said(ShiftTimes times) => $"{times.StartsAt:yyyy-MM-dd'T'HH:mm'Z'} {times.EndsAt:yyyy-MM-dd'T'HH:mm'Z'}";

    private static IQueryable<ShiftRecord> Records(IQueryable<Shift> shifts) =>
        shifts.OrderBy(s => s.StartsAt).ThenBy(s => s.Id).Select(s => new ShiftRecord(s.Id, s.PersonId, s.StartsAt, s.EndsAt, s.Version));

    private static ShiftRecord Record(Shift s) => new(s.Id, s.PersonId, s.StartsAt, s.EndsAt, s.Version);
}
