using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Whom somebody answers for: the people of the units they supervise, with all below, and of the bodies they administer.</summary>
internal static class Leading
{
    public static IQueryable<Person> LedBy(this IQueryable<Person> people, HubDb db, Viewer viewer)
    {
        if (!viewer.Known) return people.Where(p => false);
        if (viewer.Has(Role.Administrator)) return people;
        var bodies = viewer.AdministeredBodies();
        return people.Where(p => bodies.Contains(p.OrganisationId) || (p.Unit != null && db.Units.Any(u => u.SupervisorId == viewer.PersonId && p.Unit.Path.StartsWith(u.Path))));
    }

    public static IQueryable<Unit> LedBy(this IQueryable<Unit> units, HubDb db, Viewer viewer)
    {
        if (!viewer.Known) return units.Where(u => false);
        if (viewer.Has(Role.Administrator)) return units;
        var bodies = viewer.AdministeredBodies();
        return units.Where(u => bodies.Contains(u.OrganisationId) || db.Units.Any(s => s.SupervisorId == viewer.PersonId && u.Path.StartsWith(s.Path)));
    }

    /// <summary>True if the viewer supervises a unit or administers a body.</summary>
    public static async Task<bool> LeadsAsync(this HubDb db, Viewer viewer, CancellationToken ct) =>
        viewer.Known && (viewer.Roles.Any(r => r is { Role: Role.Administrator, Scope: ScopeKind.Hub or ScopeKind.Organisation }) || await db.Units.AnyAsync(u => u.SupervisorId == viewer.PersonId, ct));

    private static List<Guid> AdministeredBodies(this Viewer viewer) =>
        [.. viewer.Roles.Where(r => r is { Role: Role.Administrator, Scope: ScopeKind.Organisation, ScopeId: not null }).Select(r => r.ScopeId!.Value)];
}
