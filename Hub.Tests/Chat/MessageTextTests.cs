using AngleSharp.Html.Parser;
using Hub.Domain.Text;
using Hub.Tests.Storage;

namespace Hub.Tests.Chat;

public sealed class MessageTextTests
{
    private static readonly HtmlParser Parser = new();

    [SharedDataTheory, SharedData("markdown/naughty-strings-shared.jsonl", "text")]
    public void Every_naughty_string_shows_unchanged(IReadOnlyList<string> lines)
    {
        var changed = lines.Where(l => Shown(l) != l).Select(l => $"{l} → {Shown(l)}");
        Assert.Equal([], changed);
    }

    [SharedDataTheory, SharedData("markdown/xss-vectors-shared.jsonl", "payload")]
    public void Every_vector_is_inert(IReadOnlyList<string> lines)
    {
        foreach (var html in lines.Select(Markdown.Message))
        {
            var body = Parser.ParseDocument($"<body><div>{html}</div>").Body!;
            Assert.Empty(body.QuerySelectorAll("script,iframe,object,embed,style,link,meta,form,svg,math,img,base,input,video,audio"));
            foreach (var attribute in body.QuerySelectorAll("*").SelectMany(e => e.Attributes))
            {
                Assert.Contains(attribute.Name, new[] { "href", "rel", "title", "tabindex", "start" });
                if (attribute.Name == "href") Assert.Matches("^(https?:|mailto:|tel:|/|#|[^:]*$)", attribute.Value);
            }
        }
    }

    [Theory]
    [InlineData("**bold** and *soft*", "strong,em")]
    [InlineData("`code` ~~gone~~", "code,del")]
    [InlineData("```\nfence\n```", "pre,code")]
    [InlineData("- one\n- two", "ul,li,li")]
    [InlineData("> said", "blockquote")]
    [InlineData(">> said", "blockquote,blockquote")]
    [InlineData("before (`code`, __bold__) and _soft_.", "code,strong,em")]
    [InlineData("~~gone~~ and *`both`*", "del,em,code")]
    [InlineData("><b>pasted", "")]
    [InlineData("a=`b` and c`d`", "")]
    [InlineData("x.__class__.__mro__ snake_case_name", "")]
    [InlineData("[hub](https://hub.example/a)", "a")]
    [InlineData("see https://hub.example/a", "a")]
    public void The_subset_is_rendered(string source, string elements)
    {
        var found = Parser.ParseDocument($"<body>{Markdown.Message(source)}").Body!.QuerySelectorAll("*").Select(e => e.LocalName).Where(n => n is not ("p" or "br"));
        Assert.Equal(elements, string.Join(',', found));
    }

    [Fact]
    public void A_line_ends_once_also_beside_marks() => Assert.Equal("<p>one<br><strong>two</strong></p>", Markdown.Message("one\n**two**"));

    private static string Shown(string source) => Parser.ParseDocument($"<body><div>{Markdown.Message(source)}</div>").Body!.FirstElementChild!.TextContent;
}
