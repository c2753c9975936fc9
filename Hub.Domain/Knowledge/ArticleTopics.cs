using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Knowledge;

/// <summary>What of the articles may be watched (<c>article:{id}</c>) and found.</summary>
public sealed class ArticleTopics(IDbContextFactory<HubDb> hub) : ITopicSource, ISearchSource
{
    string ITopicSource.Kind => "article";

    SearchKind ISearchSource.Kind => SearchKind.Article;

    /// <summary>The topic of a body's list of published articles.</summary>
    internal static Topic Shelf(Guid organisationId) => new("articles", organisationId);

    IQueryable<Guid> ISearchSource.Visible(HubDb db, Viewer viewer) => db.Articles.FindableBy(viewer).Select(a => a.Id);

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.Articles.VisibleTo(viewer).Where(a => ids.Contains(a.Id)).Select(a => a.Id).ToHashSetAsync(ct);
    }

    async Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.Articles.Where(a => ids.Contains(a.Id)).ToDictionaryAsync(a => a.Id, a => a.Version, ct);
    }
}

/// <summary>
/// The list of a body's published articles, topic <c>articles:{body}</c>. Its version is how many versions the body has
/// published: it needs no row of its own, and the body's row is locked while one is added, so that it is gapless.
/// </summary>
public sealed class ShelfTopics(IDbContextFactory<HubDb> hub) : ITopicSource
{
    string ITopicSource.Kind => "articles";

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var bodies = await db.Articles.VisibleTo(viewer).Where(a => ids.Contains(a.OrganisationId)).Select(a => a.OrganisationId).Distinct().ToListAsync(ct);
        return viewer.Known ? ids.Where(id => id == viewer.OrganisationId || bodies.Contains(id)).ToHashSet() : [];
    }

    async Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var counts = await db.Articles.Where(a => ids.Contains(a.OrganisationId)).SelectMany(a => a.Versions.Where(v => v.PublishedAt != null), (a, v) => a.OrganisationId)
            .GroupBy(id => id).Select(g => new { g.Key, Count = g.LongCount() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        return ids.ToDictionary(id => id, id => counts.GetValueOrDefault(id));
    }
}

internal static class ShelfVersions
{
    /// <summary>Holds the body's row until the transaction ends: publications of one body come one after the other.</summary>
    public static Task LockShelfAsync(this HubDb db, Guid organisationId, CancellationToken ct) =>
        db.Organisations.Where(o => o.Id == organisationId).ExecuteUpdateAsync(s => s.SetProperty(o => o.Name, o => o.Name), ct);

    public static Task<long> ShelfVersionAsync(this HubDb db, Guid organisationId, CancellationToken ct) =>
        db.Articles.Where(a => a.OrganisationId == organisationId).SelectMany(a => a.Versions).LongCountAsync(v => v.PublishedAt != null, ct);
}
