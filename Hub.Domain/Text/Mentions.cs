using System.Globalization;
using Markdig;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax.Inlines;

namespace Hub.Domain.Text;

/// <summary>What a name after an <c>@</c> stands for.</summary>
/// <param name="Label">What is shown after the <c>@</c>.</param>
/// <param name="Address">Where it leads, or null.</param>
public sealed record MentionMark(string Label, string? Address);

/// <summary>A message's HTML, and the names after an <c>@</c> in it that were known, each once, as they were written.</summary>
public sealed record MessageHtml(string Html, IReadOnlyList<string> Mentioned);

/// <summary>
/// Mentions in a message: <c>@</c> at the edge of a word, then a name. Whether it is one is said by names that are known; the longest that ends at
/// the edge of a word counts. What is code or the text of a link mentions nobody. A mention becomes a <c>b</c>, which nothing else in a message does.
/// </summary>
internal static class Mentions
{
    private const string Before = "([{<\"'“‘*_~-–—/,;:>";
    // A name has at most 200 characters, and hardly so many edges.
    private const int MostCharacters = 200, MostEdges = 24;
    private static readonly object Key = new();

    public static MarkdownPipelineBuilder UseMentions(this MarkdownPipelineBuilder builder)
    {
        builder.Extensions.Add(new Extension());
        return builder;
    }

    /// <summary>A context in which what follows each <c>@</c> is noted in <paramref name="found"/>, and nothing is a mention.</summary>
    public static MarkdownParserContext Noting(List<string> found) => With(new Reading(found, null));

    /// <summary>A context in which these names are mentions.</summary>
    public static MarkdownParserContext Knowing(IReadOnlyDictionary<string, MentionMark> names) => With(new Reading(null, names));

    /// <summary>The beginnings of a text that end at the edge of a word: "Jonas", "Jonas Berg", "Jonas Berg can" …; the shortest first.</summary>
    public static IEnumerable<string> Beginnings(string text)
    {
        var edges = 0;
        for (var end = 1; end <= text.Length && edges < MostEdges; end++)
        {
            var last = text[end - 1];
            if ((!Word(last) && last is not (')' or '.')) || (end < text.Length && Word(text[end]))) continue;
            edges++;
            yield return text[..end];
        }
    }

    private static MarkdownParserContext With(Reading reading)
    {
        var context = new MarkdownParserContext();
        context.Properties[Key] = reading;
        return context;
    }

    private static bool Word(char c) => char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private sealed record Reading(List<string>? Found, IReadOnlyDictionary<string, MentionMark>? Names);

    internal sealed class Mention : LeafInline
    {
        public required string Written { get; init; }
        public required MentionMark Mark { get; init; }
    }

    private sealed class Parser : InlineParser
    {
        public Parser() => OpeningCharacters = ['@'];

        public override bool Match(InlineProcessor processor, ref StringSlice slice)
        {
            if (processor.Context?.Properties.GetValueOrDefault(Key) is not Reading reading) return false;
            var before = slice.PeekCharExtra(-1);
            if (!(before == '\0' || char.IsWhiteSpace(before) || Before.Contains(before, StringComparison.Ordinal)) || !Word(slice.PeekChar())) return false;
            var rest = slice.Text.AsSpan(slice.Start + 1, Math.Min(slice.End - slice.Start, MostCharacters));
            var line = rest.IndexOfAny('\n', '\r');
            var following = (line < 0 ? rest : rest[..line]).ToString();
            reading.Found?.Add(following);
            if (reading.Names is not { } names || Beginnings(following).LastOrDefault(names.ContainsKey) is not { } written) return false;
            processor.Inline = new Mention { Written = written, Mark = names[written] };
            slice.Start += written.Length + 1;
            return true;
        }
    }

    private sealed class Renderer : HtmlObjectRenderer<Mention>
    {
        protected override void Write(HtmlRenderer renderer, Mention obj)
        {
            if (InLink(obj))
            {
                renderer.Write('@').WriteEscape(obj.Mark.Label);
                return;
            }
            renderer.Write("<b>");
            if (obj.Mark.Address is { } address) renderer.Write("<a href=\"").WriteEscapeUrl(address).Write("\">");
            renderer.Write('@').WriteEscape(obj.Mark.Label);
            if (obj.Mark.Address is not null) renderer.Write("</a>");
            renderer.Write("</b>");
        }
    }

    internal static bool InLink(Inline inline)
    {
        for (var parent = inline.Parent; parent is not null; parent = parent.Parent)
            if (parent is LinkInline) return true;
        return false;
    }

    private sealed class Extension : IMarkdownExtension
    {
        public void Setup(MarkdownPipelineBuilder pipeline) => pipeline.InlineParsers.Insert(0, new Parser());

        public void Setup(MarkdownPipeline pipeline, IMarkdownRenderer renderer)
        {
            if (renderer is HtmlRenderer html) html.ObjectRenderers.AddIfNotAlready<Renderer>();
        }
    }
}
