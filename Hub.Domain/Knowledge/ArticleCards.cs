using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Knowledge;

/// <summary>Cards of articles that are linked to; a draft's for those whose business it is.</summary>
internal sealed class ArticleCards : ICardSource
{
    public CardKind Kind => CardKind.Article;

    public string Room => "articles";

    public Task<IReadOnlyDictionary<string, Guid>> FindAsync(HubDb db, Viewer viewer, IReadOnlyCollection<string> addresses, CancellationToken ct = default) =>
        Task.FromResult(HubAddress.Ids(addresses, "/articles/"));

    public async Task<IReadOnlyList<LinkCard>> CardsAsync(HubDb db, Viewer viewer, IReadOnlyCollection<Guid> ids, CancellationToken ct = default)
    {
        var rows = await db.Articles.AsNoTracking().VisibleTo(viewer).Where(a => ids.Contains(a.Id))
            .Select(a => new { a.Id, a.Title, a.Summary, Published = a.PublishedNumber != null, Service = a.Service == null ? "" : a.Service.Name, a.Version }).ToListAsync(ct);
        return rows.ConvertAll(a => new LinkCard(CardKind.Article, a.Id, $"/articles/{a.Id}", a.Title) { Text = a.Summary, Place = a.Service, State = a.Published ? "published" : "draft", Version = a.Version });
    }
}
