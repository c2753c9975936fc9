using Hub.Domain.Audit;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Deliveries that were given up: the owners of the channel look at them, have them sent again or discard them.</summary>
public sealed class HookLetters(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>The oldest first; <paramref name="limit"/> is 1–200, <paramref name="after"/> the last page's cursor.</summary>
    public async Task<Outcome<Page<DeadLetter>>> ListAsync(Actor actor, Guid conversationId, Guid hookId, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!await MayAsync(db, actor, conversationId, hookId, ct)) return Refusal.NotFound;
        var dead = from d in db.HookDeliveries.AsNoTracking()
                   join w in db.DueWork on d.WorkId equals w.Id
                   where d.HookId == hookId && w.DeadAt != null
                   select new { Delivery = d, w.DeadAt, w.Attempts };
        if (after is not null)
        {
            if (!Guid.TryParse(after, out var last)) return Refusal.Invalid("after", "after");
            dead = dead.Where(d => d.Delivery.Id.CompareTo(last) > 0);
        }
        limit = Math.Clamp(limit, 1, 200);
        var rows = await dead.OrderBy(d => d.Delivery.Id).Take(limit + 1).ToListAsync(ct);
        List<DeadLetter> items = [.. rows.Take(limit).Select(r => new DeadLetter(
            r.Delivery.Id, r.Delivery.Event, r.Delivery.MessageId, r.Delivery.CreatedAt, r.DeadAt!.Value, r.Delivery.TriedAt, r.Attempts, r.Delivery.Failure, r.Delivery.Status))];
        return new Page<DeadLetter>(items, rows.Count > limit ? items[^1].Id.ToString() : null);
    }

    /// <summary>Has one, or all of a webhook's, sent again at once, with as many tries as the first time. What is not given up stays as it is.</summary>
    /// <returns>How many are sent again.</returns>
    public async Task<Outcome<int>> RepeatAsync(Actor actor, Guid conversationId, Guid hookId, Guid? letterId = null, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!await MayAsync(db, actor, conversationId, hookId, ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var now = clock.Now();
        var again = await Dead(db, hookId, letterId).ExecuteUpdateAsync(s => s.SetProperty(w => w.DueAt, now).SetProperty(w => w.Attempts, 0).SetProperty(w => w.DeadAt, (DateTime?)null), ct);
        if (again == 0 && letterId is not null) return Refusal.NotFound;
        db.Audit(clock, actor, "hook.repeat", "hook", hookId, again.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        return again;
    }

    /// <summary>Takes one, or all of a webhook's, away: they are never delivered. What is not given up stays as it is.</summary>
    /// <returns>How many are gone.</returns>
    public async Task<Outcome<int>> DiscardAsync(Actor actor, Guid conversationId, Guid hookId, Guid? letterId = null, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!await MayAsync(db, actor, conversationId, hookId, ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // Those of now alone: another may be given up in between.
        var works = await Dead(db, hookId, letterId).Select(w => w.Id).ToListAsync(ct);
        var gone = await Dead(db, hookId, letterId).Where(w => works.Contains(w.Id)).ExecuteDeleteAsync(ct);
        if (gone == 0 && letterId is not null) return Refusal.NotFound;
        await db.HookDeliveries.Where(d => d.HookId == hookId && works.Contains(d.WorkId) && !db.DueWork.Any(w => w.Id == d.WorkId)).ExecuteDeleteAsync(ct);
        db.Audit(clock, actor, "hook.discard", "hook", hookId, letterId?.ToString() ?? gone.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        return gone;
    }

    private static async Task<bool> MayAsync(HubDb db, Actor actor, Guid conversationId, Guid hookId, CancellationToken ct) =>
        await db.OwnsAsync(actor, conversationId, ct) && await db.Hooks.AnyAsync(h => h.Id == hookId && h.ConversationId == conversationId && h.EndedAt == null, ct);

    private static IQueryable<DueWork> Dead(HubDb db, Guid hookId, Guid? letterId) =>
        db.DueWork.Where(w => w.Kind == HookDeliveries.Work && w.DeadAt != null && db.HookDeliveries.Any(d => d.WorkId == w.Id && d.HookId == hookId && (letterId == null || d.Id == letterId)));
}
