using System.Globalization;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Knowledge;

/// <summary>Finding one's way among articles: the list, the shelves and an article's history.</summary>
public sealed class ArticleList(IDbContextFactory<HubDb> hub)
{
    /// <summary>Published articles that the actor sees, latest first; or the drafts that are theirs to work on.</summary>
    public async Task<Outcome<Page<ArticleRow>>> ListAsync(Actor actor, ArticleQuery query, CancellationToken ct = default)
    {
        var cursor = Cursor(query.After);
        if (query.After is not null && cursor is null) return Refusal.Invalid("after", "after");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var limit = Math.Clamp(query.Limit, 1, 200);
        var rows = query.Drafts
            ? db.Articles.EditableBy(viewer).Where(a => a.PublishedNumber == null)
            : db.Articles.VisibleTo(viewer).Where(a => a.PublishedNumber != null);
        // No stored text has a NUL, and PostgreSQL refuses to be asked for one.
        if (query.Service?.Contains('\0', StringComparison.Ordinal) == true) return new Page<ArticleRow>([], null);
        if (query.Service is { Length: > 0 } slug) rows = rows.Where(a => a.Service!.Slug == slug);
        if (cursor is var (time, id))
            rows = rows.Where(a => (a.PublishedAt ?? a.CreatedAt) < time || ((a.PublishedAt ?? a.CreatedAt) == time && a.Id.CompareTo(id) < 0));
        var found = await rows.AsNoTracking().OrderByDescending(a => a.PublishedAt ?? a.CreatedAt).ThenByDescending(a => a.Id).Take(limit + 1)
            .Select(a => new
            {
                Row = new ArticleRow(a.Id, a.Title, a.Summary, a.Owner.Name, a.Owner.Organisation.Name, a.Service == null ? null : a.Service.Name, a.PublishedAt, a.PublishedNumber == null, a.Version),
                At = a.PublishedAt ?? a.CreatedAt,
            }).ToListAsync(ct);
        var next = found.Count > limit ? string.Create(CultureInfo.InvariantCulture, $"{found[limit - 1].At.Ticks:x}.{found[limit - 1].Row.Id:N}") : null;
        return new Page<ArticleRow>([.. found.Take(limit).Select(f => f.Row)], next);
    }

    /// <summary>Services with articles for the actor, how many drafts are theirs, and whose lists to watch.</summary>
    public async Task<ArticleShelves> ShelvesAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var published = db.Articles.VisibleTo(viewer).Where(a => a.PublishedNumber != null);
        var counts = await published.GroupBy(a => new { a.ServiceId, a.OrganisationId }).Select(g => new { g.Key.ServiceId, g.Key.OrganisationId, Count = g.Count() }).ToListAsync(ct);
        var services = await db.Services.AsNoTracking().OrderBy(s => s.Category.Name).ThenBy(s => s.Name).Select(s => new { s.Id, s.Slug, s.Name, Category = s.Category.Name }).ToListAsync(ct);
        var drafts = await db.Articles.EditableBy(viewer).CountAsync(a => a.PublishedNumber == null, ct);
        return new ArticleShelves(
            [.. services.Select(s => new ArticleShelf(s.Slug, s.Name, s.Category, counts.Where(c => c.ServiceId == s.Id).Sum(c => c.Count)))],
            counts.Sum(c => c.Count), drafts, [.. counts.Select(c => c.OrganisationId).Append(viewer.OrganisationId).Where(id => id != Guid.Empty).Distinct()],
            viewer.Known && viewer.HasForBody(Role.KnowledgeManager, viewer.OrganisationId));
    }

    /// <summary>Bodies that an article can be for, the actor's own first.</summary>
    public async Task<IReadOnlyList<ArticleReader>> BodiesAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return [];
        return await db.Organisations.OrderByDescending(o => o.Id == viewer.OrganisationId).ThenBy(o => o.Name).Select(o => new ArticleReader(AudienceKind.Organisation, o.Id, o.Name)).ToListAsync(ct);
    }

    /// <summary>What a version changed, against the one before it that the actor may see.</summary>
    public async Task<Outcome<ArticleComparison>> CompareAsync(Actor actor, Guid id, int number, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Articles.AsNoTracking().VisibleTo(viewer).FirstOrDefaultAsync(a => a.Id == id, ct) is not { } article) return Refusal.NotFound;
        var two = await Seen(db, viewer, article).Include(v => v.SavedBy).Where(v => v.Number <= number).OrderByDescending(v => v.Number).Take(2).ToListAsync(ct);
        if (two is not [{ } after, ..] || after.Number != number) return Refusal.NotFound;
        return ArticleComparison.Of(after, two.ElementAtOrDefault(1));
    }

    /// <summary>The history, newest first: published versions for readers, all of them for editors.</summary>
    public async Task<Outcome<IReadOnlyList<ArticleVersionRow>>> VersionsAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Articles.AsNoTracking().VisibleTo(viewer).FirstOrDefaultAsync(a => a.Id == id, ct) is not { } article) return Refusal.NotFound;
        return await Seen(db, viewer, article).OrderByDescending(v => v.Number)
            .Select(v => new ArticleVersionRow(v.Number, v.Title, v.SavedAt, v.SavedBy.Name, v.PublishedAt, v.Number == article.PublishedNumber)).ToListAsync(ct);
    }

    /// <summary>One version's text.</summary>
    public async Task<Outcome<ArticleVersionText>> VersionAsync(Actor actor, Guid id, int number, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Articles.AsNoTracking().VisibleTo(viewer).FirstOrDefaultAsync(a => a.Id == id, ct) is not { } article) return Refusal.NotFound;
        var v = await Seen(db, viewer, article).Include(v => v.SavedBy).FirstOrDefaultAsync(v => v.Number == number, ct);
        return v is null ? Refusal.NotFound : new ArticleVersionText(v.Number, v.Title, v.Body, Markdown.Article(v.Body), v.SavedAt, v.SavedBy.Name, v.PublishedAt);
    }

    private static IQueryable<ArticleVersion> Seen(HubDb db, Viewer viewer, Article article)
    {
        var all = viewer.MayEdit(article);
        return db.ArticleVersions.AsNoTracking().Where(v => v.ArticleId == article.Id && (all || v.PublishedAt != null));
    }

    private static (DateTime Time, Guid Id)? Cursor(string? after) =>
        after?.Split('.') is [var ticks, var id] && long.TryParse(ticks, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var t)
            && t >= 0 && t <= DateTime.MaxValue.Ticks && Guid.TryParseExact(id, "N", out var guid) ? (new DateTime(t, DateTimeKind.Utc), guid) : null;
}
