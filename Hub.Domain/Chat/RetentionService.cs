using Hub.Domain.Audit;
using Hub.Domain.Storage;
using Hub.Domain.People;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>For how long a body keeps the messages of each kind of conversation: a rule of its Compliance, for ever where there is none. <see cref="RetentionWork"/> removes what is older, from a day after the rule was set.</summary>
public sealed class RetentionService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>Most days of a rule.</summary>
    public const int MostDays = 36_500;

    /// <summary>For so long a rule that was set removes nothing: a wrong one can be taken back.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    /// <summary>The rules of the bodies for which the actor holds Compliance: one for each kind of conversation. For everybody else there is nothing here.</summary>
    public async Task<Outcome<IReadOnlyList<RetentionView>>> ListAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return viewer.IsCompliance() ? await ViewAsync(db, viewer, ct) : Refusal.NotFound;
    }

    /// <summary>Sets the rule of a body for one kind; null days: for ever. <paramref name="version"/> is the <see cref="RetentionView.Version"/> that was seen. What stands already changes nothing.</summary>
    public async Task<Outcome<RetentionView>> SetAsync(Actor actor, Guid organisationId, RetentionKind kind, int? days, int version, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Organisations.UnderComplianceOf(viewer).AnyAsync(o => o.Id == organisationId, ct)) return Refusal.NotFound;
        if (days is < 1 or > MostDays) return Refusal.Invalid("days", "retention.days", MostDays);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.LockKeepingAsync(ct);
        var row = await db.RetentionRules.FirstOrDefaultAsync(r => r.OrganisationId == organisationId && r.Kind == kind, ct);
        if (row?.Days != days)
        {
            if ((row?.Version ?? 0) != version) return Refusal.Stale((await ViewAsync(db, viewer, ct)).First(v => v.OrganisationId == organisationId && v.Kind == kind));
            if (row is null) db.RetentionRules.Add(row = new RetentionRule { OrganisationId = organisationId, Kind = kind });
            (row.Days, row.Version, row.SetAt, row.SetById) = (days, version + 1, clock.Now(), actor.PersonId);
            db.Audit(clock, actor, "retention.set", "organisation", organisationId, FormattableString.Invariant($"{kind} {days}").TrimEnd());
            await db.SaveChangesAsync(ct);
            await tx.CommitAsync(ct);
        }
        return (await ViewAsync(db, viewer, ct)).First(v => v.OrganisationId == organisationId && v.Kind == kind);
    }

    private static async Task<List<RetentionView>> ViewAsync(HubDb db, Viewer viewer, CancellationToken ct)
    {
        var bodies = await db.Organisations.UnderComplianceOf(viewer).OrderBy(o => o.Name).Select(o => new { o.Id, o.Name }).ToListAsync(ct);
        var ids = bodies.ConvertAll(b => b.Id);
        var rules = (await db.RetentionRules.AsNoTracking().Where(r => ids.Contains(r.OrganisationId)).Select(r => new { r.OrganisationId, r.Kind, r.Days, r.Version, r.SetAt, By = new Author(r.SetById, r.SetBy.Name) }).ToListAsync(ct))
            .ToDictionary(r => (r.OrganisationId, r.Kind));
        return [.. bodies.SelectMany(b => Enum.GetValues<RetentionKind>(), (b, kind) =>
            rules.TryGetValue((b.Id, kind), out var rule) ? new RetentionView(b.Id, b.Name, kind, rule.Days, rule.SetAt, rule.By, rule.Version) : new RetentionView(b.Id, b.Name, kind, null, null, null, 0))];
    }
}
