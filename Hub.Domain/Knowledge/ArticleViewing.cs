using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Knowledge;

/// <summary>Who sees and who may change an article: one expression each, used by the list, by single reads, by watches and by search.</summary>
public static class ArticleViewing
{
    /// <summary>Published ones that reach the viewer, their own, and all of the bodies where they are knowledge manager.</summary>
    public static IQueryable<Article> VisibleTo(this IQueryable<Article> articles, Viewer viewer)
    {
        if (!viewer.Known) return articles.Where(a => false);
        var (everywhere, bodies) = Managed(viewer);
        return articles.Where(a => (a.PublishedNumber != null && a.Audience.Any(t => viewer.Reach.Contains(t.TargetId)))
            || a.OwnerId == viewer.PersonId || everywhere || bodies.Contains(a.OrganisationId));
    }

    /// <summary>Published and reaching the viewer: what a search may find.</summary>
    public static IQueryable<Article> FindableBy(this IQueryable<Article> articles, Viewer viewer) =>
        articles.VisibleTo(viewer).Where(a => a.PublishedNumber != null);

    /// <summary>Those whose working text is the viewer's business.</summary>
    public static IQueryable<Article> EditableBy(this IQueryable<Article> articles, Viewer viewer)
    {
        if (!viewer.Known) return articles.Where(a => false);
        var (everywhere, bodies) = Managed(viewer);
        return articles.Where(a => a.OwnerId == viewer.PersonId || everywhere || bodies.Contains(a.OrganisationId));
    }

    internal static bool MayPublish(this Viewer viewer, Article article) => viewer.HasForBody(Role.KnowledgeManager, article.OrganisationId);

    internal static bool MayEdit(this Viewer viewer, Article article) =>
        viewer.Known && (article.OwnerId == viewer.PersonId || viewer.MayPublish(article));

    /// <summary>The article as the viewer sees it; null when they do not.</summary>
    internal static async Task<ArticleView?> ViewAsync(this HubDb db, Viewer viewer, Guid id, CancellationToken ct)
    {
        var a = await db.Articles.AsNoTracking().VisibleTo(viewer).Include(x => x.Owner).Include(x => x.Service).FirstOrDefaultAsync(x => x.Id == id, ct);
        if (a is null) return null;
        var mayEdit = viewer.MayEdit(a);
        var shown = a.PublishedNumber ?? a.LatestNumber;
        var texts = await db.ArticleVersions.AsNoTracking().Include(v => v.SavedBy)
            .Where(v => v.ArticleId == id && (v.Number == shown || v.Number == a.LatestNumber)).ToDictionaryAsync(v => v.Number, ct);
        var feedback = await db.ArticleFeedback.Where(f => f.ArticleId == id && f.Number == shown).GroupBy(f => f.Helpful)
            .Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var body = await db.Organisations.Where(o => o.Id == a.OrganisationId).Select(o => o.Name).FirstAsync(ct);
        var publisher = a.PublishedById is { } by ? await db.People.Where(p => p.Id == by).Select(p => p.Name).FirstOrDefaultAsync(ct) : null;
        var draft = mayEdit && a.PublishedNumber is not null && a.LatestNumber > shown ? texts[a.LatestNumber] : null;
        var html = a.PublishedNumber is null ? Markdown.Article(texts[shown].Body) : a.Html;
        return new ArticleView(a.Id, texts[shown].Title, texts[shown].Body, html, new(a.OwnerId, a.Owner.Name), new(a.OrganisationId, body),
            a.Service is null ? null : new(a.Service.Id, a.Service.Name), await NamedAsync(db, viewer, mayEdit, a.Audience, ct),
            a.PublishedNumber, a.PublishedAt, publisher, feedback.GetValueOrDefault(true), feedback.GetValueOrDefault(false), a.Version, mayEdit, viewer.MayPublish(a),
            draft is null ? null : new(draft.Number, draft.Title, draft.Body, draft.SavedAt, draft.SavedBy.Name));
    }

    // Readers are told bodies, and what is of their own; the units, groups and people of other bodies are for those who choose them.
    private static async Task<IReadOnlyList<ArticleReader>> NamedAsync(HubDb db, Viewer viewer, bool whole, List<AudienceEntry> audience, CancellationToken ct)
    {
        var (ids, own) = (audience.Select(t => t.TargetId).ToList(), viewer.OrganisationId);
        var names = await db.Organisations.Where(o => ids.Contains(o.Id)).Select(o => new { o.Id, o.Name })
            .Concat(db.Units.Where(u => ids.Contains(u.Id) && (whole || u.OrganisationId == own)).Select(u => new { u.Id, u.Name }))
            .Concat(db.Groups.Where(g => ids.Contains(g.Id) && (whole || g.OrganisationId == own)).Select(g => new { g.Id, g.Name }))
            .Concat(db.People.Where(p => ids.Contains(p.Id) && (whole || p.OrganisationId == own)).Select(p => new { p.Id, p.Name })).ToDictionaryAsync(n => n.Id, n => n.Name, ct);
        return [.. audience.Where(t => whole || names.ContainsKey(t.TargetId)).Select(t => new ArticleReader(t.Kind, t.TargetId, names.GetValueOrDefault(t.TargetId, ""))).OrderBy(r => r.Name, StringComparer.Ordinal)];
    }

    private static (bool Everywhere, List<Guid> Bodies) Managed(Viewer viewer)
    {
        var bodies = viewer.Roles.Where(r => r is { Role: Role.KnowledgeManager, Scope: ScopeKind.Organisation, ScopeId: not null }).Select(r => r.ScopeId!.Value).ToList();
        return (viewer.Has(Role.KnowledgeManager), bodies);
    }
}
