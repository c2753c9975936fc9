using System.Globalization;
using Hub.Domain.Search;

namespace Hub.Domain.Chat;

/// <summary>
/// A question about messages as it was typed: words, <c>"phrases"</c>, and filters of the form <c>name:value</c>, in any order. What begins like no filter is a word.
/// </summary>
internal sealed class MessageQuestion
{
    /// <summary>Most words, those of phrases among them.</summary>
    public const int MostWords = 20;

    private const string Field = "q", Date = "yyyy-MM-dd";

    private static readonly string[] Dates = [Date, "d/M/yyyy"], Files = ["file", "files"], Links = ["link", "links"], Reactions = ["reaction", "reactions"];

    /// <summary>A term for each word (<see cref="Terms"/>).</summary>
    public HashSet<string> Words { get; } = new(StringComparer.Ordinal);

    /// <summary>As <see cref="Line"/> gives them.</summary>
    public List<string> Phrases { get; } = [];

    /// <summary>Terms of <c>has:</c> and <c>is:</c> (<see cref="MessageIndex"/>).</summary>
    public HashSet<string> Facts { get; } = new(StringComparer.Ordinal);

    /// <summary>Every term by which a word or a part of one can be marked where it stands.</summary>
    public HashSet<string> Marked { get; } = new(StringComparer.Ordinal);

    /// <summary>A name or an address, or null.</summary>
    public string? From { get; private set; }

    /// <summary>A name or an id, or null.</summary>
    public string? In { get; private set; }

    /// <summary>The first day that is too late.</summary>
    public DateOnly? Before { get; private set; }

    /// <summary>The last day that is too early.</summary>
    public DateOnly? After { get; private set; }

    /// <summary>True for what one saved oneself.</summary>
    public bool Saved { get; private set; }

    /// <summary>Reads a question; a refusal names the part that is wrong.</summary>
    /// <param name="today">Where the person is.</param>
    public static Outcome<MessageQuestion> Read(string typed, DateOnly today)
    {
        if (typed.Length > MessageSearch.MostCharacters) return Refusal.Invalid(Field, "find.long", MessageSearch.MostCharacters);
        if (typed.Contains('\0', StringComparison.Ordinal)) return Refusal.Invalid(Field, "text.nul");
        var read = new MessageQuestion();
        foreach (var part in Parts(typed.Replace('“', '"').Replace('”', '"')))
            if (read.Take(part, today) is { } wrong) return wrong;
        if (read.Words.Count > MostWords) return Refusal.Invalid(Field, "find.words", MostWords);
        if (read.Words.Count == 0 && read.Facts.Count == 0 && read is { From: null, In: null, Saved: false }) return Refusal.Invalid(Field, read is { Before: null, After: null } ? "find.empty" : "find.dates");
        return read;
    }

    /// <summary>The words of a text one after the other, each between spaces, without case, accents and marks: a phrase is compared so.</summary>
    public static string Line(string text) =>
        $" {string.Join(' ', string.Concat(Terms.Fold(text).Select(c => char.IsLetterOrDigit(c) ? c : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries))} ";

    private Refusal? Take(Part part, DateOnly today)
    {
        if (part.Filter.Length == 0)
        {
            if (part.Quoted && Line(part.Value) is { Length: > 2 } phrase) Phrases.Add(phrase);
            Words.UnionWith(Whole(part.Value));
            Marked.UnionWith(Terms.Of(part.Value).Select(t => t.Term));
            return null;
        }
        var value = part.Value.Trim();
        if (value.Length == 0) return Refusal.Invalid(Field, "find.nothing", part.Filter);
        switch (part.Filter)
        {
            case "from":
                if (From is not null) return Refusal.Invalid(Field, "find.twice", part.Filter);
                From = value;
                return null;
            case "in":
                if (In is not null) return Refusal.Invalid(Field, "find.twice", part.Filter);
                In = value;
                return null;
            case "has":
                if ((Is(Files) ? MessageIndex.File : Is(Links) ? MessageIndex.Link : Is(Reactions) ? MessageIndex.Reaction : null) is not { } has) return Refusal.Invalid(Field, "find.has", value);
                Facts.Add(has);
                return null;
            case "is":
                if (Is(["saved"])) Saved = true;
                else if (Is(["thread"])) Facts.Add(MessageIndex.Thread);
                else if (Is(["pinned"])) Facts.Add(MessageIndex.Pinned);
                else return Refusal.Invalid(Field, "find.is", value);
                return null;
            default:
                var before = part.Filter == "before";
                if ((before ? Before : After) is not null) return Refusal.Invalid(Field, "find.twice", part.Filter);
                if (Day(value, today) is not { } day) return Refusal.Invalid(Field, "find.date", part.Filter, value, today.ToString(Date, CultureInfo.InvariantCulture));
                if (before) Before = day;
                else After = day;
                return null;
        }

        bool Is(string[] words) => words.Contains(value, StringComparer.OrdinalIgnoreCase);
    }

    // Of what is joined (Wi-Fi, 5.7.1) the whole is asked for, without its hyphen where it is indexed so too: its parts stand inside it.
    private static IEnumerable<string> Whole(string text)
    {
        Token? last = null;
        foreach (var token in Terms.Of(text))
        {
            if (last is { } before && token.Start < before.Start + before.Length && (token.Start, token.Length) != (before.Start, before.Length)) continue;
            if (last is { } done && token.Start >= done.Start + done.Length) yield return done.Term;
            last = token;
        }
        if (last is { } end) yield return end.Term;
    }

    // Keys hold times from 1970 on.
    private static DateOnly? Day(string value, DateOnly today) =>
        value.Equals("today", StringComparison.OrdinalIgnoreCase) ? today
        : value.Equals("yesterday", StringComparison.OrdinalIgnoreCase) ? today.AddDays(-1)
        : DateOnly.TryParseExact(value, Dates, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1970 and < 9999 ? day : null;

    // A quotation that is not closed goes on to the end.
    private static IEnumerable<Part> Parts(string typed)
    {
        for (var at = 0; at < typed.Length;)
        {
            if (char.IsWhiteSpace(typed[at]))
            {
                at++;
                continue;
            }
            var colon = typed.IndexOf(':', at);
            var filter = colon < 0 ? "" : typed[at..colon].ToLowerInvariant();
            if (filter is not ("from" or "in" or "before" or "after" or "has" or "is")) filter = "";
            if (filter.Length > 0) at = colon + 1;
            var quoted = at < typed.Length && typed[at] == '"';
            if (quoted) at++;
            var end = at;
            while (end < typed.Length && (quoted ? typed[end] != '"' : !char.IsWhiteSpace(typed[end]) && (filter.Length > 0 || typed[end] != '"'))) end++;
            yield return new Part(filter, typed[at..end], quoted);
            at = quoted ? end + 1 : end;
        }
    }

    private readonly record struct Part(string Filter, string Value, bool Quoted);
}
