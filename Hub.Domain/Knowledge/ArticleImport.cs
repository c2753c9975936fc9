using System.Collections.Concurrent;
using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Knowledge;

/// <summary>A file that was not imported. <paramref name="Why"/>: unreadable, notUtf8, nul, title, tooLong.</summary>
public sealed record RefusedFile(string Path, string Why);

/// <summary>What an import did.</summary>
public sealed record ImportReport(int Imported, int Unchanged, int Changed, IReadOnlyList<RefusedFile> Refused);

/// <summary>
/// Brings a folder of Markdown files in as published articles. The same folder again finds the same articles by their path;
/// a file that has not changed since any of its versions leaves the article alone, also where people have edited it here.
/// </summary>
public sealed class ArticleImport(IDbContextFactory<HubDb> hub, KnowledgeService knowledge, SearchIndex index, LiveBus live, TimeProvider clock)
{
    /// <summary>Files in one transaction: long enough to be quick, short enough that others can write between.</summary>
    private const int Batch = 100;

    private sealed record Made(ArticleFile File, Guid Id, string Body, string Html, string Plain);

    /// <summary>Imports as a knowledge manager of their own body. The audience is that body when none is given.</summary>
    public async Task<Outcome<ImportReport>> ImportAsync(Actor actor, string folder, IReadOnlyList<AudienceEntry>? audience = null, Action<int, int>? progress = null, CancellationToken ct = default)
    {
        Viewer viewer;
        await using (var db = await hub.CreateDbContextAsync(ct)) viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        if (!viewer.HasForBody(Role.KnowledgeManager, viewer.OrganisationId)) return Refusal.Forbidden;
        var refused = new ConcurrentBag<RefusedFile>();
        var files = await ReadAsync(folder, refused, ct);
        var known = await KnownAsync(viewer.OrganisationId, ct);
        var ids = files.ToDictionary(f => f.Path, f => known.TryGetValue(f.Path, out var id) ? id : clock.NewId(), StringComparer.Ordinal);
        var (imported, unchanged, changed) = (0, 0, 0);
        foreach (var part in files.Chunk(Batch))
        {
            var made = new Made[part.Length];
            await Parallel.ForAsync(0, part.Length, ct, (i, _) =>
            {
                var body = part[i].Linked(path => ids.TryGetValue(path, out var id) ? id : null);
                made[i] = new Made(part[i], ids[part[i].Path], body, Markdown.Article(body), Markdown.Plain(body));
                return ValueTask.CompletedTask;
            });
            var (added, altered) = await StoreAsync(viewer, made, audience ?? [AudienceEntry.Body(viewer.OrganisationId)], ct);
            (imported, changed, unchanged) = (imported + added, changed + altered, unchanged + made.Length - added - altered);
            progress?.Invoke(imported + changed + unchanged, files.Count);
        }
        return new ImportReport(imported, unchanged, changed, [.. refused.OrderBy(r => r.Path, StringComparer.Ordinal)]);
    }

    private async Task<(int Added, int Altered)> StoreAsync(Viewer viewer, Made[] made, IReadOnlyList<AudienceEntry> audience, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.LockShelfAsync(viewer.OrganisationId, ct);
        var ids = made.Select(m => m.Id).ToList();
        var there = await db.Articles.AsNoTracking().Include(a => a.Versions).AsSplitQuery().Where(a => ids.Contains(a.Id)).ToDictionaryAsync(a => a.Id, ct);
        var events = new List<LiveEvent>();
        var (added, altered) = (0, 0);
        foreach (var m in made)
        {
            var isNew = !there.TryGetValue(m.Id, out var article);
            if (article is null)
            {
                article = Add(db, viewer, m, audience);
                added++;
            }
            else if (article.Versions.Any(v => v.Title == m.File.Title && v.Body == m.Body)) continue;
            else
            {
                // Read again once it is locked: somebody may have saved since.
                await db.AdvanceAsync<Article>(m.Id, ct);
                article = await db.Articles.Include(a => a.Versions).AsSplitQuery().SingleAsync(a => a.Id == m.Id, ct);
                article.TextVersion = article.Version;
                knowledge.Write(db, article, article.Versions.MaxBy(v => v.Number)!, m.File.Title, m.Body, viewer.PersonId, oneSitting: false);
                altered++;
            }
            var e = knowledge.Publish(article, article.Versions.Single(v => v.Number == article.LatestNumber), m.Html,
                m.File.Description.Length > 0 ? m.File.Description : KnowledgeService.Summarise(Markdown.Opening(m.Body)), viewer.PersonId);
            await (isNew ? index.AddAsync(db, SearchKind.Article, article.Id, m.File.Title, m.Plain, ct) : index.PutAsync(db, SearchKind.Article, article.Id, m.File.Title, m.Plain, ct));
            db.Audit(clock, viewer.Actor, "article.publish", "article", article.Id, $"import, version {article.LatestNumber}");
            if (article.Version > 1) events.Add(new LiveEvent(Topic.Article(article.Id), article.Version, "article-published", e));
        }
        await db.SaveChangesAsync(ct);
        var changes = added + altered;
        var shelf = await db.RaiseShelfAsync(viewer.OrganisationId, changes, ct);
        await tx.CommitAsync(ct);
        events.AddRange(Enumerable.Range(1, changes).Select(i => new LiveEvent(ArticleTopics.Shelf(viewer.OrganisationId), shelf - changes + i, "shelf-changed", new ShelfChanged())));
        live.Publish(events);
        return (added, altered);
    }

    private Article Add(HubDb db, Viewer viewer, Made m, IReadOnlyList<AudienceEntry> audience)
    {
        var now = clock.Now();
        var article = new Article
        {
            Id = m.Id, OrganisationId = viewer.OrganisationId, OwnerId = viewer.PersonId, CreatedAt = now, Title = m.File.Title, SourcePath = m.File.Path,
            LatestNumber = 1, Version = 1, TextVersion = 1, Audience = [.. audience.Select(a => new AudienceEntry { Kind = a.Kind, TargetId = a.TargetId })],
            Versions = [new ArticleVersion { Number = 1, Title = m.File.Title, Body = m.Body, SavedAt = now, SavedById = viewer.PersonId }],
        };
        db.Articles.Add(article);
        return article;
    }

    private static async Task<IReadOnlyList<ArticleFile>> ReadAsync(string folder, ConcurrentBag<RefusedFile> refused, CancellationToken ct)
    {
        // Links in the file system are not followed: a folder can only bring in what lies in it.
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, MatchCasing = MatchCasing.CaseInsensitive };
        var files = new ConcurrentBag<ArticleFile>();
        await Parallel.ForEachAsync(Directory.EnumerateFiles(folder, "*.md", options), ct, async (file, stop) =>
        {
            var path = Path.GetRelativePath(folder, file).Replace('\\', '/');
            try
            {
                if (path.Length > 500) throw new InvalidDataException("path");
                files.Add(ArticleFile.Read(path, await File.ReadAllBytesAsync(file, stop)));
            }
            catch (InvalidDataException e)
            {
                refused.Add(new RefusedFile(path, e.Message));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                refused.Add(new RefusedFile(path, "unreadable"));
            }
        });
        return [.. files.OrderBy(f => f.Path, StringComparer.Ordinal)];
    }

    private async Task<Dictionary<string, Guid>> KnownAsync(Guid organisationId, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.Articles.Where(a => a.OrganisationId == organisationId && a.SourcePath != null).ToDictionaryAsync(a => a.SourcePath!, a => a.Id, StringComparer.Ordinal, ct);
    }

    /// <summary>Who imports when the command names nobody: a knowledge manager of the body with this domain, or of the largest body that has one.</summary>
    [SystemWork]
    public async Task<Actor?> ManagerAsync(string? domain, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var managers = db.People.Where(p => p.LeftAt == null && (domain == null || p.Organisation.Domain == domain) && p.Roles.Any(r => r.EndedAt == null && r.Role == Role.KnowledgeManager
            && (r.Scope == ScopeKind.Hub || (r.Scope == ScopeKind.Organisation && r.ScopeId == p.OrganisationId))));
        var found = await managers.OrderByDescending(p => db.People.Count(o => o.OrganisationId == p.OrganisationId)).ThenBy(p => p.Email).Select(p => new { p.Id, p.Kind }).FirstOrDefaultAsync(ct);
        return found is null ? null : new Actor(found.Id, found.Kind);
    }

    /// <summary>Bodies as an audience: their domains with commas between, or <c>all</c>. Null if one is unknown.</summary>
    [SystemWork]
    public async Task<IReadOnlyList<AudienceEntry>?> AudienceAsync(string words, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var domains = words.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var bodies = await db.Organisations.Where(o => words == "all" || domains.Contains(o.Domain)).Select(o => o.Id).ToListAsync(ct);
        return bodies.Count == 0 || (words != "all" && bodies.Count < domains.Distinct().Count()) ? null : [.. bodies.Select(AudienceEntry.Body)];
    }
}
