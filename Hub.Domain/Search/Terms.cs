using System.Globalization;
using System.Text;

namespace Hub.Domain.Search;

/// <summary>A word where it stands in a text: <paramref name="Start"/> and <paramref name="Length"/> are of the original.</summary>
public readonly record struct Token(string Term, int Start, int Length);

/// <summary>The first two characters of some terms. Folding and stemming leave those of a plain word as they are.</summary>
internal sealed class Beginnings(IEnumerable<string> terms)
{
    private readonly HashSet<int> pairs = [.. terms.Where(t => t.Length > 0).Select(t => Pair(t, 0, t.Length))];

    /// <summary>True if the word from <paramref name="from"/> to <paramref name="to"/> can be none of the terms.</summary>
    public bool Lack(string text, int from, int to) => Pair(text, from, to) is var pair and >= 0 && !pairs.Contains(pair);

    // -1 for what folding may change: then nothing is known.
    private static int Pair(string text, int from, int to)
    {
        var (a, b) = (text[from], from + 1 < to ? text[from + 1] : '0');
        return char.IsAsciiLetterOrDigit(a) && (char.IsAsciiLetterOrDigit(b) || b is '.' or '-' or '_') ? (char.ToLowerInvariant(a) << 8) | char.ToLowerInvariant(b) : -1;
    }
}

/// <summary>
/// Text into terms, the same way for what is stored and what is typed: lower case, diacritics folded, plurals and endings
/// off. What is joined by a hyphen, a point or an underscore (5.7.1, error-codes, Set-Mailbox) is findable whole and in parts.
/// </summary>
public static class Terms
{
    /// <summary>Longest term that is stored.</summary>
    public const int MaxLength = 64;

    private static readonly HashSet<string> Stops = new(
        ("a an the and or of to in on at for from by with is are was were be been it its this that these those as if then than so but not no "
        + "you your i my me we our they their he she his her can cant cannot could will would should may might do does did doesn dont doesnt don isnt arent "
        + "have has had how what when where which who why there here into about after before also any all some such other more most "
        + "am im ive youre wont didnt wasnt please").Split(' '), StringComparer.Ordinal);

    /// <summary>True for words so common that they say nothing unless they are all there is.</summary>
    public static bool IsStop(string term) => Stops.Contains(term);

    /// <summary>True for what is written to be exact: error codes, update numbers, event numbers (at least three figures, or figures joined).</summary>
    public static bool IsCode(string term) => term.Count(char.IsAsciiDigit) >= 3 || (term.Any(char.IsAsciiDigit) && term.AsSpan().IndexOfAny('.', '-', '_') > 0);

    /// <summary>Every term of <paramref name="text"/> in its order; joined words give their whole first, then their parts.</summary>
    public static IEnumerable<Token> Of(string text) => Of(text, null);

    /// <summary>As <see cref="Of(string)"/>, without the words that begin like none of <paramref name="only"/>: a long text is read for a few terms several times faster.</summary>
    internal static IEnumerable<Token> Of(string text, Beginnings? only)
    {
        var parts = new List<(int Start, int End)>();
        for (var i = 0; i < text.Length;)
        {
            if (!char.IsLetterOrDigit(text[i]))
            {
                i++;
                continue;
            }
            var start = i;
            parts.Clear();
            while (true)
            {
                var from = i;
                while (i < text.Length && InWord(text, i)) i++;
                parts.Add((from, i));
                if (i + 1 < text.Length && text[i] is '-' or '.' or '_' && char.IsLetterOrDigit(text[i + 1])) i++;
                else break;
            }
            if (parts.Count > 1 && i - start <= MaxLength && only?.Lack(text, start, i) != true) yield return new Token(Fold(text[start..i]), start, i - start);
            if (parts.Count > 2)
                foreach (var (from, to) in Runs(text, parts))
                    if (only?.Lack(text, from, to) != true) yield return new Token(Fold(text[from..to]), from, to - from);
            foreach (var (from, to) in parts)
            {
                // The single figures of 5.7.1 would be found everywhere.
                if ((parts.Count > 1 && to - from == 1 && char.IsDigit(text[from])) || only?.Lack(text, from, to) == true) continue;
                var term = Stem(Fold(text[from..to]));
                if (term.Length > 0) yield return new Token(term.Length > MaxLength ? term[..MaxLength] : term, from, to - from);
            }
        }
    }

    // 4.7.500-699 is asked for as 4.7.500: what points join is whole too where something else joins it to more.
    private static IEnumerable<(int From, int To)> Runs(string text, List<(int Start, int End)> parts)
    {
        for (int first = 0, last = 0; first < parts.Count; first = ++last)
        {
            while (last + 1 < parts.Count && text[parts[last].End] == '.') last++;
            if (last > first && last - first + 1 < parts.Count && parts[last].End - parts[first].Start <= MaxLength) yield return (parts[first].Start, parts[last].End);
        }
    }

    /// <summary>Lower case without accents and apostrophes: "Siân’s" is "sians".</summary>
    public static string Fold(string word)
    {
        if (word.All(char.IsAsciiLetterLower)) return word;
        var folded = new StringBuilder(word.Length);
        foreach (var c in word.Normalize(NormalizationForm.FormD))
            if (c is not ('\'' or '’') && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark)
                folded.Append(char.ToLowerInvariant(c));
        return folded.ToString().Normalize(NormalizationForm.FormC);
    }

    /// <summary>Plural, -ing and -ed off, where what is left is still a word's length; a doubled or silent last letter goes too.</summary>
    public static string Stem(string word)
    {
        if (word.Length < 4 || !word.All(char.IsAsciiLetterLower)) return word;
        var s = word;
        if (s.EndsWith("ies", StringComparison.Ordinal) && s.Length > 4) s = s[..^3] + "y";
        else if (s.EndsWith("sses", StringComparison.Ordinal) || s.EndsWith("xes", StringComparison.Ordinal) || s.EndsWith("ches", StringComparison.Ordinal) || s.EndsWith("shes", StringComparison.Ordinal)) s = s[..^2];
        else if (s[^1] == 's' && s[^2] is not ('s' or 'u' or 'i')) s = s[..^1];
        if (s.EndsWith("ing", StringComparison.Ordinal) && Stands(s[..^3])) s = Undouble(s[..^3]);
        else if (s.EndsWith("ed", StringComparison.Ordinal) && Stands(s[..^2])) s = Undouble(s[..^2]);
        if (s.Length > 4 && s[^1] == 'e') s = s[..^1];
        return s;
    }

    private static bool InWord(string text, int i) => char.IsLetterOrDigit(text[i])
        || (text[i] > '\u007f' && CharUnicodeInfo.GetUnicodeCategory(text[i]) == UnicodeCategory.NonSpacingMark)
        || (text[i] is '\'' or '’' && i + 1 < text.Length && char.IsLetter(text[i + 1]));

    private static bool Stands(string stem) => stem.Length >= 3 && stem.Any(c => c is 'a' or 'e' or 'i' or 'o' or 'u' or 'y');

    private static string Undouble(string s) => s.Length > 3 && s[^1] == s[^2] && s[^1] is not ('l' or 's' or 'z' or 'e' or 'o') ? s[..^1] : s;
}
