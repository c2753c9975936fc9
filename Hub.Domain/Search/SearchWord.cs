namespace Hub.Domain.Search;

/// <summary>
/// One word of a question and all that it may stand for: itself (weight 1), what it is the beginning of, what it was meant
/// to be spelt as.
/// </summary>
/// <param name="Typed">The term as typed.</param>
/// <param name="Variants">Term → weight, 0–1.</param>
internal sealed record SearchWord(string Typed, IReadOnlyDictionary<string, double> Variants)
{
    // A pasted error message has a hundred words; its rarest say what it is about.
    private const int Most = 24;

    /// <summary>The words of a question, at most 24, without stop words unless there is nothing else.</summary>
    public static IReadOnlyList<SearchWord> Read(string question, Words words)
    {
        var typed = Terms.Of(question).ToList();
        if (typed.Count == 0) return [];
        // A word that the typist has left behind is finished; the one at the cursor may go on.
        var open = typed[^1].Start + typed[^1].Length == question.Length ? typed[^1] : default;
        var terms = typed.Select(t => t.Term).Distinct(StringComparer.Ordinal).ToList();
        var telling = terms.Where(t => !Terms.IsStop(t) || (t == open.Term && terms.Count <= 3)).ToList();
        if (telling.Count == 0) telling = terms;
        return [.. telling.Select((term, at) => (term, at)).OrderBy(t => Rarity(words, t.term)).ThenBy(t => t.at).Take(Most).OrderBy(t => t.at)
            .Select(t => new SearchWord(t.term, Widen(t.term, t.term == open.Term ? question.Substring(open.Start, open.Length) : null, words)))];
    }

    private static int Rarity(Words words, string term) => words.Documents.GetValueOrDefault(term, 1);

    private static Dictionary<string, double> Widen(string term, string? beginning, Words words)
    {
        var known = words.Documents.GetValueOrDefault(term);
        var variants = new Dictionary<string, double>(StringComparer.Ordinal) { [term] = 1 };
        if (beginning is not null)
        {
            var begun = Terms.Fold(beginning);
            foreach (var longer in words.Beginning(begun, begun.Length < 3 ? 6 : 12).Concat(words.Beginning(term, 4)))
                variants.TryAdd(longer, known > 0 ? 0.35 : 0.8);
        }
        var slips = term.All(char.IsLetter) ? Spelling.Allowed(term.Length) : 0;
        if (slips > 0 && known <= 2 && (variants.Count == 1 || known > 0))
        {
            foreach (var (near, distance) in words.Near(term, known > 0 ? 1 : slips, 4))
                if (known == 0 || words.Documents[near] >= 10 * known) variants.TryAdd(near, known > 0 ? 0.4 : distance == 1 ? 0.85 : 0.6);
        }
        return variants;
    }
}
