using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>What an audience entry points at.</summary>
public enum AudienceKind { Organisation, Unit, Group, Person }

/// <summary>
/// One entry of an Audience: everyone of this body, unit (with all below it), group, or this person. An empty audience
/// reaches nobody: what has one is known to its members alone.
/// </summary>
public sealed class AudienceEntry
{
    public AudienceKind Kind { get; set; }
    public Guid TargetId { get; set; }

    public static AudienceEntry Body(Guid organisationId) => new() { Kind = AudienceKind.Organisation, TargetId = organisationId };
}

/// <summary>Whom somebody may name when they say who may find a thing.</summary>
internal static class Naming
{
    /// <summary>True if all may be named: any body, units and groups of the viewer's own, people whom they find and who are still here. One query a kind.</summary>
    public static async Task<bool> MayNameAsync(this HubDb db, Viewer viewer, IEnumerable<(AudienceKind Kind, Guid Id)> entries, CancellationToken ct)
    {
        foreach (var kind in entries.Distinct().GroupBy(e => e.Kind, e => e.Id))
        {
            var ids = kind.ToList();
            var known = kind.Key switch
            {
                AudienceKind.Organisation => db.Organisations.Where(o => ids.Contains(o.Id)).Select(o => o.Id),
                AudienceKind.Unit => db.Units.Where(u => ids.Contains(u.Id) && u.OrganisationId == viewer.OrganisationId).Select(u => u.Id),
                AudienceKind.Group => db.Groups.Where(g => ids.Contains(g.Id) && g.OrganisationId == viewer.OrganisationId).Select(g => g.Id),
                AudienceKind.Person => db.People.VisibleTo(viewer).Where(p => ids.Contains(p.Id) && p.LeftAt == null).Select(p => p.Id),
                _ => null,
            };
            if (known is null || await known.CountAsync(ct) != ids.Count) return false;
        }
        return true;
    }
}
