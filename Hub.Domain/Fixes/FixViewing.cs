using Hub.Domain.People;

namespace Hub.Domain.Fixes;

/// <summary>Who sees which fixes and runs.</summary>
public static class FixViewing
{
    /// <summary>Published fixes whose audience reaches the viewer.</summary>
    public static IQueryable<Fix> VisibleTo(this IQueryable<Fix> fixes, Viewer viewer) =>
        fixes.Where(f => f.PublishedNumber != null && f.Audience.Any(a => viewer.Reach.Contains(a.TargetId)));

    /// <summary>
    /// One's own; and once its runner asked for a person, those who help: service desk agents of the hub or of the runner's
    /// body, engineers of the supplier of the fix's service.
    /// </summary>
    public static IQueryable<FixRun> VisibleTo(this IQueryable<FixRun> runs, Viewer viewer)
    {
        if (!viewer.Known) return runs.Where(r => false);
        var everywhere = viewer.Has(Role.ServiceDeskAgent);
        var bodies = Scopes(viewer, Role.ServiceDeskAgent, ScopeKind.Organisation);
        var suppliers = Scopes(viewer, Role.SupplierEngineer, ScopeKind.Supplier);
        return runs.Where(r => r.PersonId == viewer.PersonId
            || (r.HandedOverAt != null && (everywhere || bodies.Contains(r.Person.OrganisationId) || suppliers.Contains(r.Fix.Service.SupplierId))));
    }

    private static List<Guid> Scopes(Viewer viewer, Role role, ScopeKind scope) =>
        [.. viewer.Roles.Where(r => r.Role == role && r.Scope == scope && r.ScopeId != null).Select(r => r.ScopeId!.Value)];
}
