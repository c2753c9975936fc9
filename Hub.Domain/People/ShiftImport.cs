using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>
/// Imports files of shifts, for the people whom one answers for. All of a file or nothing: with one wrong line nothing is stored, unless it is asked to take
/// the people who are right; whoever has a wrong line is then left as they were. For the period that a file covers (first start to last end) it
/// replaces the shifts of the people it names, so that the same file again changes nothing and a later one corrects the earlier.
/// </summary>
public sealed class ShiftImport(IDbContextFactory<HubDb> hub, LiveBus live, IShiftCalendar calendar, TimeProvider clock)
{
    /// <summary>Characters of a file, and shifts in it, at most.</summary>
    public const int MostCharacters = 5_000_000, MostShifts = 50_000;

    /// <summary>A pattern without an end is laid out this far from today.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromDays(366);

    private const int PeopleAtOnce = 100;

    /// <summary>Whether the actor may import at all: a supervisor of a unit, or an administrator.</summary>
    public async Task<bool> MayAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.LeadsAsync(await db.EnterAsync(actor, ct), ct);
    }

    /// <summary>Imports, or with <paramref name="checkOnly"/> says what it would do; <paramref name="keepGood"/> takes the people without a wrong line.</summary>
    public async Task<Outcome<ShiftImportReport>> ImportAsync(Actor actor, ShiftFile file, bool keepGood = false, bool checkOnly = false, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.LeadsAsync(viewer, ct)) return new Refusal(RefusalKind.Forbidden, "shifts.import");
        return await ImportAsync(db, actor, db.People.LedBy(db, viewer), file, keepGood, checkOnly, ct);
    }

    /// <summary>As the other, for everybody: from the command line of the machine itself.</summary>
    [SystemWork]
    public async Task<Outcome<ShiftImportReport>> ImportAsync(ShiftFile file, bool keepGood = false, bool checkOnly = false, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await ImportAsync(db, null, db.People, file, keepGood, checkOnly, ct);
    }

    private async Task<Outcome<ShiftImportReport>> ImportAsync(HubDb db, Actor? actor, IQueryable<Person> led, ShiftFile file, bool keepGood, bool checkOnly, CancellationToken ct)
    {
        if (file.Text.Length > MostCharacters) return Refusal.Invalid("file", "shifts.tooLong", MostCharacters / 1_000_000);
        if (ShiftCsv.Zone(file.TimeZone) is null) return Refusal.Invalid("timeZone", "shifts.zone");
        var until = clock.Now() + Horizon;
        var reading = file.Format == ShiftFormat.Csv ? ShiftCsv.Read(file) : calendar.Read(file, until);
        if (reading is null) return Refusal.Invalid("file", file.Format == ShiftFormat.Csv ? "shifts.header" : "shifts.calendar");
        if (reading.Shifts.Count > MostShifts) return Refusal.Invalid("file", "shifts.most", MostShifts);
        if (reading.Shifts.Count + reading.Bad.Count == 0) return Refusal.Invalid("file", "shifts.empty");

        var people = await PeopleAsync(led, reading.Shifts, ct);
        var bad = reading.Bad.Concat(reading.Shifts.Select(s => Wrong(s, people)).OfType<BadShift>()).ToList();
        var right = reading.Shifts.Where(s => Wrong(s, people) is null).GroupBy(s => people[s.Email])
            .ToDictionary(g => g.Key, g => g.DistinctBy(s => (s.StartsAt, s.EndsAt)).OrderBy(s => s.StartsAt).ThenBy(s => s.EndsAt).ToList());
        bad.AddRange(right.Values.SelectMany(s => s.Zip(s.Skip(1)).Where(p => p.Second.StartsAt < p.First.EndsAt)
            .Select(p => new BadShift(p.Second.Number, "shifts.line.overlap", p.Second.Email, p.First.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)))));
        bad = [.. bad.OrderBy(b => b.Number)];
        foreach (var wrong in bad.Select(b => b.Email).Where(people.ContainsKey)) right.Remove(people[wrong]);
        var all = right.Values.SelectMany(s => s).ToList();
        if (all.Count == 0) return new ShiftImportReport(false, 0, 0, 0, 0, null, null, bad);
        var report = new ShiftImportReport(!checkOnly && (bad.Count == 0 || keepGood), right.Count, 0, 0, 0, all.Min(s => s.StartsAt), all.Max(s => s.EndsAt), bad);
        // Each part stands by itself: an import that is cut off is finished by the same file again.
        foreach (var some in right.OrderBy(p => p.Key).Chunk(PeopleAtOnce)) report = await TakeAsync(actor, some, report, ct);
        return report;
    }

    private async Task<ShiftImportReport> TakeAsync(Actor? actor, KeyValuePair<Guid, List<FileShift>>[] some, ShiftImportReport report, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var (from, to) = (report.From!.Value, report.To!.Value);
        var changed = new List<KeyValuePair<Guid, List<FileShift>>>();
        var before = await KnownAsync(db.Shifts.AsNoTracking(), some);
        foreach (var (person, told) in some)
        {
            var (gone, fresh) = Difference(before[person], told, from);
            report = report with { Added = report.Added + fresh.Count, Removed = report.Removed + gone.Count, Unchanged = report.Unchanged + told.Count - fresh.Count };
            if (gone.Count + fresh.Count > 0) changed.Add(new(person, told));
        }
        if (!report.Stored || changed.Count == 0) return report;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var events = new List<LiveEvent>();
        foreach (var (person, _) in changed) events.Add(new LiveEvent(Topic.Me(person), await db.AdvanceAsync<Person>(person, ct), "shifts-changed", new ShiftsChanged()));
        // Read again: the people's rows are locked now, and a correction that came first is replaced like any other shift.
        var known = await KnownAsync(db.Shifts, changed);
        foreach (var (person, told) in changed)
        {
            var (gone, fresh) = Difference(known[person], told, from);
            db.Shifts.RemoveRange(gone);
            db.Shifts.AddRange(fresh.Select(t => new Shift { Id = clock.NewId(), PersonId = person, StartsAt = t.StartsAt, EndsAt = t.EndsAt, Version = 1 }));
            db.Audit(clock, actor, "shift.import", "person", person, $"{from:yyyy-MM-dd} {to:yyyy-MM-dd} +{fresh.Count} -{gone.Count}");
        }
        await db.SaveChangesAsync(ct);
        events.AddRange(await db.TeamsChangedAsync([.. changed.Select(c => c.Key)], ct));
        await tx.CommitAsync(ct);
        live.Publish(events);
        return report;

        async Task<ILookup<Guid, Shift>> KnownAsync(IQueryable<Shift> shifts, IEnumerable<KeyValuePair<Guid, List<FileShift>>> people)
        {
            var ids = people.Select(p => p.Key).ToList();
            return (await shifts.Where(s => ids.Contains(s.PersonId) && s.StartsAt < to && s.EndsAt > from).ToListAsync(ct)).ToLookup(s => s.PersonId);
        }
    }

    // What began before the period stands, unless it reaches into what the file says.
    private static (List<Shift> Gone, List<FileShift> Fresh) Difference(IEnumerable<Shift> known, List<FileShift> told, DateTime from)
    {
        var covered = known.Where(s => s.StartsAt >= from || told.Exists(t => t.StartsAt < s.EndsAt)).ToList();
        return (covered.FindAll(s => !told.Exists(t => t.StartsAt == s.StartsAt && t.EndsAt == s.EndsAt)), told.FindAll(t => !covered.Exists(s => s.StartsAt == t.StartsAt && s.EndsAt == t.EndsAt)));
    }

    private static BadShift? Wrong(FileShift s, Dictionary<string, Guid> people) =>
        !people.ContainsKey(s.Email) ? new BadShift(s.Number, "shifts.line.person", s.Email, s.Email)
        : s.EndsAt <= s.StartsAt || s.EndsAt - s.StartsAt > ShiftService.Longest ? new BadShift(s.Number, "shifts.line.length", s.Email, ((int)ShiftService.Longest.TotalHours).ToString(System.Globalization.CultureInfo.InvariantCulture))
        : null;

    private static async Task<Dictionary<string, Guid>> PeopleAsync(IQueryable<Person> led, IReadOnlyList<FileShift> shifts, CancellationToken ct)
    {
        var people = new Dictionary<string, Guid>(StringComparer.Ordinal);
        // No address has a NUL in it, and PostgreSQL would refuse the question.
        foreach (var some in shifts.Select(s => s.Email).Where(e => !e.Contains('\0', StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Chunk(500))
            foreach (var p in await led.Where(p => p.LeftAt == null && p.Kind == ActorKind.Person && some.Contains(p.Email)).Select(p => new { p.Email, p.Id }).ToListAsync(ct)) people[p.Email] = p.Id;
        return people;
    }
}
