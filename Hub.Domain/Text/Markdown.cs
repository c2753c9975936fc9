using Ganss.Xss;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Extensions.AutoLinks;
using Markdig.Extensions.Emoji;
using Markdig.Renderers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Hub.Domain.Text;

/// <summary>
/// The only place where HTML is made of what people type. Markdown (CommonMark, with GFM tables, task lists and
/// strike-through in articles) is rendered, then sanitised against an allow-list; the result is stored beside its source.
/// </summary>
public static class Markdown
{
    // Messages are a subset: emphasis, code, lists, quotes, links; raw HTML and headings stay the text they are.
    private static readonly MarkdownPipeline MessagePipeline = Subset(new MarkdownPipelineBuilder())
        .UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough)
        .UseAutoLinks(new AutoLinkOptions { UseHttpsForWWWLinks = true })
        .Use(new EmojiExtension(new EmojiMapping(Emoji.ShortcodesWithColons, new Dictionary<string, string>(StringComparer.Ordinal))))
        .UseSoftlineBreakAsHardlineBreak()
        .UseMentions()
        .Build();

    private static readonly MarkdownPipeline ArticlePipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseTaskLists().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).UseAutoLinks(new AutoLinkOptions { UseHttpsForWWWLinks = true })
        .UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough)
        .Build();

    private static readonly MarkdownPipeline PlainPipeline = new MarkdownPipelineBuilder().UsePipeTables().Build();

    private static readonly MarkdownPipeline MessagePlainPipeline = Subset(new MarkdownPipelineBuilder()).Build();

    private static readonly string[] Marks = ["<strong", "<em", "<del", "<code", "<pre", "<ul", "<ol", "<blockquote", "<a ", "<b>"];

    private static readonly HtmlSanitizer Sanitizer = MakeSanitizer();

    private static readonly Dictionary<string, MentionMark> Nobody = [];

    /// <summary>HTML of a message or a short note. Safe to show as it is.</summary>
    /// <remarks>
    /// Text without any markup of the subset is kept character by character: its white space and backslashes are its own. Shortcodes
    /// (<c>:tada:</c>) become their emoji, save in code.
    /// </remarks>
    public static string Message(string source) => Message(source, Nobody).Html;

    /// <summary>As <see cref="Message(string)"/>, with the names after an <c>@</c> that are known as mentions.</summary>
    public static MessageHtml Message(string source, IReadOnlyDictionary<string, MentionMark> names)
    {
        var mentioned = new List<string>();
        // A line's end is a break already; paragraphs keep their white space, so it must not be one twice.
        var html = Render(source, MessagePipeline, names.Count == 0 ? null : Mentions.Knowing(names), document => mentioned.AddRange(
            document.Descendants<Mentions.Mention>().Where(m => !Mentions.InLink(m)).Select(m => m.Written).Distinct(StringComparer.Ordinal))).Replace("<br>\n", "<br>", StringComparison.Ordinal);
        return new MessageHtml(Marks.Any(m => html.Contains(m, StringComparison.Ordinal)) ? html
            : $"<p>{System.Net.WebUtility.HtmlEncode(Emoji.Expand(source)).Replace("\r", "&#13;", StringComparison.Ordinal)}</p>", mentioned);
    }

    /// <summary>What follows each <c>@</c> of a message that may be a mention, up to the end of its line; code has none.</summary>
    public static IReadOnlyList<string> AfterAt(string source)
    {
        var found = new List<string>();
        if (source.Contains('@', StringComparison.Ordinal)) Render(source, MessagePipeline, Mentions.Noting(found));
        return found;
    }

    /// <summary>Where the links of a message lead, each once, in their order. Code has none, and a mention is none.</summary>
    public static IReadOnlyList<string> LinksIn(string source)
    {
        if (!source.Contains('/', StringComparison.Ordinal)) return [];
        try
        {
            return [.. Markdig.Markdown.Parse(source, MessagePipeline).Descendants().Select(d => d switch
            {
                LinkInline { IsImage: false, Url: { Length: > 0 } url } => url,
                AutolinkInline { IsEmail: false } link => link.Url,
                _ => null,
            }).OfType<string>().Distinct(StringComparer.Ordinal)];
        }
        catch (ArgumentException)
        {
            // Markdig refuses what is nested too deep: nothing in it is a link then.
            return [];
        }
    }

    /// <summary>The names that such a text may begin with: what ends at the edge of a word.</summary>
    public static IEnumerable<string> NamesIn(string afterAt) => Mentions.Beginnings(afterAt);

    /// <summary>HTML of an article's body; headings start at h2, under the page's own h1. Safe to show as it is.</summary>
    public static string Article(string source) => Render(source, ArticlePipeline);

    /// <summary>The words alone, for search and previews.</summary>
    public static string Plain(string source) => Plain(source, PlainPipeline);

    /// <summary>The words of a message alone: what looks like HTML is among them.</summary>
    public static string MessagePlain(string source) => Plain(source, MessagePlainPipeline);

    private static string Plain(string source, MarkdownPipeline pipeline)
    {
        try
        {
            return Markdig.Markdown.ToPlainText(source, pipeline).Trim();
        }
        catch (ArgumentException)
        {
            // Markdig refuses what is nested too deep; the source itself is then the text.
            return source.Trim();
        }
    }

    /// <summary>The words of its paragraphs without headings, lists, tables and code: what a card shows of it. Everything where there is no paragraph.</summary>
    public static string Opening(string source)
    {
        try
        {
            var document = Markdig.Markdown.Parse(source, PlainPipeline);
            foreach (var block in document.Where(b => b is not (ParagraphBlock or QuoteBlock)).ToList()) document.Remove(block);
            using var writer = new StringWriter();
            var renderer = new HtmlRenderer(writer) { EnableHtmlForBlock = false, EnableHtmlForInline = false, EnableHtmlEscape = false };
            PlainPipeline.Setup(renderer);
            renderer.Render(document);
            return writer.ToString().Trim() is { Length: > 0 } words ? words : Plain(source);
        }
        catch (ArgumentException)
        {
            return source.Trim();
        }
    }

    private static string Render(string source, MarkdownPipeline pipeline, MarkdownParserContext? context = null, Action<MarkdownDocument>? parsed = null)
    {
        string html;
        try
        {
            var document = Markdig.Markdown.Parse(source, pipeline, context);
            parsed?.Invoke(document);
            foreach (var heading in document.Descendants<HeadingBlock>()) heading.Level = Math.Min(6, heading.Level + 1);
            using var writer = new StringWriter();
            var renderer = new HtmlRenderer(writer);
            pipeline.Setup(renderer);
            renderer.Render(document);
            html = writer.ToString();
        }
        catch (ArgumentException)
        {
            html = $"<p>{System.Net.WebUtility.HtmlEncode(source)}</p>";
        }
        return Sanitizer.Sanitize(html).Trim();
    }

    private static MarkdownPipelineBuilder Subset(MarkdownPipelineBuilder builder)
    {
        builder.DisableHtml().DisableHeadings().UseMessageMarks();
        builder.BlockParsers.TryRemove<Markdig.Parsers.IndentedCodeBlockParser>();
        builder.BlockParsers.TryRemove<Markdig.Parsers.ThematicBreakParser>();
        builder.InlineParsers.TryRemove<Markdig.Parsers.Inlines.HtmlEntityParser>();
        return builder;
    }

    private static readonly HashSet<string> Coded = new("script style svg math template noscript iframe noembed noframes object embed xmp plaintext select textarea title head audio video canvas".Split(' '), StringComparer.Ordinal);

    private static HtmlSanitizer MakeSanitizer()
    {
        var s = new HtmlSanitizer();
        s.AllowedTags.Clear();
        foreach (var tag in "p br strong em del s code pre blockquote ul ol li a h2 h3 h4 h5 h6 table thead tbody tr th td hr img input span div sub sup kbd mark details summary b i u".Split(' '))
            s.AllowedTags.Add(tag);
        s.AllowedAttributes.Clear();
        foreach (var attribute in "href title alt src start type checked disabled align colspan rowspan open id".Split(' '))
            s.AllowedAttributes.Add(attribute);
        s.AllowedSchemes.Clear();
        foreach (var scheme in new[] { "https", "http", "mailto", "tel" }) s.AllowedSchemes.Add(scheme);
        s.AllowedCssProperties.Clear();
        s.AllowDataAttributes = false;
        // What is no tag, such as <username>, is what somebody wrote; of a tag that is not allowed the words stay, unless they are code.
        s.KeepChildNodes = true;
        s.RemovingTag += (_, e) =>
        {
            if (Coded.Contains(e.Tag.LocalName)) e.Tag.InnerHtml = "";
            else if (e.Tag is AngleSharp.Html.Dom.IHtmlUnknownElement && e.Tag.Parent is { } parent)
                parent.InsertBefore(e.Tag.Owner!.CreateTextNode($"<{e.Tag.LocalName}>"), e.Tag);
        };
        s.PostProcessNode += (_, e) =>
        {
            if (e.Node is not AngleSharp.Dom.IElement element) return;
            // A link that only meant something beside its own file would lead nowhere here: its words stay.
            if (element.LocalName == "a" && element.GetAttribute("href") is { } href && !href.StartsWith('/') && !href.StartsWith('#') && !href.Contains(':', StringComparison.Ordinal))
                element.RemoveAttribute("href");
            if (element.LocalName == "a" && element.HasAttribute("href")) element.SetAttribute("rel", "noopener noreferrer nofollow");
            // The box of a task is named by its task, in whatever language that is.
            if (element.LocalName == "input") element.SetAttribute("aria-label", element.ParentElement?.TextContent.Trim() ?? "");
            // A picture elsewhere would tell its owner who reads what, and one of the hub's own addresses would be asked by every reader.
            if (element.LocalName == "img")
                element.OuterHtml = $"<span>{System.Net.WebUtility.HtmlEncode(element.GetAttribute("alt") ?? "")}</span>";
            if (element.LocalName == "input" && (element.GetAttribute("type") != "checkbox" || !element.HasAttribute("disabled")))
                element.Remove();
            if (element.LocalName == "pre" || element.LocalName == "table") element.SetAttribute("tabindex", "0");
        };
        s.PostProcessDom += (_, e) => Places(e.Document);
        return s;
    }

    /// <summary>Begins every id that an author's text makes, so that none is one of the page's own.</summary>
    public const string Place = "s-";

    // Links inside a text lead to its own headings, and nowhere else.
    private static void Places(AngleSharp.Html.Dom.IHtmlDocument document)
    {
        var places = new HashSet<string>(StringComparer.Ordinal);
        foreach (var element in document.QuerySelectorAll("[id]"))
        {
            var id = Place + element.Id;
            if (element.LocalName is ['h', >= '2' and <= '6'] && element.Id is { Length: > 0 and < 200 } own && !own.Any(char.IsWhiteSpace) && places.Add(id)) element.Id = id;
            else element.RemoveAttribute("id");
        }
        foreach (var link in document.QuerySelectorAll("a[href^='#']"))
        {
            var id = Place + Uri.UnescapeDataString(link.GetAttribute("href")![1..]);
            if (!places.Contains(id)) link.RemoveAttribute("href");
            else link.SetAttribute("href", "#" + id);
        }
    }
}
