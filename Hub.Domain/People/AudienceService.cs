using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Something that an audience names: a body, a unit, a group or a person. The name is empty to whoever may not name it.</summary>
public sealed record AudienceName(AudienceKind Kind, Guid Id, string Name);

/// <summary>Finds what one may name when one says who may find a thing.</summary>
public sealed class AudienceService(IDbContextFactory<HubDb> hub)
{
    /// <summary>
    /// Bodies, units and groups of one's own body, and people whom one finds, whose name contains <paramref name="text"/>: in this order, at
    /// most <paramref name="most"/> (1–50) of each kind; nothing for an empty text.
    /// </summary>
    public async Task<IReadOnlyList<AudienceName>> FindAsync(Actor actor, string text, int most = 5, CancellationToken ct = default)
    {
        var words = text.Trim().ToLowerInvariant();
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known || words.Length == 0 || words.Contains('\0', StringComparison.Ordinal)) return [];
        most = Math.Clamp(most, 1, 50);
        var own = viewer.OrganisationId;
        var found = new List<AudienceName>();
        found.AddRange(await db.Organisations.Where(o => o.Name.ToLower().Contains(words)).OrderBy(o => o.Name).Take(most)
            .Select(o => new AudienceName(AudienceKind.Organisation, o.Id, o.Name)).ToListAsync(ct));
        found.AddRange(await db.Units.Where(u => u.OrganisationId == own && u.Name.ToLower().Contains(words)).OrderBy(u => u.Name).ThenBy(u => u.Id).Take(most)
            .Select(u => new AudienceName(AudienceKind.Unit, u.Id, u.Name)).ToListAsync(ct));
        found.AddRange(await db.Groups.Where(g => g.OrganisationId == own && g.Name.ToLower().Contains(words)).OrderBy(g => g.Name).ThenBy(g => g.Id).Take(most)
            .Select(g => new AudienceName(AudienceKind.Group, g.Id, g.Name)).ToListAsync(ct));
        found.AddRange(await db.People.VisibleTo(viewer).Where(p => p.LeftAt == null && p.Kind == ActorKind.Person && p.Name.ToLower().Contains(words)).OrderBy(p => p.Name).ThenBy(p => p.Id).Take(most)
            .Select(p => new AudienceName(AudienceKind.Person, p.Id, p.Name)).ToListAsync(ct));
        return found;
    }

    /// <summary>What an audience names, by kind and name. Bodies are named to everyone; units, groups and people of other bodies to nobody.</summary>
    internal static async Task<IReadOnlyList<AudienceName>> NamedAsync(HubDb db, Viewer viewer, IReadOnlyCollection<AudienceEntry> audience, CancellationToken ct)
    {
        var (ids, own) = (audience.Select(a => a.TargetId).ToList(), viewer.OrganisationId);
        var names = await db.Organisations.Where(o => ids.Contains(o.Id)).Select(o => new { o.Id, o.Name })
            .Concat(db.Units.Where(u => ids.Contains(u.Id) && u.OrganisationId == own).Select(u => new { u.Id, u.Name }))
            .Concat(db.Groups.Where(g => ids.Contains(g.Id) && g.OrganisationId == own).Select(g => new { g.Id, g.Name }))
            .Concat(db.People.VisibleTo(viewer).Where(p => ids.Contains(p.Id)).Select(p => new { p.Id, p.Name })).ToDictionaryAsync(n => n.Id, n => n.Name, ct);
        return [.. audience.Select(a => new AudienceName(a.Kind, a.TargetId, names.GetValueOrDefault(a.TargetId, ""))).OrderBy(a => a.Kind).ThenBy(a => a.Name, StringComparer.Ordinal).ThenBy(a => a.Id)];
    }
}
