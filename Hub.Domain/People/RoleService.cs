using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Who holds which role, in which scope. Granting and ending are an administrator's, audited, and work at once.</summary>
public sealed class RoleService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>Grants a role; the same grant again changes nothing. An administrator of a body grants within that body only.</summary>
    public async Task<Outcome<Guid>> GrantAsync(Actor actor, Guid personId, Role role, ScopeKind scope, Guid? scopeId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await MayManageAsync(db, viewer, personId, scope, scopeId, ct)) return Refusal.NotFound;
        if (!await db.People.AnyAsync(p => p.Id == personId, ct)) return Refusal.NotFound;
        if (scope == ScopeKind.Hub != (scopeId is null)) return Refusal.Invalid("scopeId", "role.scope");
        return await GrantAsync(db, actor, personId, role, scope, scopeId, ct);
    }

    /// <summary>The first administrator, and seeds: from the command line of the machine itself.</summary>
    [SystemWork]
    public async Task<Guid> GrantAsync(Guid personId, Role role, ScopeKind scope, Guid? scopeId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await GrantAsync(db, null, personId, role, scope, scopeId, ct);
    }

    /// <summary>Ends a grant, with every equal one. The rows stay, with who ended them and when.</summary>
    public async Task<Outcome<bool>> EndAsync(Actor actor, Guid grantId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var grant = await db.RoleGrants.AsNoTracking().FirstOrDefaultAsync(r => r.Id == grantId && r.EndedAt == null, ct);
        if (grant is null || !await MayManageAsync(db, viewer, grant.PersonId, grant.Scope, grant.ScopeId, ct)) return Refusal.NotFound;
        return await EndAsync(db, actor, grant.PersonId, Open(db, grant.PersonId, grant.Role).Where(r => r.Scope == grant.Scope && r.ScopeId == grant.ScopeId), ct) ? true : Refusal.NotFound;
    }

    /// <summary>Ends whatever of a role somebody holds, in every scope; false if they hold none of it: from the command line of the machine itself.</summary>
    [SystemWork]
    public async Task<bool> EndAsync(Guid personId, Role role, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await EndAsync(db, null, personId, Open(db, personId, role), ct);
    }

    /// <summary>True if the actor administers the whole hub.</summary>
    public async Task<bool> AdministersAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return (await db.EnterAsync(actor, ct)).Has(Role.Administrator);
    }

    private static async Task<bool> MayManageAsync(HubDb db, Viewer viewer, Guid personId, ScopeKind scope, Guid? scopeId, CancellationToken ct)
    {
        if (viewer.Has(Role.Administrator)) return true;
        if (scope != ScopeKind.Organisation || scopeId is not { } body || !viewer.HasForBody(Role.Administrator, body)) return false;
        return await db.People.AnyAsync(p => p.Id == personId && p.OrganisationId == body, ct);
    }

    private async Task<Guid> GrantAsync(HubDb db, Actor? actor, Guid personId, Role role, ScopeKind scope, Guid? scopeId, CancellationToken ct)
    {
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // The person's row is locked first: of two who grant the same in the same moment, the second finds the first's.
        var version = await db.AdvanceAsync<Person>(personId, ct);
        if (await Open(db, personId, role).Where(r => r.Scope == scope && r.ScopeId == scopeId).Select(r => (Guid?)r.Id).FirstOrDefaultAsync(ct) is { } held) return held;
        var grant = new RoleGrant
        {
            Id = clock.NewId(), PersonId = personId, Role = role, Scope = scope, ScopeId = scopeId,
            GrantedAt = clock.Now(), GrantedById = actor?.PersonId,
        };
        db.RoleGrants.Add(grant);
        db.Audit(clock, actor, "role.grant", "person", personId, $"{role} {scope} {scopeId}");
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        await ChangedAsync(personId, version, ct);
        return grant.Id;
    }

    private async Task<bool> EndAsync(HubDb db, Actor? actor, Guid personId, IQueryable<RoleGrant> which, CancellationToken ct)
    {
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Person>(personId, ct);
        var open = await which.ToListAsync(ct);
        if (open.Count == 0) return false;
        foreach (var row in open) (row.EndedAt, row.EndedById) = (clock.Now(), actor?.PersonId);
        foreach (var ended in open.DistinctBy(r => (r.Scope, r.ScopeId))) db.Audit(clock, actor, "role.end", "person", personId, $"{ended.Role} {ended.Scope} {ended.ScopeId}");
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        await ChangedAsync(personId, version, ct);
        return true;
    }

    private static IQueryable<RoleGrant> Open(HubDb db, Guid personId, Role role) => db.RoleGrants.Where(r => r.PersonId == personId && r.Role == role && r.EndedAt == null);

    private async Task ChangedAsync(Guid personId, long version, CancellationToken ct)
    {
        await live.RecheckAsync(personId: personId, ct: ct);
        live.Publish(new LiveEvent(Topic.Me(personId), version, "roles-changed", new RolesChanged()));
    }
}

/// <summary>Event <c>roles-changed</c> of one's own topic: it says that, not which.</summary>
public sealed record RolesChanged : ILivePayload;
