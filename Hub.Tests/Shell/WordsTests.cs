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

    [Fact]
    public void No_module_has_visible_text_in_its_code()
    {
        var web = Path.Combine(Folder(), "..", "..", "Hub.Web");
        var modules = Directory.EnumerateFiles(web, "*.js", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(modules);
        var found = modules.SelectMany(f => SaidText(File.ReadAllText(f)).Select(t => $"{Path.GetFileName(f)}: {t}")).ToList();
        Assert.True(found.Count == 0, "Text belongs in {Room}Text.resx and comes to the module from the page:\n" + string.Join('\n', found));
    }

    [Theory]
    [InlineData("note.textContent = 'Nobody here';", true)]
    [InlineData("b.ariaLabel = `Remove ${name}`;", true)]
    [InlineData("box.setAttribute('aria-label', \"Text\");", true)]
    [InlineData("row.append(name, ' is busy');", true)]
    [InlineData("li.textContent = ok ? words.free : 'Busy';", true)]
    [InlineData("fail('Could not be saved');", true)]
    [InlineData("note.textContent = said?.title ?? words.failed; // never 'Plain text here'", false)]
    [InlineData("list.querySelector('li.message [data-email]'); box.setAttribute('aria-label', words.text);", false)]
    [InlineData("row.append(document.createElement('span'), ' ');", false)]
    public void The_search_for_text_in_modules_finds_it(string script, bool found) => Assert.Equal(found, SaidText(script).Any());

    // A literal that goes where people read, or that reads like a sentence wherever it goes. Keys and what is compared with are no text.
    private static IEnumerable<string> SaidText(string script)
    {
        foreach (var line in ScriptComments().Replace(script, "").Split('\n').Select(l => Keys().Replace(l, "")))
            foreach (Match m in Literals().Matches(line))
            {
                var (text, before) = (Holes().Replace(m.Value[1..^1], ""), line[..m.Index]);
                if (Sentence().IsMatch(text) || (Words().IsMatch(text) && Shown().IsMatch(before) && !Style().IsMatch(before))) yield return m.Value;
            }
    }

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

    [GeneratedRegex(@"(?s)/\*.*?\*/|(?<![:'""`])//[^\n]*", RegexOptions.None, 2000)]
    private static partial Regex ScriptComments();

    [GeneratedRegex(@"\[\s*'[^']*'\s*\]|[!=]==?\s*'[^']*'|case '[^']*'", RegexOptions.None, 2000)]
    private static partial Regex Keys();

    [GeneratedRegex(@"'[^']*'|""[^""]*""|`[^`]*`", RegexOptions.None, 2000)]
    private static partial Regex Literals();

    [GeneratedRegex(@"\$\{[^}]*\}", RegexOptions.None, 2000)]
    private static partial Regex Holes();

    [GeneratedRegex(@"^\p{Lu}\p{Ll}+ \p{L}", RegexOptions.None, 2000)]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\p{Lu}\p{Ll}|\p{L} \p{L}|^ \p{L}", RegexOptions.None, 2000)]
    private static partial Regex Words();

    [GeneratedRegex(@"((textContent|innerText|ariaLabel|ariaDescription|title|placeholder)\s*[:=](?!=)|setAttribute\('(aria-label|title|placeholder|alt)',|\.(append|prepend|replaceChildren)\(|new Option\()[^;]*$", RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Shown();

    [GeneratedRegex(@"className\s*[:=]\s*$", RegexOptions.None, 2000)]
    private static partial Regex Style();

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
