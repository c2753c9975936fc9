using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Shell;

/// <summary>Initials on one of six tints. The name stands beside the square, so it is silent itself.</summary>
internal static class Avatars
{
    /// <summary>36 CSS pixels, or 20 for a list's row. The same person has the same colour on every node and after every start.</summary>
    public static MarkupString Square(string name, bool small = false) => new(
        $"<span class=\"avatar{(small ? " small" : "")}\" data-tint=\"{name.Aggregate(7u, (h, c) => unchecked(h * 31 + c)) % 6}\" aria-hidden=\"true\">{WebUtility.HtmlEncode(Initials(name))}</span>");

    private static string Initials(string name)
    {
        var words = name.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return words.Length == 0 ? "" : First(words[0]) + (words.Length > 1 ? First(words[^1]) : "");

        static string First(string word) => new StringInfo(word).SubstringByTextElements(0, 1).ToUpper(CultureInfo.CurrentCulture);
    }
}
