using AngleSharp.Html.Parser;
using Hub.Domain.Text;

namespace Hub.Tests.Knowledge;

public sealed class ArticleTextTests
{
    private static readonly string[] Forbidden = ["script", "style", "iframe", "object", "embed", "svg", "math", "form", "base", "meta", "link", "template"];

    [Fact]
    public void Hostile_text_becomes_inert_html()
    {
        foreach (var payload in SharedText.Vectors())
            foreach (var html in new[] { Markdown.Article(payload), Markdown.Message(payload) })
            {
                var document = new HtmlParser().ParseDocument(html);
                foreach (var e in document.All)
                {
                    Assert.False(Forbidden.Contains(e.LocalName), html);
                    foreach (var a in e.Attributes)
                    {
                        Assert.False(a.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || a.Name is "style" or "name" or "srcdoc", html);
                        if (a.Name == "id") Assert.StartsWith(Markdown.Place, a.Value, StringComparison.Ordinal);
                        if (a.Name is "href" or "src") Assert.Matches("^(https?:|mailto:|tel:|/|#s-)", a.Value.ToLowerInvariant());
                    }
                }
            }
    }

    [Fact]
    public void Tables_tasks_and_code_render_and_links_that_lead_nowhere_are_words()
    {
        Assert.Contains("<table", Markdown.Article("| a | b |\n|---|---|\n| 1 | 2 |"), StringComparison.Ordinal);
        Assert.Contains("type=\"checkbox\"", Markdown.Article("- [x] done"), StringComparison.Ordinal);
        Assert.Contains("<code>", Markdown.Article("```\nx < y\n```"), StringComparison.Ordinal);
        Assert.DoesNotContain("href", Markdown.Article("[a](other.md) [b](#part)"), StringComparison.Ordinal);
        Assert.Contains("href=\"/fixes\"", Markdown.Article("[a](/fixes)"), StringComparison.Ordinal);
        Assert.Equal("<p><span>a dog</span></p>", Markdown.Article("![a dog](https://elsewhere.example/dog.png)"));
    }

    [Fact]
    public void What_looks_like_a_tag_and_is_none_is_kept_as_it_was_written()
    {
        Assert.Equal("<p>Sign in as &lt;username&gt; and then press <strong>Enter</strong>.</p>", Markdown.Article("Sign in as <username> and then press **Enter**."));
        Assert.Contains("&lt;server&gt; is your own", Markdown.Article("<server> is your own"), StringComparison.Ordinal);
        Assert.Equal("Words stay, code goes: .", Markdown.Article("<article>Words stay</article>, code goes: <script>alert(1)</script>."));
        Assert.Equal("<p><span>x</span></p>", Markdown.Article("![x](/files/../language?to=qps-ploc)"));
    }
}
