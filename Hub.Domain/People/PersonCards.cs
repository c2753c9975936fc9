using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Cards of colleagues who are linked to.</summary>
internal sealed class PersonCards : ICardSource
{
    public CardKind Kind => CardKind.Person;

    public string Room => "people";

    public Task<IReadOnlyDictionary<string, Guid>> FindAsync(HubDb db, Viewer viewer, IReadOnlyCollection<string> addresses, CancellationToken ct = default) =>
        Task.FromResult(HubAddress.Ids(addresses, "/people/"));

    public async Task<IReadOnlyList<LinkCard>> CardsAsync(HubDb db, Viewer viewer, IReadOnlyCollection<Guid> ids, CancellationToken ct = default)
    {
        var rows = await db.People.AsNoTracking().VisibleTo(viewer).Where(p => ids.Contains(p.Id) && p.LeftAt == null && p.Kind == ActorKind.Person)
            .Select(p => new { p.Id, p.Name, p.JobTitle, Unit = p.Unit == null ? p.Organisation.Name : p.Unit.Name }).ToListAsync(ct);
        return rows.ConvertAll(p => new LinkCard(CardKind.Person, p.Id, $"/people/{p.Id}", p.Name) { Text = p.JobTitle, Place = p.Unit });
    }
}
