using Hub.Domain.Audit;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Legal holds of Compliance on a conversation, or on all that a person wrote: while one stands no retention rule removes any of it, nor are files of deleted messages erased. Members
/// see nothing of them.
/// </summary>
public sealed class HoldService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>Most characters of a reason.</summary>
    public const int MostOfReason = 500;

    /// <summary>Most characters of a reference.</summary>
    public const int MostOfReference = 100;

    /// <summary>Holds of the bodies for which the actor holds Compliance, the newest first: those that stand, or those that ended. For everybody else there is nothing here.</summary>
    public async Task<Outcome<Page<HoldRecord>>> ListAsync(Actor actor, bool ended = false, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.IsCompliance()) return Refusal.NotFound;
        limit = Math.Clamp(limit, 1, 200);
        var some = Mine(db, viewer).Where(h => h.EndedAt != null == ended);
        if (after is not null)
        {
            if (!Guid.TryParse(after, out var last)) return Refusal.Invalid("after", "chat.cursor");
            some = some.Where(h => h.Id.CompareTo(last) < 0);
        }
        var found = await ReadAsync(db, some.OrderByDescending(h => h.Id).Take(limit + 1), ct);
        return new Page<HoldRecord>([.. found.Take(limit)], found.Count > limit ? found[limit - 1].Id.ToString() : null);
    }

    /// <summary>Places a hold on a conversation of one's body, or on a person of it. From the answer on nothing of it is removed.</summary>
    public async Task<Outcome<HoldRecord>> PlaceAsync(Actor actor, NewHold hold, CancellationToken ct = default)
    {
        var (reason, reference) = (hold.Reason, hold.Reference);
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.IsCompliance()) return Refusal.NotFound;
        if (Keeping.Check(ref reason, "reason", MostOfReason) is { } wrong) return wrong;
        if (Keeping.Check(ref reference, "reference", MostOfReference, mayBeEmpty: true) is { } unfit) return unfit;
        var address = hold.Email?.Trim().ToLowerInvariant();
        var named = hold.PersonId is not null || !string.IsNullOrEmpty(address);
        if (named == hold.ConversationId is not null) return Refusal.Invalid("conversationId", "hold.subject");
        var body = hold.ConversationId is { } id
            ? await db.Conversations.UnderComplianceOf(viewer).Where(c => c.Id == id).Select(c => new { c.OrganisationId, Person = (Guid?)null }).FirstOrDefaultAsync(ct)
            : await db.People.Where(p => (p.Id == hold.PersonId || p.Email == address) && db.Organisations.UnderComplianceOf(viewer).Any(o => o.Id == p.OrganisationId)).Select(p => new { p.OrganisationId, Person = (Guid?)p.Id }).FirstOrDefaultAsync(ct);
        if (body is null) return named ? Refusal.Invalid("email", "hold.person") : Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // What is being removed or erased in this moment is so first; nothing is afterwards.
        await db.LockKeepingAsync(ct);
        var row = new LegalHold
        {
            Id = clock.NewId(), OrganisationId = body.OrganisationId, ConversationId = hold.ConversationId, PersonId = body.Person, Reason = reason, Reference = reference,
            PlacedAt = clock.Now(), PlacedById = actor.PersonId,
        };
        db.LegalHolds.Add(row);
        db.Audit(clock, actor, "hold.place", row.PersonId is null ? "conversation" : "person", row.PersonId ?? row.ConversationId, reference);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        return (await ReadAsync(db, db.LegalHolds.Where(h => h.Id == row.Id), ct))[0];
    }

    /// <summary>Ends a hold; who did and when stays with it. Doing it again changes nothing.</summary>
    public async Task<Outcome<HoldRecord>> EndAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var now = clock.Now();
        if (!await Mine(db, viewer).AnyAsync(h => h.Id == id, ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        if (await db.LegalHolds.Where(h => h.Id == id && h.EndedAt == null).ExecuteUpdateAsync(s => s.SetProperty(h => h.EndedAt, now).SetProperty(h => h.EndedById, actor.PersonId), ct) == 1)
        {
            db.Audit(clock, actor, "hold.end", "hold", id);
            await db.SaveChangesAsync(ct);
            await tx.CommitAsync(ct);
        }
        return (await ReadAsync(db, db.LegalHolds.Where(h => h.Id == id), ct))[0];
    }

    /// <summary>Holds with the names of what they are on; the caller has asked who may know.</summary>
    internal static async Task<List<HoldRecord>> ReadAsync(HubDb db, IQueryable<LegalHold> holds, CancellationToken ct)
    {
        var rows = await holds.AsNoTracking().Select(h => new
        {
            H = h, Person = h.Person == null ? "" : h.Person.Name, By = h.PlacedBy.Name, EndedBy = h.EndedBy == null ? "" : h.EndedBy.Name,
        }).ToListAsync(ct);
        var names = await db.NamesAsync([.. rows.Select(r => r.H.ConversationId).OfType<Guid>().Distinct()], Guid.Empty, ct);
        return rows.ConvertAll(r => new HoldRecord(r.H.Id, r.H.ConversationId, r.H.PersonId, r.H.ConversationId is { } on ? names[on] : r.Person, r.H.Reason, r.H.Reference,
            new Author(r.H.PlacedById, r.By), r.H.PlacedAt, r.H.EndedById is { } by ? new Author(by, r.EndedBy) : null, r.H.EndedAt));
    }

    private static IQueryable<LegalHold> Mine(HubDb db, Viewer viewer) => db.LegalHolds.Where(h => db.Organisations.UnderComplianceOf(viewer).Any(o => o.Id == h.OrganisationId));
}
