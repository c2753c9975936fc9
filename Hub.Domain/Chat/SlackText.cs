using System.Text;
using System.Text.RegularExpressions;

namespace Hub.Domain.Chat;

/// <summary>
/// Slack's way of writing as the hub's: <c>&lt;address|words&gt;</c>, <c>*bold*</c>, <c>~struck~</c>, <c>&lt;!channel&gt;</c>, <c>&amp;amp;</c>. What is the same in both (<c>_slanted_</c>,
/// code, quotes, lists, shortcodes) stays, as does the hub's own Markdown. Code keeps its marks.
/// </summary>
internal static partial class SlackText
{
    /// <summary>Stands before what calls people, as nothing that came can: <see cref="SlackPayload"/> takes it out of all that came, and then of this.</summary>
    public const string Call = "\0";

    /// <summary>A text of the type <c>mrkdwn</c>.</summary>
    public static string Markdown(string text)
    {
        var made = new StringBuilder(text.Length + 16);
        var from = 0;
        foreach (Match code in Code().Matches(text))
        {
            made.Append(Marked(text[from..code.Index])).Append(Decoded(code.Value));
            from = code.Index + code.Length;
        }
        return made.Append(Marked(text[from..])).ToString();
    }

    /// <summary>A text of the type <c>plain_text</c>: nothing in it but the three escaped characters means anything.</summary>
    public static string Decoded(string text) =>
        text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);

    /// <summary>A link with these words; the words alone where the address is none that a message may lead to.</summary>
    public static string Link(string address, string words)
    {
        var label = words.Replace('[', '(').Replace(']', ')').ReplaceLineEndings(" ").Trim();
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http" or "mailto" or "tel") || address.Any(c => char.IsWhiteSpace(c) || c is '<' or '>')) return label.Length > 0 ? label : address;
        return label.Length == 0 ? $"<{address}>" : $"[{label}](<{address}>)";
    }

    // What was escaped is decoded last, so that it never is a mark of Slack's.
    private static string Marked(string text)
    {
        var made = new StringBuilder(text.Length + 16);
        var from = 0;
        foreach (Match mark in InBrackets().Matches(text))
        {
            made.Append(Emphasised(text[from..mark.Index])).Append(Bracketed(mark.Groups["what"].Value, mark.Groups["words"].Value));
            from = mark.Index + mark.Length;
        }
        return made.Append(Emphasised(text[from..])).ToString();
    }

    private static string Emphasised(string text) => Decoded(Struck().Replace(Bold().Replace(text, "**${words}**"), "~~${words}~~"));

    private static string Bracketed(string what, string words)
    {
        words = Decoded(words);
        return what switch
        {
            "!here" => $"{Call}@here",
            "!channel" or "!everyone" => $"{Call}@channel",
            ['!', ..] => words.Length > 0 ? words : Decoded(what[1..]),
            // Whom another place knows by an id is nobody here.
            ['@', ..] => words.Length > 0 ? words : Decoded(what[1..]),
            ['#', ..] => $"#{(words.Length > 0 ? words : Decoded(what[1..]))}",
            _ when what.Contains(':', StringComparison.Ordinal) => Link(Decoded(what), words),
            _ => $"<{Decoded(what)}{(words.Length > 0 ? $"|{words}" : "")}>",
        };
    }

    [GeneratedRegex("```.*?```|`[^`\n]+`", RegexOptions.Singleline, 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"<(?<what>[^<>|\n]+)(\|(?<words>[^<>\n]*))?>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InBrackets();

    [GeneratedRegex(@"(?<![\w*])\*(?=\S)(?<words>[^*\n]+)(?<=\S)\*(?![\w*])", RegexOptions.None, 1000)]
    private static partial Regex Bold();

    [GeneratedRegex(@"(?<![\w~])~(?=\S)(?<words>[^~\n]+)(?<=\S)~(?![\w~])", RegexOptions.None, 1000)]
    private static partial Regex Struck();
}
