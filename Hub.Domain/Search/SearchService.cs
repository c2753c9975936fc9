using System.Diagnostics.Metrics;
using System.Globalization;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Search;

/// <summary>Something found.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its id.</param>
/// <param name="Ref">What its address ends with: a fix's or service's short name, else the id.</param>
/// <param name="Title">Its title, plain.</param>
/// <param name="Snippet">HTML: encoded text with what matched in <c>mark</c>.</param>
/// <param name="Minutes">About how long a fix takes; 0 for all else.</param>
public sealed record SearchHit(SearchKind Kind, Guid Id, string Ref, string Title, string Snippet, int Minutes);

/// <summary>
/// One search over everything that may be found. Each room's permission is part of the query that reads the postings;
/// what the viewer may not see is neither counted nor ranked.
/// </summary>
public sealed class SearchService(IDbContextFactory<HubDb> hub, IEnumerable<ISearchSource> sources, Vocabulary vocabulary, TimeProvider clock, Telemetry telemetry)
{
    /// <summary>Longest question that is read, in characters.</summary>
    public const int LongestQuestion = 1000;

    /// <summary>Of a word that stands in more documents than this ("constable", "northbridge") only so many are read, beside those that a rarer word of the question found.</summary>
    internal const int MostOfOne = 2000;

    private readonly Histogram<double> seconds = telemetry.Seconds("hub.search.duration", "How long a search took, from the question to its results");

    /// <summary>Results of one kind or of all, best first. <paramref name="limit"/> is 1–200; <paramref name="after"/> is the last page's cursor.</summary>
    public async Task<Outcome<Page<SearchHit>>> FindAsync(Actor actor, string? question, SearchKind? kind = null, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        var skip = 0;
        if (after is not null && (!int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out skip) || skip < 0)) return Refusal.Invalid("after", "search.after");
        limit = Math.Clamp(limit, 1, 200);
        var begun = clock.GetTimestamp();
        await using var db = await hub.CreateDbContextAsync(ct);
        var (words, ranked) = await RankAsync(db, await db.EnterAsync(actor, ct), question, kind, ct);
        var hits = await HitsAsync(db, words, [.. ranked.Skip(skip).Take(limit)], ct);
        Took(begun, "page");
        return new Page<SearchHit>(hits, skip + limit < ranked.Count ? (skip + limit).ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>What the box shows while somebody types: the best few of each kind, best first within a kind.</summary>
    public async Task<IReadOnlyList<SearchHit>> SuggestAsync(Actor actor, string? question, CancellationToken ct = default)
    {
        var begun = clock.GetTimestamp();
        await using var db = await hub.CreateDbContextAsync(ct);
        var (words, ranked) = await RankAsync(db, await db.EnterAsync(actor, ct), question, null, ct);
        var hits = await HitsAsync(db, words, [.. ranked.GroupBy(r => r.Kind).OrderBy(g => g.Key).SelectMany(g => g.Take(g.Key is SearchKind.Article ? 5 : 3))], ct);
        Took(begun, "box");
        return hits;
    }

    private void Took(long begun, string where) => seconds.Record(clock.GetElapsedTime(begun).TotalSeconds, new KeyValuePair<string, object?>("hub.search.where", where));

    private async Task<(IReadOnlyList<SearchWord> Words, List<Ranked> Ranked)> RankAsync(HubDb db, Viewer viewer, string? question, SearchKind? kind, CancellationToken ct)
    {
        question = question is { Length: > LongestQuestion } ? question[..LongestQuestion] : question ?? "";
        if (!viewer.Known) return ([], []);
        var known = await vocabulary.CurrentAsync(db, ct);
        var words = SearchWord.Read(question, known);
        var terms = words.SelectMany(w => w.Variants.Keys).Distinct(StringComparer.Ordinal).ToList();
        if (terms.Count == 0) return (words, []);
        var common = terms.Where(t => known.Documents.GetValueOrDefault(t) > MostOfOne).ToDictionary(t => t, t => known.Documents[t], StringComparer.Ordinal);
        terms.RemoveAll(common.ContainsKey);
        var found = new List<Found>();
        foreach (var source in sources.Where(s => kind is null || s.Kind == kind))
            found.AddRange(await PostingsAsync(db, source, viewer, terms, common.Keys, ct));
        return (words, await InOrderAsync(db, question, words, Ranking.Rank(words, found, known.Total, common), ct));
    }

    private static async Task<List<Found>> PostingsAsync(HubDb db, ISearchSource source, Viewer viewer, List<string> rare, IEnumerable<string> common, CancellationToken ct)
    {
        var (visible, of) = (source.Visible(db, viewer), source.Kind);
        var all = db.SearchPostings.Where(p => p.Kind == of && visible.Contains(p.DocumentId));
        var found = rare.Count == 0 ? [] : await Read(all.Where(p => rare.Contains(p.Term))).ToListAsync(ct);
        var ids = found.Select(f => f.Id).Distinct().Take(MostOfOne).ToList();
        foreach (var term in common)
        {
            var some = await Read(all.Where(p => p.Term == term).OrderBy(p => p.DocumentId).Take(MostOfOne)).ToListAsync(ct);
            if (ids.Count > 0 && some.Count == MostOfOne)
                some = [.. some.UnionBy(await Read(all.Where(p => p.Term == term && ids.Contains(p.DocumentId))).ToListAsync(ct), f => f.Id)];
            found.AddRange(some);
        }
        return found;

        IQueryable<Found> Read(IQueryable<SearchPosting> rows) => rows.Select(p => new Found(of, p.DocumentId, p.Term, p.InTitle, p.InBody, p.Length));
    }

    // An error message is pasted as it stands: among the best, those that hold the very words come before those that hold each of them somewhere.
    private static async Task<List<Ranked>> InOrderAsync(HubDb db, string question, IReadOnlyList<SearchWord> words, List<Ranked> ranked, CancellationToken ct)
    {
        var phrase = Phrase.Of(question);
        if (words.Count < 3 || ranked.Count < 2) return ranked;
        var texts = await DocumentsAsync(db, ranked.Take(Phrase.Depth), ct);
        var holding = texts.Where(t => phrase.In(t.Title) || phrase.In(t.Body)).Select(t => (t.Kind, t.Id)).ToHashSet();
        if (holding.Count == 0) return ranked;
        return [.. ranked.Take(Phrase.Depth).Select(r => holding.Contains((r.Kind, r.Id)) ? r with { Score = Math.Round(r.Score * Phrase.Weight, 6) } : r)
            .OrderByDescending(r => r.Does).ThenByDescending(r => r.Score).ThenBy(r => r.Kind).ThenBy(r => r.Id), .. ranked.Skip(Phrase.Depth)];
    }

    // Kind by kind, because the key begins with it: an id alone would be looked for in the whole table.
    private static async Task<List<SearchDocument>> DocumentsAsync(HubDb db, IEnumerable<Ranked> ranked, CancellationToken ct)
    {
        var documents = new List<SearchDocument>();
        foreach (var group in ranked.ToLookup(r => r.Kind, r => r.Id))
        {
            var (kind, ids) = (group.Key, group.ToList());
            documents.AddRange(await db.SearchDocuments.AsNoTracking().Where(d => d.Kind == kind && ids.Contains(d.Id)).ToListAsync(ct));
        }
        return documents;
    }

    private static async Task<IReadOnlyList<SearchHit>> HitsAsync(HubDb db, IReadOnlyList<SearchWord> words, IReadOnlyList<Ranked> ranked, CancellationToken ct)
    {
        if (ranked.Count == 0) return [];
        var terms = words.SelectMany(w => w.Variants.Keys).ToHashSet(StringComparer.Ordinal);
        var ids = ranked.Select(r => r.Id).ToList();
        var documents = (await DocumentsAsync(db, ranked, ct)).ToDictionary(d => (d.Kind, d.Id));
        var fixes = ranked.Any(r => r.Kind == SearchKind.Fix)
            ? await db.Fixes.AsNoTracking().Where(f => ids.Contains(f.Id)).Select(f => new { f.Id, f.Slug, f.Summary, f.Minutes }).ToDictionaryAsync(f => f.Id, ct) : [];
        var services = ranked.Any(r => r.Kind == SearchKind.Service)
            ? await db.Services.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Slug, ct) : [];
        return [.. ranked.Where(r => documents.ContainsKey((r.Kind, r.Id))).Select(r =>
        {
            var d = documents[(r.Kind, r.Id)];
            if (fixes.TryGetValue(r.Id, out var fix)) return new SearchHit(r.Kind, r.Id, fix.Slug, d.Title, Snippets.Mark(fix.Summary, terms), fix.Minutes);
            return new SearchHit(r.Kind, r.Id, services.GetValueOrDefault(r.Id) ?? r.Id.ToString(), d.Title, Snippets.Of(d.Body, terms), 0);
        })];
    }
}
