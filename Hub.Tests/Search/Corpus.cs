using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Search;

/// <summary>1,500 real articles and what real people asked for them (shared/data/kb beside the repository).</summary>
internal static class Corpus
{
    internal sealed record Question(string Type, string Text, IReadOnlySet<string> Right);

    internal sealed record Score(double First, double Ten, double Reciprocal, int Count);

    private static string Folder => Path.Combine(SharedFolder.Path!, "kb");

    /// <summary>Id of an article in the corpus → the id it has here, the same on every database.</summary>
    public static Guid IdOf(string doc) => new($"00000000-0000-7000-8000-{int.Parse(doc.AsSpan(1)):D12}");

    public static IEnumerable<(string Doc, string Title, string Body)> Articles()
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        using var tar = new TarReader(new GZipStream(File.OpenRead(Path.Combine(Folder, "articles-shared.tar.gz")), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null) continue;
            using var reader = new StreamReader(entry.DataStream);
            texts[entry.Name] = reader.ReadToEnd();
        }
        foreach (var line in File.ReadLines(Path.Combine(Folder, "index-shared.tsv")).Skip(1))
        {
            var cells = line.Split('\t');
            yield return (cells[0], cells[3], Markdown.Plain(WithoutHead(texts[$"shared/{cells[1]}/{cells[2]}"])));
        }
    }

    public static IReadOnlyList<Question> Questions() => [.. File.ReadLines(Path.Combine(Folder, "queries-shared.jsonl")).Select(line =>
    {
        var q = JsonDocument.Parse(line).RootElement;
        return new Question(q.GetProperty("type").GetString()!, q.GetProperty("query").GetString()!,
            q.GetProperty("rel").EnumerateArray().Select(r => r.GetString()!).ToHashSet(StringComparer.Ordinal));
    })];

    public static async Task IndexAsync(TestHub hub, IEnumerable<(string Doc, string Title, string Body)> articles)
    {
        var index = hub.Get<SearchIndex>();
        foreach (var chunk in articles.Chunk(50))
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            await using var tx = await db.Database.BeginTransactionAsync();
            foreach (var (doc, title, body) in chunk) await index.AddAsync(db, SearchKind.Article, IdOf(doc), title, body);
            await db.SaveChangesAsync();
            await tx.CommitAsync();
        }
    }

    /// <summary>Asks every question: the figures for each type.</summary>
    public static async Task<IReadOnlyDictionary<string, Score>> AskAsync(TestHub hub, IEnumerable<Question> questions)
    {
        var search = hub.Get<SearchService>();
        var ranks = new List<(string Type, int Rank)>();
        foreach (var q in questions)
        {
            var page = (await search.FindAsync(hub.Amara, q.Text, limit: 10)).Value;
            var right = q.Right.Select(IdOf).ToHashSet();
            ranks.Add((q.Type, page.Items.ToList().FindIndex(h => right.Contains(h.Id)) + 1));
        }
        return ranks.GroupBy(r => r.Type).ToDictionary(g => g.Key, g => new Score(
            g.Average(r => r.Rank == 1 ? 1.0 : 0), g.Average(r => r.Rank > 0 ? 1.0 : 0), g.Average(r => r.Rank > 0 ? 1.0 / r.Rank : 0), g.Count()), StringComparer.Ordinal);
    }

    private static string WithoutHead(string text)
    {
        var end = text.StartsWith("---", StringComparison.Ordinal) ? text.IndexOf("\n---", 3, StringComparison.Ordinal) : -1;
        return end < 0 ? text : text[(end + 4)..];
    }
}

/// <summary>Articles of the corpus are rows of the index alone; everybody known may find them.</summary>
internal sealed class EveryArticle : ISearchSource
{
    public SearchKind Kind => SearchKind.Article;

    public IQueryable<Guid> Visible(HubDb db, Viewer viewer) => db.SearchDocuments.Where(d => d.Kind == SearchKind.Article).Select(d => d.Id);
}
