namespace Hub.Domain.Search;

/// <summary>
/// One word of a question and all that it may stand for: itself (weight 1), what it is the beginning of, what it was meant
/// to be spelt as.
/// </summary>
/// <param name="Typed">The term as typed.</param>
/// <param name="Variants">Term → weight, 0–1.</param>
internal sealed record SearchWord(string Typed, IReadOnlyDictionary<string, double> Variants)
{
    // A pasted error message has a hundred words; its rarest say what it is about, and its commonest cost the most.
    private const int Most = 14;

    /// <summary>The words of a question, at most 14, without stop words unless there is nothing else.</summary>
    public static IReadOnlyList<SearchWord> Read(string question, Words words)
    {
        var typed = Terms.Of(question).ToList();
        if (typed.Count == 0) return [];
        // A word that the typist has left behind is finished; the one at the cursor may go on.
        var open = typed[^1].Start + typed[^1].Length == question.Length ? typed[^1] : default;
        var terms = typed.Select(t => t.Term).Distinct(StringComparer.Ordinal).ToList();
        var telling = terms.Where(t => !Terms.IsStop(t) || (t == open.Term && terms.Count <= 3)).ToList();
        if (telling.Count == 0) telling = terms;
        // A code that is known whole is not asked for by its parts too.
        var whole = typed.Where(t => t.Term.AsSpan().IndexOfAny('.', '-', '_') > 0 && t.Term.Any(char.IsDigit) && words.Documents.ContainsKey(t.Term)).ToList();
        var parts = typed.Where(t => whole.Any(w => t.Term != w.Term && t.Start >= w.Start && t.Start + t.Length <= w.Start + w.Length)).Select(t => t.Term).ToHashSet(StringComparer.Ordinal);
        if (telling.Any(t => !parts.Contains(t))) telling = [.. telling.Where(t => !parts.Contains(t))];
        return [.. telling.Select((term, at) => (term, at)).OrderBy(t => Rarity(words, t.term)).ThenBy(t => t.at).Take(Most).OrderBy(t => t.at)
            .Select(t => new SearchWord(t.term, Widen(t.term, t.term == open.Term ? question.Substring(open.Start, open.Length) : null, words)))];
    }

    private static int Rarity(Words words, string term) => words.Documents.GetValueOrDefault(term, 1);

    private static Dictionary<string, double> Widen(string term, string? beginning, Words words)
    {
        var known = words.Documents.GetValueOrDefault(term);
        var variants = new Dictionary<string, double>(StringComparer.Ordinal) { [term] = 1 };
        // KB4012345 is written KB 4012345 as well.
        if (known == 0 && term.AsSpan().IndexOfAnyInRange('0', '9') is > 0 and <= 4 and var figures && term.Length - figures >= 4 && term.AsSpan(figures).IndexOfAnyExceptInRange('0', '9') < 0)
            variants[term[figures..]] = 0.9;
        // A known code is whole: 5.7.1 is not the beginning of 5.7.124.
        if (beginning is not null && !(known > 0 && term.Any(char.IsDigit)))
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
