using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Storage;

/// <summary>
/// Takes up due work. A node claims a row by moving its due time on and putting its own claim into it, in one statement; it ends the row in the
/// transaction of the effect, and only while the claim is still its own. So of a holder that dies nothing is stored and another node begins again
/// when the lease is over, and of one that merely was slow nothing is stored either: the effect comes once.
/// </summary>
[SystemWork]
public sealed class DueWorker(IDbContextFactory<HubDb> hub, IEnumerable<IDueWork> handlers, TimeProvider clock, ILogger<DueWorker> log)
{
    /// <summary>For how long a claim holds.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>Work that somebody asked for is given up after so many tries, some thirteen hours; recurring work never is.</summary>
    public const int MostAttempts = 20;

    private const int Taken = 50;

    private readonly FrozenDictionary<string, IDueWork> kinds = handlers.ToFrozenDictionary(h => h.Kind, StringComparer.Ordinal);

    /// <summary>How long a handler may take; well below the lease.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>Until the next try: 10 s after the first failure, then twice as long each time, an hour at most.</summary>
    /// <param name="attempts">How many have failed, from 1.</param>
    public static TimeSpan Pause(int attempts) => TimeSpan.FromSeconds(Math.Min(3600, 10 * Math.Pow(2, attempts - 1)));

    /// <summary>Makes the rows of recurring work that are missing, due now. Two nodes may do so at once.</summary>
    public async Task PlanAsync(CancellationToken ct = default)
    {
        foreach (var kind in kinds.Values.Where(k => k.Every is not null).Select(k => k.Kind))
        {
            await using var db = await hub.CreateDbContextAsync(ct);
            if (await db.DueWork.AnyAsync(w => w.Kind == kind && w.Key == "", ct)) continue;
            db.Due(clock, kind, "", clock.Now());
            try
            {
                await db.SaveChangesAsync(ct);
            }
            catch (DbUpdateException)
            {
                // Another node was faster, or the next call tries again: then it is still missing.
                db.ChangeTracker.Clear();
                if (!await db.DueWork.AnyAsync(w => w.Kind == kind && w.Key == "", ct)) throw;
            }
        }
    }

    /// <summary>Kinds of which something is due. What this build has no handler for is left to a node that has.</summary>
    public async Task<IReadOnlyList<string>> DueKindsAsync(CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await Due(db).Where(w => kinds.Keys.Contains(w.Kind)).Select(w => w.Kind).Distinct().ToListAsync(ct);
    }

    /// <summary>Takes up what is due of every kind, kind after kind.</summary>
    /// <returns>How many rows were due.</returns>
    public async Task<int> WorkAsync(CancellationToken ct = default)
    {
        var count = 0;
        foreach (var kind in await DueKindsAsync(ct)) count += await WorkAsync(kind, ct);
        return count;
    }

    /// <summary>Takes up what is due of one kind, the longest due first, a few at once; ends when all of them have ended.</summary>
    /// <returns>How many rows were due.</returns>
    public async Task<int> WorkAsync(string kind, CancellationToken ct = default)
    {
        var handler = kinds[kind];
        List<(Guid Id, int Attempts)> due;
        await using (var db = await hub.CreateDbContextAsync(ct))
            due = [.. (await Due(db).Where(w => w.Kind == kind).OrderBy(w => w.DueAt).Take(Taken).Select(w => new { w.Id, w.Attempts }).ToListAsync(ct)).Select(w => (w.Id, w.Attempts))];
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = handler.AtOnce, CancellationToken = ct }, async (row, stop) => await TakeUpAsync(row.Id, row.Attempts, handler, stop));
        return due.Count;
    }

    private async Task TakeUpAsync(Guid id, int attempts, IDueWork handler, CancellationToken ct)
    {
        try
        {
            if (handler.Every is null && attempts >= MostAttempts) await BuryAsync(id, ct);
            else if (await ClaimAsync(id, ct) is { } mine) await DoAsync(mine, handler, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            log.LogWarning(e, "Work {Kind} {Id} could not go on; it is taken up again when its lease is over", handler.Kind, id);
        }
    }

    private async Task<DueWork?> ClaimAsync(Guid id, CancellationToken ct)
    {
        var (until, holder) = (clock.Now() + Lease, Guid.NewGuid());
        await using var db = await hub.CreateDbContextAsync(ct);
        var claimed = await Due(db).Where(w => w.Id == id)
            .ExecuteUpdateAsync(s => s.SetProperty(w => w.DueAt, until).SetProperty(w => w.Holder, holder).SetProperty(w => w.Attempts, w => w.Attempts + 1), ct);
        return claimed == 0 ? null : await db.DueWork.AsNoTracking().FirstOrDefaultAsync(w => w.Id == id && w.Holder == holder, ct);
    }

    private async Task DoAsync(DueWork mine, IDueWork handler, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(Patience, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            var item = new DueItem(mine.Id, mine.Key, mine.Body, mine.Attempts);
            // A handler that does not listen is left alone: it has no hold on the database.
            await handler.SendAsync(item, limit.Token).WaitAsync(limit.Token);
            if (!await StoreAsync(mine, item, handler, limit.Token)) log.LogInformation("Work {Kind} {Id} took longer than its lease; somebody else has it", mine.Kind, mine.Id);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            var error = late.IsCancellationRequested && e is OperationCanceledException ? nameof(TimeoutException) : e.GetType().Name;
            log.LogWarning(e, "Work {Kind} {Id} failed, try {Attempt}", mine.Kind, mine.Id, mine.Attempts);
            var pause = e is TryLaterException { After: var after } && after > Pause(mine.Attempts) ? after : Pause(mine.Attempts);
            await FailedAsync(mine, error, pause, gaveUp: handler.Every is null && mine.Attempts >= MostAttempts, ct);
        }
    }

    // The row is ended first: its lock says that it is ours until the effect is committed with it.
    private async Task<bool> StoreAsync(DueWork mine, DueItem item, IDueWork handler, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var own = Held(db, mine);
        var next = clock.Now() + (handler.Every ?? TimeSpan.Zero);
        var ended = handler.Every is null
            ? await own.ExecuteDeleteAsync(ct)
            : await own.ExecuteUpdateAsync(s => s.SetProperty(w => w.DueAt, next).SetProperty(w => w.WantedAt, next).SetProperty(w => w.Attempts, 0)
                .SetProperty(w => w.Holder, (Guid?)null).SetProperty(w => w.LastError, (string?)null), ct);
        if (ended == 0) return false;
        await handler.StoreAsync(db, item, ct);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        return true;
    }

    private async Task FailedAsync(DueWork mine, string error, TimeSpan pause, bool gaveUp, CancellationToken ct)
    {
        var now = clock.Now();
        await using var db = await hub.CreateDbContextAsync(ct);
        await Held(db, mine).ExecuteUpdateAsync(s => s.SetProperty(w => w.DueAt, now + pause).SetProperty(w => w.Holder, (Guid?)null)
            .SetProperty(w => w.LastError, error).SetProperty(w => w.DeadAt, gaveUp ? now : null), ct);
    }

    // Its last holder never said how it ended: it may be what killed it.
    private async Task BuryAsync(Guid id, CancellationToken ct)
    {
        var now = clock.Now();
        await using var db = await hub.CreateDbContextAsync(ct);
        await Due(db).Where(w => w.Id == id && w.Attempts >= MostAttempts)
            .ExecuteUpdateAsync(s => s.SetProperty(w => w.Holder, (Guid?)null).SetProperty(w => w.LastError, "HolderLost").SetProperty(w => w.DeadAt, now), ct);
    }

    private IQueryable<DueWork> Due(HubDb db)
    {
        var now = clock.Now();
        return db.DueWork.Where(w => w.DeadAt == null && w.DueAt <= now);
    }

    private static IQueryable<DueWork> Held(HubDb db, DueWork mine) => db.DueWork.Where(w => w.Id == mine.Id && w.Holder == mine.Holder);
}
