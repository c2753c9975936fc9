using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Hub.Web.Shell;

namespace Hub.Tests.Shell;

public sealed partial class WordsTests
{
    [Theory]
    [InlineData("Send", "[Šéñð ·]")]
    [InlineData("On shift until {0}", "[Óñ šĥíƒţ úñţíļ {0} ····]")]
    [InlineData("Your <b>text</b>", "[Ýóúŕ <b>ţéẋţ</b> ···]")]
    public void The_pseudo_language_is_longer_and_keeps_placeholders(string text, string expected) =>
        Assert.Equal(expected.Replace("ẋ", "x", StringComparison.Ordinal), HubWords.Stretch(text));

    [Fact]
    public void No_page_has_visible_text_in_its_code()
    {
        var web = Path.Combine(Folder(), "..", "..", "Hub.Web");
        var found = Directory.EnumerateFiles(web, "*.razor", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(f => VisibleText(File.ReadAllText(f)).Select(t => $"{Path.GetFileName(f)}: {t}")).ToList();
        Assert.True(found.Count == 0, "Text belongs in {Room}Text.resx:\n" + string.Join('\n', found));
    }

    [Theory]
    [InlineData("<p>Hello</p>", true)]
    [InlineData("<p>@T[\"Hello\"] there</p>", true)]
    [InlineData("<p>\n    Some words alone on a line\n</p>", true)]
    [InlineData("<a title=\"Go home\">@T[\"Go\"]</a>", true)]
    [InlineData("<p>@T[\"Hello.There\", name.ToString(\"HH:mm\")] · @(x ? \"a\" : \"b\")</p>", false)]
    [InlineData("@foreach (var x in xs)\n{\n    <li @key=\"x\" title=\"@x.Name\">@x.Name</li>\n}\nelse\n{\n    var y = 1;\n}", false)]
    [InlineData("<button @onclick=\"() => Go(1)\">@T[\"Go\"]</button>\n@code { string s = \"<p>Text</p>\"; }", false)]
    public void The_search_for_text_in_code_finds_it(string razor, bool found) => Assert.Equal(found, VisibleText(razor).Any());

    private static IEnumerable<string> VisibleText(string razor)
    {
        var markup = Comments().Replace(Code().Replace(razor, ""), "");
        foreach (Match m in Attributes().Matches(markup)) yield return m.Value;
        foreach (var line in markup.Split('\n').Select(l => WithoutExpressions(l).Trim()))
        {
            foreach (Match m in Between().Matches(line)) yield return m.Value;
            if (Alone().IsMatch(line) && line is not "else" && !line.StartsWith("else ", StringComparison.Ordinal)) yield return line;
        }
    }

    // Takes out @T["…"], @(…), @name.Of(thing): what is left between tags is text.
    private static string WithoutExpressions(string line)
    {
        var kept = new System.Text.StringBuilder();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] != '@')
            {
                kept.Append(line[i]);
                continue;
            }
            var directive = Directive().IsMatch(line[i..]);
            for (i++; i < line.Length; i++)
            {
                if (line[i] is '(' or '[')
                {
                    var depth = 0;
                    for (; i < line.Length; i++)
                    {
                        if (line[i] is '(' or '[') depth++;
                        if (line[i] is ')' or ']' && --depth == 0) break;
                    }
                }
                else if (!char.IsLetterOrDigit(line[i]) && line[i] is not ('.' or '_' or '!' or '?') && !(directive && line[i] is not '<'))
                {
                    break;
                }
            }
            i--;
            kept.Append('@');
        }
        return kept.ToString();
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    // @code is always last in a file.
    [GeneratedRegex(@"@code\s*\{.*", RegexOptions.Singleline, 2000)]
    private static partial Regex Code();

    [GeneratedRegex(@"(?s)@\*.*?\*@|<!--.*?-->|<(script|style)\b.*?</\1>", RegexOptions.None, 2000)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\s(title|aria-label|placeholder|alt|Label|Placeholder|aria-description)=""[^""@]*\p{L}{2}[^""]*""", RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Attributes();

    [GeneratedRegex(@">[^<>{};=]*\p{L}{2}[^<>{};=]*<", RegexOptions.None, 2000)]
    private static partial Regex Between();

    [GeneratedRegex(@"^(?!@|//|case |break|using )[^<>@{};=""()|&?]*\p{L}{2}[^<>@{};=""()|&]*$", RegexOptions.None, 2000)]
    private static partial Regex Alone();

    [GeneratedRegex(@"^@(page|inject|inherits|using|attribute|layout|implements|typeparam|if|foreach|for|switch|namespace|rendermode)\b", RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Directive();
}
