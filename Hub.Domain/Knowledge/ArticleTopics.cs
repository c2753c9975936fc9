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

/// <summary>The list of a body's published articles, topic <c>articles:{body}</c>: which there are, who may read them, which service they belong to.</summary>
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
        return await db.Organisations.Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.ShelfVersion, ct);
    }
}

internal static class ShelfVersions
{
    /// <summary>
    /// Holds the body's row until the transaction ends: changes of its shelf come one after the other. Taken before any article's
    /// row, by everyone, so that two who need both never wait for each other.
    /// </summary>
    public static Task LockShelfAsync(this HubDb db, Guid organisationId, CancellationToken ct) => db.RaiseShelfAsync(organisationId, 0, ct);

    /// <summary>Raises the shelf's version by the number of changes and gives the new one.</summary>
    public static async Task<long> RaiseShelfAsync(this HubDb db, Guid organisationId, int by, CancellationToken ct)
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("A version advances in a transaction.");
        var row = db.Organisations.Where(o => o.Id == organisationId);
        await row.ExecuteUpdateAsync(s => s.SetProperty(o => o.ShelfVersion, o => o.ShelfVersion + by), ct);
        return await row.Select(o => o.ShelfVersion).SingleAsync(ct);
    }
}
