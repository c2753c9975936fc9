using Hub.Domain.Audit;
using Hub.Domain.Fixes;
using Hub.Domain.People;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Storage;

/// <summary>How much of one kind of work there is.</summary>
/// <param name="Kind">Of <see cref="DueWork"/>, or <see cref="WorkQueues.Runs"/>.</param>
/// <param name="Waiting">Its time has come and no node holds it: just now, or it failed and pauses.</param>
/// <param name="Working">A node holds it.</param>
/// <param name="Dead">Given up.</param>
/// <param name="OldestAt">When the oldest that waits was to be done; null when none waits.</param>
/// <param name="NextAt">When a node may next take something up; null when nothing is left to do.</param>
public sealed record QueueDepth(string Kind, int Waiting, int Working, int Dead, DateTime? OldestAt, DateTime? NextAt);

/// <summary>Work that failed.</summary>
/// <param name="Error">Type of the last failure.</param>
/// <param name="WantedAt">When it was to be done.</param>
/// <param name="NextAt">When it is tried again by itself; null once it is given up.</param>
/// <param name="DeadAt">When it was given up.</param>
public sealed record FailedWork(Guid Id, string Kind, int Attempts, string Error, DateTime WantedAt, DateTime? NextAt, DateTime? DeadAt);

/// <summary>The queues, and a page of what failed, the oldest first.</summary>
public sealed record WorkView(IReadOnlyList<QueueDepth> Queues, IReadOnlyList<FailedWork> Items, string? Next);

/// <summary>The hub's queues, for administrators of the whole hub: how deep, how old, and what failed.</summary>
public sealed class WorkQueues(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>The queue of fix runs that the hub works on; each is its own row and is never given up.</summary>
    public const string Runs = "fixes.runs";

    /// <summary>Queues and failures; for anybody else there is nothing here.</summary>
    /// <param name="after">The last page's cursor.</param>
    /// <param name="limit">1–200 failures.</param>
    public async Task<Outcome<WorkView>> GetAsync(Actor actor, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!(await db.EnterAsync(actor, ct)).Has(Role.Administrator)) return Refusal.NotFound;
        var failed = Failed(db.DueWork);
        if (after is not null)
        {
            if (!Guid.TryParse(after, out var last)) return Refusal.Invalid("after", "after");
            failed = failed.Where(w => w.Id.CompareTo(last) > 0);
        }
        limit = Math.Clamp(limit, 1, 200);
        var rows = await failed.AsNoTracking().OrderBy(w => w.Id).Take(limit + 1).ToListAsync(ct);
        var items = rows.Take(limit).Select(View).ToList();
        return new WorkView(await DepthAsync(db, ct), items, rows.Count > limit ? items[^1].Id.ToString() : null);
    }

    /// <summary>Has failed work tried again at once, with all its tries before it. What has not failed, or is being worked at, is a conflict.</summary>
    public async Task<Outcome<FailedWork>> RetryAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!(await db.EnterAsync(actor, ct)).Has(Role.Administrator)) return Refusal.NotFound;
        var row = await db.DueWork.AsNoTracking().FirstOrDefaultAsync(w => w.Id == id, ct);
        if (row is null) return Refusal.NotFound;
        var now = clock.Now();
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var again = await Failed(db.DueWork).Where(w => w.Id == id)
            .ExecuteUpdateAsync(s => s.SetProperty(w => w.DueAt, now).SetProperty(w => w.Attempts, 0).SetProperty(w => w.DeadAt, (DateTime?)null), ct);
        if (again == 0) return Refusal.Conflict("work.notFailed");
        db.Audit(clock, actor, "work.retry", "work", id, $"{row.Kind} {row.LastError}");
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        (row.DueAt, row.Attempts, row.DeadAt) = (now, 0, null);
        return View(row);
    }

    /// <summary>Every queue there is, by kind: also what the metrics read.</summary>
    [SystemWork]
    public async Task<IReadOnlyList<QueueDepth>> DepthAsync(CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await DepthAsync(db, ct);
    }

    private async Task<IReadOnlyList<QueueDepth>> DepthAsync(HubDb db, CancellationToken ct)
    {
        var now = clock.Now();
        var work = await db.DueWork.GroupBy(w => w.Kind).Select(g => new QueueDepth(
            g.Key,
            g.Count(w => w.DeadAt == null && w.WantedAt <= now && (w.Holder == null || w.DueAt <= now)),
            g.Count(w => w.DeadAt == null && w.Holder != null && w.DueAt > now),
            g.Count(w => w.DeadAt != null),
            g.Min(w => w.DeadAt == null && w.WantedAt <= now && (w.Holder == null || w.DueAt <= now) ? (DateTime?)w.WantedAt : null),
            g.Min(w => w.DeadAt == null ? (DateTime?)w.DueAt : null))).ToListAsync(ct);
        var runs = await db.FixRuns.Where(r => r.State == RunState.Working).GroupBy(r => r.State).Select(g => new QueueDepth(
            Runs,
            g.Count(r => r.DueAt <= now),
            g.Count(r => r.DueAt > now),
            0,
            g.Min(r => r.DueAt <= now ? r.DueAt : null),
            g.Min(r => r.DueAt))).FirstOrDefaultAsync(ct);
        return [.. work.Append(runs ?? new QueueDepth(Runs, 0, 0, 0, null, null)).OrderBy(q => q.Kind, StringComparer.Ordinal)];
    }

    private static IQueryable<DueWork> Failed(IQueryable<DueWork> work) => work.Where(w => w.DeadAt != null || (w.LastError != null && w.Holder == null && w.Attempts > 0));

    private static FailedWork View(DueWork w) => new(w.Id, w.Kind, w.Attempts, w.LastError ?? "", w.WantedAt, w.DeadAt is null ? w.DueAt : null, w.DeadAt);
}
