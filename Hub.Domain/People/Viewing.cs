using System.Collections.Concurrent;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Hub.Domain.People;

/// <summary>A role as it is held now.</summary>
public sealed record HeldRole(Role Role, ScopeKind Scope, Guid? ScopeId);

/// <summary>
/// An actor with what the database says of them at this moment. Lives for one operation; rooms' <c>VisibleTo</c> take it.
/// </summary>
/// <param name="Actor">Who asks.</param>
/// <param name="OrganisationId">Their body; <see cref="Guid.Empty"/> for somebody unknown or gone.</param>
/// <param name="Name">Their name.</param>
/// <param name="Reach">Every id by which an audience reaches them: body, units up to the top, groups, themselves.</param>
/// <param name="Roles">Grants that stand now.</param>
public sealed record Viewer(Actor Actor, Guid OrganisationId, string Name, IReadOnlyList<Guid> Reach, IReadOnlyList<HeldRole> Roles)
{
    public Guid PersonId => Actor.PersonId;

    /// <summary>False for somebody who left or never was: every <c>VisibleTo</c> is then empty.</summary>
    public bool Known => OrganisationId != Guid.Empty;

    /// <summary>True if the role is held for the whole hub or for this scope.</summary>
    public bool Has(Role role, ScopeKind scope = ScopeKind.Hub, Guid? scopeId = null) =>
        Roles.Any(r => r.Role == role && (r.Scope == ScopeKind.Hub || (r.Scope == scope && r.ScopeId == scopeId)));

    public bool HasForBody(Role role, Guid organisationId) => Has(role, ScopeKind.Organisation, organisationId);
}

/// <summary>How an operation begins: the actor becomes a <see cref="Viewer"/>, and queries go through permission.</summary>
public static class Viewing
{
    // Asked before everything else, so it is worth being translated once: a database's own model has its own translation.
    private static readonly ConcurrentDictionary<IModel, Func<HubDb, Guid, CancellationToken, Task<Known?>>> queries = new();

    /// <summary>Reads who the actor is now: one query.</summary>
    public static async Task<Viewer> EnterAsync(this HubDb db, Actor actor, CancellationToken ct = default)
    {
        var p = await queries.GetOrAdd(db.Model, _ => EF.CompileAsyncQuery((HubDb db, Guid id, CancellationToken ct) => db.People.AsNoTracking()
            .Where(p => p.Id == id && p.LeftAt == null)
            .Select(p => new Known(p.OrganisationId, p.Name, p.Unit == null ? "" : p.Unit.Path, p.Groups.Select(g => g.GroupId).ToList(),
                p.Roles.Where(r => r.EndedAt == null).Select(r => new HeldRole(r.Role, r.Scope, r.ScopeId)).ToList()))
            .AsSingleQuery().FirstOrDefault()))(db, actor.PersonId, ct);
        if (p is null) return new Viewer(actor, Guid.Empty, "", [], []);
        var units = p.Path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Guid.Parse);
        return new Viewer(actor, p.OrganisationId, p.Name, [actor.PersonId, p.OrganisationId, .. units, .. p.Groups], p.Roles);
    }

    /// <summary>People of the viewer's own body, and of bodies that opened their directory to it. Bots are found by nobody: they are seen where they write.</summary>
    public static IQueryable<Person> VisibleTo(this IQueryable<Person> people, Viewer viewer) =>
        viewer.Known ? people.Where(p => p.Kind != ActorKind.Bot && (p.Id == viewer.PersonId || p.Organisation.Audience.Any(a => viewer.Reach.Contains(a.TargetId)))) : people.Where(p => false);

    private sealed record Known(Guid OrganisationId, string Name, string Path, List<Guid> Groups, List<HeldRole> Roles);
}
