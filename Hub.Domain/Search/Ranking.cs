namespace Hub.Domain.Search;

/// <summary>A posting as the database gave it: permitted already.</summary>
internal readonly record struct Found(SearchKind Kind, Guid Id, string Term, int InTitle, int InBody, int Length);

/// <summary>A document and what speaks for it. Does: a fix that answers most of the question; what the hub would do comes before what it would say.</summary>
internal sealed record Ranked(SearchKind Kind, Guid Id, double Score, bool Does = false);

/// <summary>
/// BM25 with a heavier title (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009), over what the viewer
/// may see alone. Computed here and not in SQL, so that both databases give one order.
/// </summary>
internal static class Ranking
{
    private const double K1 = 1.2, B = 0.6, TitleWeight = 3, WholeQuestion = 0.6, WholeTitle = 0.35, Least = 0.2, Most = 0.5, Code = 1.5;

    /// <summary>Best first, without what matches too little of the question; equal scores stand in the order of their ids.</summary>
    /// <param name="words">The question.</param>
    /// <param name="found">Postings that were read.</param>
    /// <param name="total">Number of documents.</param>
    /// <param name="common">Words of which not all postings were read, with the number of documents they stand in.</param>
    public static List<Ranked> Rank(IReadOnlyList<SearchWord> words, IReadOnlyList<Found> found, int total, IReadOnlyDictionary<string, int> common)
    {
        var byTerm = found.ToLookup(f => f.Term, StringComparer.Ordinal);
        var documents = new Dictionary<(SearchKind, Guid), (double Score, double Weight, double InTitle)>();
        var all = 0.0;
        foreach (var word in words)
        {
            var best = new Dictionary<(SearchKind, Guid), (double Tf, bool Title)>();
            foreach (var (term, weight) in word.Variants)
                foreach (var f in byTerm[term])
                {
                    var tf = f.InBody + TitleWeight * f.InTitle;
                    var saturated = weight * tf * (K1 + 1) / (tf + K1 * (1 - B + B * f.Length / Usual(f.Kind)));
                    if (!best.TryGetValue((f.Kind, f.Id), out var before) || before.Tf < saturated) best[(f.Kind, f.Id)] = (saturated, f.InTitle > 0);
                }
            // How rare the word itself is; what it may stand for counts when it stands nowhere.
            var holding = common.TryGetValue(word.Typed, out var many) ? many : byTerm[word.Typed].Count() is > 0 and var own ? own : best.Count;
            var rare = Math.Log(1 + (Math.Max(total, holding) - holding + 0.5) / (holding + 0.5)) * (Terms.IsStop(word.Typed) ? 0.2 : Terms.IsCode(word.Typed) ? Code : 1);
            all += holding == 0 ? 0.5 * rare : rare;
            foreach (var (key, (tf, title)) in best)
            {
                var d = documents.GetValueOrDefault(key);
                documents[key] = (d.Score + rare * tf, d.Weight + rare, d.InTitle + (title ? rare : 0));
            }
        }
        return [.. documents.Where(d => d.Value.Weight >= Least * all)
            .Select(d => new Ranked(d.Key.Item1, d.Key.Item2, Math.Round(
                d.Value.Score * (1 + WholeQuestion * Square(d.Value.Weight / all) + WholeTitle * Square(d.Value.InTitle / all)), 6),
                d.Key.Item1 == SearchKind.Fix && d.Value.Weight >= Most * all))
            .OrderByDescending(d => d.Does).ThenByDescending(d => d.Score).ThenBy(d => d.Kind).ThenBy(d => d.Id)];
    }

    private static double Square(double x) => x * x;

    // Terms that a document of this kind usually has: a person's few must not outweigh an article's many.
    private static double Usual(SearchKind kind) => kind switch
    {
        SearchKind.Article => 500,
        SearchKind.Fix => 60,
        SearchKind.Service => 20,
        _ => 12,
    };
}
