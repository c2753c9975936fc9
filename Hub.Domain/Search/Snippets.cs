using System.Net;
using System.Text;

namespace Hub.Domain.Search;

/// <summary>The piece of a text that holds most of what was asked, as HTML: encoded, with what matched in <c>mark</c>.</summary>
public static class Snippets
{
    private const int Window = 160;
    // Beyond this, a text is not read for its snippet.
    private const int Furthest = 60_000;

    /// <summary>About 160 characters around the best place, or the beginning when nothing matches.</summary>
    public static string Of(string body, IReadOnlySet<string> terms)
    {
        var text = body.Length > Furthest ? body[..Furthest] : body;
        var hits = Terms.Of(text, new Beginnings(terms)).Where(t => terms.Contains(t.Term)).ToList();
        var (from, best) = (0, -1);
        for (int i = 0, j = 0; i < hits.Count; i++)
        {
            j = Math.Max(j, i);
            while (j < hits.Count && hits[j].Start + hits[j].Length <= hits[i].Start + Window) j++;
            var different = hits.Skip(i).Take(Math.Min(j - i, 40)).Select(h => h.Term).Distinct(StringComparer.Ordinal).Count();
            if (different > best) (from, best) = (hits[i].Start, different);
        }
        var start = WordStart(text, Math.Max(0, from - 30));
        var end = WordEnd(text, Math.Min(text.Length, start + Window + 30));
        var html = new StringBuilder(start > 0 ? "…" : "");
        var at = start;
        foreach (var hit in hits.Where(h => h.Start >= start && h.Start + h.Length <= end))
        {
            if (hit.Start < at) continue;
            html.Append(Encode(text[at..hit.Start])).Append("<mark>").Append(Encode(text.Substring(hit.Start, hit.Length))).Append("</mark>");
            at = hit.Start + hit.Length;
        }
        html.Append(Encode(text[at..end]));
        return html.Append(end < body.Length ? "…" : "").ToString();
    }

    /// <summary>A whole short text with its matches marked.</summary>
    public static string Mark(string text, IReadOnlySet<string> terms)
    {
        var html = new StringBuilder();
        var at = 0;
        foreach (var hit in Terms.Of(text, new Beginnings(terms)).Where(t => terms.Contains(t.Term)))
        {
            if (hit.Start < at) continue;
            html.Append(Encode(text[at..hit.Start])).Append("<mark>").Append(Encode(text.Substring(hit.Start, hit.Length))).Append("</mark>");
            at = hit.Start + hit.Length;
        }
        return html.Append(Encode(text[at..])).ToString();
    }

    private static int WordStart(string text, int at)
    {
        if (at == 0) return 0;
        while (at < text.Length && !char.IsWhiteSpace(text[at - 1])) at++;
        return at;
    }

    private static int WordEnd(string text, int at)
    {
        for (var i = 0; i < 30 && at < text.Length && at > 0 && !char.IsWhiteSpace(text[at]); i++) at++;
        return at > 0 && at < text.Length && char.IsHighSurrogate(text[at - 1]) ? at - 1 : at;
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(string.Join(' ', text.Split(['\r', '\n', '\t'], StringSplitOptions.None)));
}
