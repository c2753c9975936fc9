using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hub.Domain.Text;

/// <summary>
/// The Unicode emoji with British English names and the shortcodes that other chats use (<c>emoji.json</c>, made of emojibase-data 17, MIT).
/// </summary>
public static partial class Emoji
{
    /// <summary>UTF-16 units of one emoji at most; the longest of Unicode's own has 35 with every skin tone.</summary>
    public const int MostLength = 40;

    private static readonly Dictionary<string, (string Emoji, string Name)> Known = new(StringComparer.Ordinal);
    private static readonly Dictionary<string, string> Shortcodes = new(StringComparer.Ordinal);

    static Emoji()
    {
        using var stream = typeof(Emoji).Assembly.GetManifestResourceStream("emoji.json")!;
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        Json = buffer.ToArray();
        using var document = JsonDocument.Parse(Json);
        foreach (var one in document.RootElement.EnumerateArray().SelectMany(g => g.GetProperty("emoji").EnumerateArray()))
        {
            var (emoji, name) = (one[0].GetString()!, one[1].GetString()!);
            foreach (var form in one[4].GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Prepend(emoji)) Known[Bare(form)] = (form, name);
            foreach (var code in one[2].GetString()!.Split(' ')) Shortcodes[code] = emoji;
        }
    }

    /// <summary>What the picker reads: groups of <c>[emoji, name, shortcodes, words, skin tones]</c>, UTF-8.</summary>
    public static byte[] Json { get; }

    internal static Dictionary<string, string> ShortcodesWithColons => Shortcodes.ToDictionary(s => $":{s.Key}:", s => s.Value, StringComparer.Ordinal);

    /// <summary>The emoji as Unicode lists it, whichever way it was typed: itself, without its variation selector, or its shortcode with or without colons. Null for anything else.</summary>
    public static string? Find(string typed) =>
        Known.TryGetValue(Bare(typed), out var known) ? known.Emoji : Shortcodes.GetValueOrDefault(typed.Trim(':'));

    /// <summary>"thumbs up"; what is not known is its own name.</summary>
    public static string Name(string emoji) => Known.TryGetValue(Bare(emoji), out var known) ? known.Name : emoji;

    /// <summary>Puts emoji in the place of shortcodes that stand by themselves: <c>10:100:5</c> stays.</summary>
    internal static string Expand(string text) => text.Contains(':', StringComparison.Ordinal)
        ? Shortcode().Replace(text, m => Shortcodes.GetValueOrDefault(m.Groups["code"].Value) ?? m.Value) : text;

    private static string Bare(string emoji) => emoji.Replace("\uFE0F", "", StringComparison.Ordinal);

    [GeneratedRegex(@"(?<![\p{L}\p{N}:]):(?<code>[a-z0-9_+-]{1,60}):(?![\p{L}\p{N}])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shortcode();
}
