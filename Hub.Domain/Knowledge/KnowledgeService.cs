using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Knowledge;

/// <summary>Articles from the first draft to what readers see. Anyone may write a draft; a knowledge manager of its body publishes.</summary>
public sealed class KnowledgeService(IDbContextFactory<HubDb> hub, LiveBus live, SearchIndex index, TimeProvider clock)
{
    /// <summary>Most characters of a title.</summary>
    public const int MostTitle = 300;

    /// <summary>Most characters of a body.</summary>
    public const int MostBody = 400_000;

    /// <summary>Most entries of an audience.</summary>
    public const int MostAudience = 100;

    /// <summary>Saves by one author this close together are one version.</summary>
    private static readonly TimeSpan OneSitting = TimeSpan.FromMinutes(10);

    /// <summary>One article.</summary>
    public async Task<Outcome<ArticleView>> GetAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.ViewAsync(await db.EnterAsync(actor, ct), id, ct) is { } view ? view : Refusal.NotFound;
    }

    /// <summary>Writes a draft for one's own body.</summary>
    public async Task<Outcome<ArticleView>> CreateAsync(Actor actor, NewArticle article, CancellationToken ct = default)
    {
        if (Wrong(article.Title, article.Body) is { } wrong) return wrong;
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        var service = await ServiceAsync(db, article.Service, ct);
        if (article.Service is { Length: > 0 } && service is null) return Refusal.Invalid("service", "article.service");
        if (article.Audience is { } readers && !await AudienceStandsAsync(db, viewer, readers, [], ct)) return Refusal.Invalid("audience", "article.audience");
        var now = clock.Now();
        var row = new Article
        {
            Id = clock.NewId(), OrganisationId = viewer.OrganisationId, OwnerId = viewer.PersonId, ServiceId = service, CreatedAt = now,
            Title = article.Title!, LatestNumber = 1, Version = 1, TextVersion = 1,
            Audience = [.. (article.Audience ?? [AudienceEntry.Body(viewer.OrganisationId)]).DistinctBy(a => a.TargetId).Select(a => new AudienceEntry { Kind = a.Kind, TargetId = a.TargetId })],
            Versions = [new ArticleVersion { Number = 1, Title = article.Title!, Body = article.Body!, SavedAt = now, SavedById = viewer.PersonId }],
        };
        db.Articles.Add(row);
        await db.SaveChangesAsync(ct);
        return (await db.ViewAsync(viewer, row.Id, ct))!;
    }

    /// <summary>Keeps a newer working text; what readers see stays until it is published. The same text again changes nothing.</summary>
    public async Task<Outcome<ArticleView>> SaveAsync(Actor actor, Guid id, ArticleEdit edit, CancellationToken ct = default)
    {
        if (Wrong(edit.Title, edit.Body) is { } wrong) return wrong;
        if (edit.Version is not { } seen) return Refusal.Invalid("version", "article.version");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var wanted = edit.Service is null ? null : await ServiceAsync(db, edit.Service, ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // Another service moves the article on the shelf. Where it was moved meanwhile, the text's version has moved too: stale.
        var moves = edit.Service is not null && await db.Articles.VisibleTo(viewer).AnyAsync(a => a.Id == id && a.ServiceId != wanted, ct);
        if (moves) await LockShelfOfAsync(db, viewer, id, ct);
        if (await LockAsync(db, viewer, id, ct) is not { } article) return Refusal.NotFound;
        if (!viewer.MayEdit(article)) return Refusal.Forbidden;
        if (seen < article.TextVersion || seen >= article.Version) return await StaleAsync(db, tx, viewer, id, ct);
        if (edit.Service is { Length: > 0 } && wanted is null) return Refusal.Invalid("service", "article.service");
        var service = edit.Service is null ? article.ServiceId : wanted;
        var newest = await db.ArticleVersions.SingleAsync(v => v.ArticleId == id && v.Number == article.LatestNumber, ct);
        if (newest.Title == edit.Title && newest.Body == edit.Body && service == article.ServiceId)
        {
            await tx.RollbackAsync(ct);
            db.ChangeTracker.Clear();
            return (await db.ViewAsync(viewer, id, ct))!;
        }
        Write(db, article, newest, edit.Title!, edit.Body!, viewer.PersonId);
        (article.ServiceId, article.TextVersion) = (service, article.Version);
        await db.SaveChangesAsync(ct);
        var party = await db.Services.Where(s => s.Id == service).Select(s => new ArticleParty(s.Id, s.Name)).FirstOrDefaultAsync(ct);
        List<LiveEvent> events = [new LiveEvent(Topic.Article(id), article.Version, "article-saved", new ArticleSaved(id, article.LatestNumber, party))];
        if (moves && article.PublishedNumber is not null) events.Add(await ShelfChangedAsync(db, article, ct));
        await tx.CommitAsync(ct);
        live.Publish(events);
        return (await db.ViewAsync(viewer, id, ct))!;
    }

    /// <summary>Makes the newest text what readers see. Publishing what is published changes nothing.</summary>
    /// <param name="actor">A knowledge manager of the article's body.</param>
    /// <param name="id">The article.</param>
    /// <param name="version">The article's version that was looked at; null publishes whatever is newest.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<Outcome<ArticleView>> PublishAsync(Actor actor, Guid id, long? version = null, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await LockShelfOfAsync(db, viewer, id, ct);
        if (await LockAsync(db, viewer, id, ct) is not { } article) return Refusal.NotFound;
        if (!viewer.MayPublish(article)) return Refusal.Forbidden;
        if (version is { } seen && (seen < article.TextVersion || seen >= article.Version)) return await StaleAsync(db, tx, viewer, id, ct);
        if (article.PublishedNumber == article.LatestNumber)
        {
            await tx.RollbackAsync(ct);
            db.ChangeTracker.Clear();
            return (await db.ViewAsync(viewer, id, ct))!;
        }
        var text = await db.ArticleVersions.SingleAsync(v => v.ArticleId == id && v.Number == article.LatestNumber, ct);
        var plain = Markdown.Plain(text.Body);
        var e = Publish(article, text, Markdown.Article(text.Body), Summarise(Markdown.Opening(text.Body)), viewer.PersonId);
        await index.PutAsync(db, SearchKind.Article, id, text.Title, plain, ct);
        db.Audit(clock, actor, "article.publish", "article", id, $"version {text.Number}");
        await db.SaveChangesAsync(ct);
        var shelf = await ShelfChangedAsync(db, article, ct);
        await tx.CommitAsync(ct);
        live.Publish([new LiveEvent(Topic.Article(id), article.Version, "article-published", e), shelf]);
        return (await db.ViewAsync(viewer, id, ct))!;
    }

    /// <summary>Says who may read it: a knowledge manager's, and the owner's while it is a draft. Watches of those it no longer reaches end.</summary>
    public async Task<Outcome<ArticleView>> SetAudienceAsync(Actor actor, Guid id, IReadOnlyList<AudienceEntry> audience, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        // Asked before the locks are taken, which are short; answered once it is known that the article is there.
        var before = await db.Articles.VisibleTo(viewer).Where(a => a.Id == id).SelectMany(a => a.Audience).Select(t => t.TargetId).ToListAsync(ct);
        var stands = await AudienceStandsAsync(db, viewer, audience, before, ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await LockShelfOfAsync(db, viewer, id, ct);
        if (await LockAsync(db, viewer, id, ct) is not { } article) return Refusal.NotFound;
        if (!viewer.MayPublish(article) && (article.PublishedNumber is not null || !viewer.MayEdit(article))) return Refusal.Forbidden;
        if (!stands) return Refusal.Invalid("audience", "article.audience");
        article.Audience.RemoveAll(t => audience.All(n => n.TargetId != t.TargetId));
        article.Audience.AddRange(audience.DistinctBy(n => n.TargetId).Where(n => article.Audience.All(t => t.TargetId != n.TargetId))
            .Select(n => new AudienceEntry { Kind = n.Kind, TargetId = n.TargetId }).ToList());
        db.Audit(clock, actor, "article.audience", "article", id, string.Join(' ', audience.Select(a => $"{a.Kind} {a.TargetId}")));
        await db.SaveChangesAsync(ct);
        List<LiveEvent> events = [new LiveEvent(Topic.Article(id), article.Version, "article-audience", new ArticleAudience(id))];
        if (article.PublishedNumber is not null) events.Add(await ShelfChangedAsync(db, article, ct));
        await tx.CommitAsync(ct);
        await live.RecheckAsync(Topic.Article(id), ct: ct);
        await live.RecheckAsync(ArticleTopics.Shelf(article.OrganisationId), ct: ct);
        live.Publish(events);
        return (await db.ViewAsync(viewer, id, ct))!;
    }

    /// <summary>HTML of a text that is being written, as publishing would make it.</summary>
    public Task<Outcome<string>> PreviewAsync(Actor actor, string? body, CancellationToken ct = default) =>
        Task.FromResult<Outcome<string>>(Wrong("-", body) is { } wrong ? wrong : Markdown.Article(body!));

    // Before the article's own row (ShelfVersions.LockShelfAsync). Who may not see the article locks nothing.
    private static async Task LockShelfOfAsync(HubDb db, Viewer viewer, Guid id, CancellationToken ct)
    {
        if (await db.Articles.VisibleTo(viewer).Where(a => a.Id == id).Select(a => (Guid?)a.OrganisationId).FirstOrDefaultAsync(ct) is { } body) await db.LockShelfAsync(body, ct);
    }

    private static async Task<LiveEvent> ShelfChangedAsync(HubDb db, Article article, CancellationToken ct) =>
        new(ArticleTopics.Shelf(article.OrganisationId), await db.RaiseShelfAsync(article.OrganisationId, 1, ct), "shelf-changed", new ShelfChanged());

    // The row is locked first, so that versions come in the order of the commits; whoever is refused rolls back.
    private static async Task<Article?> LockAsync(HubDb db, Viewer viewer, Guid id, CancellationToken ct)
    {
        if (!await db.Articles.VisibleTo(viewer).AnyAsync(a => a.Id == id, ct)) return null;
        await db.AdvanceAsync<Article>(id, ct);
        return await db.Articles.VisibleTo(viewer).FirstOrDefaultAsync(a => a.Id == id, ct);
    }

    private static async Task<Refusal> StaleAsync(HubDb db, Microsoft.EntityFrameworkCore.Storage.IDbContextTransaction tx, Viewer viewer, Guid id, CancellationToken ct)
    {
        await tx.RollbackAsync(ct);
        db.ChangeTracker.Clear();
        return await db.ViewAsync(viewer, id, ct) is { } current ? Refusal.Stale(current) : Refusal.NotFound;
    }

    internal void Write(HubDb db, Article article, ArticleVersion newest, string title, string body, Guid by, bool oneSitting = true)
    {
        var now = clock.Now();
        if (oneSitting && newest.PublishedAt is null && newest.SavedById == by && now - newest.SavedAt < OneSitting)
        {
            (newest.Title, newest.Body, newest.SavedAt) = (title, body, now);
        }
        else
        {
            article.LatestNumber++;
            db.ArticleVersions.Add(new ArticleVersion { ArticleId = article.Id, Number = article.LatestNumber, Title = title, Body = body, SavedAt = now, SavedById = by });
        }
        if (article.PublishedNumber is null) article.Title = title;
    }

    internal ArticlePublished Publish(Article article, ArticleVersion text, string html, string summary, Guid by)
    {
        var now = clock.Now();
        (text.PublishedAt, text.PublishedById) = (now, by);
        (article.Title, article.Html, article.Summary) = (text.Title, html, summary);
        (article.PublishedNumber, article.PublishedAt, article.PublishedById) = (text.Number, now, by);
        return new ArticlePublished(article.Id, text.Number, text.Title, now);
    }

    /// <summary>The beginning, up to 280 characters, cut between words.</summary>
    internal static string Summarise(string plain)
    {
        var words = string.Join(' ', plain.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (words.Length <= 280) return words;
        var cut = words.LastIndexOf(' ', 279);
        if (cut < 200) cut = char.IsHighSurrogate(words[278]) ? 278 : 279;
        return words[..cut] + "…";
    }

    internal static Refusal? Wrong(string? title, string? body)
    {
        if (title is not { Length: > 0 and <= MostTitle }) return Refusal.Invalid("title", "article.title", MostTitle);
        if (body is null || body.Length > MostBody) return Refusal.Invalid("body", "article.body", MostBody);
        if (!Storable(title)) return Refusal.Invalid("title", "text.nul");
        return Storable(body) ? null : Refusal.Invalid("body", "text.nul");
    }

    // Half a surrogate pair has no UTF-8, so neither database could keep it.
    private static bool Storable(string text) => !text.Contains('\0', StringComparison.Ordinal) && !Lone(text);

    private static bool Lone(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return true;
            i++;
        }
        return false;
    }

    // Nobody has to name again what stands already.
    private static async Task<bool> AudienceStandsAsync(HubDb db, Viewer viewer, IReadOnlyList<AudienceEntry> audience, IReadOnlyList<Guid> before, CancellationToken ct) =>
        audience.Count is > 0 and <= MostAudience && await db.MayNameAsync(viewer, audience.Where(a => !before.Contains(a.TargetId)).Select(a => (a.Kind, a.TargetId)), ct);

    // No stored text has a NUL, and PostgreSQL refuses to be asked for one.
    private static async Task<Guid?> ServiceAsync(HubDb db, string? slug, CancellationToken ct) =>
        slug?.Contains('\0', StringComparison.Ordinal) == true ? null : await db.Services.Where(s => s.Slug == slug).Select(s => (Guid?)s.Id).FirstOrDefaultAsync(ct);
}
