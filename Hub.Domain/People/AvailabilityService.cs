using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>
/// What one has set for oneself: the state by hand and until when (null: until it is changed), who is told when one was last here, and whether one is reached off shift.
/// <paramref name="ShiftEndsAt"/> is the end of the shift that is on.
/// </summary>
public sealed record MyAvailability(OwnState State, DateTime? Until, LastSeenAudience LastSeen, bool ReachableOffShift, DateTime? ShiftEndsAt)
{
    /// <summary>Version of one's own topic, read before the rest.</summary>
    public long Version { get; init; }
}

/// <summary>What to change; what is null stays as it is. A state comes with its end: <paramref name="Until"/>, or the end of one's shift.</summary>
public sealed record AvailabilityChange(OwnState? State = null, DateTime? Until = null, bool UntilShiftEnds = false, LastSeenAudience? LastSeen = null, bool? ReachableOffShift = null);

/// <summary>Event <c>availability-changed</c> of one's own topic: it says that, not what.</summary>
public sealed record AvailabilityChanged : ILivePayload;

/// <summary>Somebody who may always reach one.</summary>
public sealed record WakeRecord(Guid PersonId, string Name, string JobTitle, DateTime AddedAt);

/// <summary>One's own settings of quiet: who may always wake one, and until when it is quiet now (null with <paramref name="IsQuiet"/>: nobody knows).</summary>
public sealed record MyQuiet(bool IsQuiet, DateTime? Until, bool HasShifts, bool ReachableOffShift, IReadOnlyList<WakeRecord> Contacts, long Version);

/// <summary>Do not disturb, away, last seen and quiet hours: only ever one's own, and the same on every device.</summary>
public sealed class AvailabilityService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>"Do not disturb" lasts this long at most: nobody is to be forgotten in it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>People who may always wake one, at most.</summary>
    public const int MostContacts = 50;

    /// <summary>What stands now; an expired state is "available".</summary>
    public async Task<Outcome<MyAvailability>> GetAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return (await db.EnterAsync(actor, ct)).Known ? await ReadAsync(db, actor.PersonId, ct) : Refusal.NotFound;
    }

    /// <summary>Changes it. "Do not disturb" needs an end, at most <see cref="Longest"/> from now; "away" may have one.</summary>
    public async Task<Outcome<MyAvailability>> SetAsync(Actor actor, AvailabilityChange change, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!(await db.EnterAsync(actor, ct)).Known) return Refusal.NotFound;
        var now = clock.Now();
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        var until = change.UntilShiftEnds ? await ShiftEndAsync(db, actor.PersonId, now, ct) : change.Until?.ToMilliseconds();
        if (change.UntilShiftEnds && until is null) return Refusal.Invalid("untilShiftEnds", "presence.noShift");
        if (until is { } end && (change.State is null or OwnState.Available || end <= now || end > now + Longest)) return Refusal.Invalid("until", "presence.until", Longest.Days);
        if (change.State == OwnState.DoNotDisturb && until is null) return Refusal.Invalid("until", "presence.until", Longest.Days);
        var row = await RowAsync(db, actor.PersonId, ct);
        if (change.State is { } state) (row.State, row.Until, row.SetAt) = (state, until, now);
        if (change.LastSeen is { } seen)
        {
            row.LastSeenFor = seen;
            // What nobody may know is not kept either.
            row.LastSeenAt = seen == LastSeenAudience.Nobody ? null : row.LastSeenAt;
        }
        row.ReachableOffShift = change.ReachableOffShift ?? row.ReachableOffShift;
        await db.SaveChangesAsync(ct);
        var mine = await ReadAsync(db, actor.PersonId, ct);
        await tx.CommitAsync(ct);
        Tell(actor.PersonId, version);
        return mine;
    }

    /// <summary>One's quiet hours as they stand now.</summary>
    public async Task<Outcome<MyQuiet>> QuietAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return (await db.EnterAsync(actor, ct)).Known ? await ReadQuietAsync(db, actor.PersonId, ct) : Refusal.NotFound;
    }

    /// <summary>Lets somebody whom one finds always reach one; again changes nothing.</summary>
    public async Task<Outcome<MyQuiet>> AllowAsync(Actor actor, Guid personId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.People.VisibleTo(viewer).AnyAsync(p => p.Id == personId && p.LeftAt == null && p.Id != actor.PersonId, ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        if (await db.WakeContacts.AnyAsync(w => w.PersonId == actor.PersonId && w.ContactId == personId, ct)) return await UnchangedAsync();
        if (await db.WakeContacts.CountAsync(w => w.PersonId == actor.PersonId, ct) >= MostContacts) return Refusal.Invalid("id", "quiet.most", MostContacts);
        db.WakeContacts.Add(new WakeContact { PersonId = actor.PersonId, ContactId = personId, AddedAt = clock.Now() });
        return await StoreAsync(db, tx, actor.PersonId, version, ct);

        async Task<MyQuiet> UnchangedAsync()
        {
            await tx.RollbackAsync(ct);
            return await ReadQuietAsync(db, actor.PersonId, ct);
        }
    }

    /// <summary>Takes somebody off that list; who is not on it changes nothing.</summary>
    public async Task<Outcome<MyQuiet>> DisallowAsync(Actor actor, Guid personId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!(await db.EnterAsync(actor, ct)).Known) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        if (await db.WakeContacts.Where(w => w.PersonId == actor.PersonId && w.ContactId == personId).ExecuteDeleteAsync(ct) > 0) return await StoreAsync(db, tx, actor.PersonId, version, ct);
        await tx.RollbackAsync(ct);
        return await ReadQuietAsync(db, actor.PersonId, ct);
    }

    /// <summary>When somebody was last at the hub, to a minute; null for who may not know it, and while that is nobody's to know.</summary>
    public async Task<DateTime?> LastSeenAsync(Actor actor, Guid personId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var unit = await db.People.Where(p => p.Id == actor.PersonId).Select(p => p.UnitId).FirstOrDefaultAsync(ct);
        return await db.People.VisibleTo(viewer).Where(p => p.Id == personId && p.LeftAt == null).Join(db.Availabilities, p => p.Id, a => a.PersonId, (p, a) => new { p.Id, p.UnitId, a.LastSeenFor, a.LastSeenAt })
            .Where(x => x.LastSeenFor == LastSeenAudience.Everyone || x.Id == actor.PersonId || (x.LastSeenFor == LastSeenAudience.Unit && unit != null && x.UnitId == unit))
            .Select(x => x.LastSeenAt).FirstOrDefaultAsync(ct);
    }

    /// <summary>Notes that these people are at a page now, of those who let somebody know it. Every minute, by the node of their pages.</summary>
    [SystemWork]
    public async Task SeenAsync(IReadOnlyCollection<Guid> people, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var now = clock.Now();
        foreach (var some in people.Chunk(500))
            await db.Availabilities.Where(a => some.Contains(a.PersonId) && a.LastSeenFor != LastSeenAudience.Nobody).ExecuteUpdateAsync(s => s.SetProperty(a => a.LastSeenAt, now), ct);
    }

    private async Task<MyQuiet> StoreAsync(HubDb db, Microsoft.EntityFrameworkCore.Storage.IDbContextTransaction tx, Guid personId, long version, CancellationToken ct)
    {
        await db.SaveChangesAsync(ct);
        var mine = await ReadQuietAsync(db, personId, ct);
        await tx.CommitAsync(ct);
        Tell(personId, version);
        return mine;
    }

    private void Tell(Guid personId, long version) => live.Publish(new LiveEvent(Topic.Me(personId), version, "availability-changed", new AvailabilityChanged()));

    private async Task<MyAvailability> ReadAsync(HubDb db, Guid personId, CancellationToken ct)
    {
        var now = clock.Now();
        var version = await db.People.Where(p => p.Id == personId).Select(p => p.Version).SingleAsync(ct);
        var row = await db.Availabilities.AsNoTracking().FirstOrDefaultAsync(a => a.PersonId == personId, ct);
        var state = row?.At(now) ?? OwnState.Available;
        return new MyAvailability(state, state == OwnState.Available ? null : row!.Until, row?.LastSeenFor ?? LastSeenAudience.Nobody, row?.ReachableOffShift ?? false, await ShiftEndAsync(db, personId, now, ct)) { Version = version };
    }

    private async Task<MyQuiet> ReadQuietAsync(HubDb db, Guid personId, CancellationToken ct)
    {
        var now = clock.Now();
        var version = await db.People.Where(p => p.Id == personId).Select(p => p.Version).SingleAsync(ct);
        var until = await db.QuietUntilAsync(personId, now, ct);
        var contacts = await db.WakeContacts.Where(w => w.PersonId == personId).Join(db.People.Where(p => p.LeftAt == null), w => w.ContactId, p => p.Id, (w, p) => new WakeRecord(p.Id, p.Name, p.JobTitle, w.AddedAt)).ToListAsync(ct);
        var reachable = await db.Availabilities.Where(a => a.PersonId == personId).Select(a => a.ReachableOffShift).FirstOrDefaultAsync(ct);
        var patterned = (await db.WithShiftsAsync([personId], now, ct)).Count > 0;
        return new MyQuiet(until != now, until == now ? null : until, patterned, reachable, [.. contacts.OrderBy(c => c.Name, StringComparer.Ordinal).ThenBy(c => c.PersonId)], version);
    }

    private static Task<DateTime?> ShiftEndAsync(HubDb db, Guid personId, DateTime now, CancellationToken ct) =>
        db.Shifts.Where(s => s.PersonId == personId && s.StartsAt <= now && s.EndsAt > now).MaxAsync(s => (DateTime?)s.EndsAt, ct);

    // The person's row is locked: nobody else makes theirs meanwhile.
    private async Task<Availability> RowAsync(HubDb db, Guid personId, CancellationToken ct)
    {
        if (await db.Availabilities.FirstOrDefaultAsync(a => a.PersonId == personId, ct) is { } row) return row;
        return db.Availabilities.Add(new Availability { PersonId = personId, SetAt = clock.Now() }).Entity;
    }
}
