using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Hub.Web.Shell;

namespace Hub.Tests.Shell;

/// <summary>Words, icons and classes that nothing shows any more are taken out with what showed them.</summary>
public sealed partial class UnusedTests
{
    // Keys whose end is a value at run time. Each must be found composed like this in the code.
    private static readonly string[] Composed = ["Alerts.", "Audience.", "Choice.", "Do.", "Empty.", "FileType.", "Help.", "HookEvent.", "HookFailure.", "HookKind.", "HookNew.", "Kind.", "Many.", "Mark.", "Report.", "Reports.", "Retention.", "Role.", "Run.", "Status.", "View."];

    private static readonly string Code = Read("Hub.Web", ".razor", ".cs", ".js") + Read("Hub.Domain", ".cs");

    [Fact]
    public void Every_word_is_said_somewhere()
    {
        Assert.All(Composed, prefix => Assert.Contains($"$\"{prefix}{{", Code, StringComparison.Ordinal));
        var dead = Files("Hub.Web", ".resx").SelectMany(f => Keys().Matches(File.ReadAllText(f)).Select(m => m.Groups["key"].Value)
            .Where(k => !Said(k)).Select(k => $"{Path.GetFileName(f)}: {k}")).ToList();
        Assert.True(dead.Count == 0, "Nothing says these:\n" + string.Join('\n', dead));
    }

    [Fact]
    public void Every_icon_is_drawn_somewhere_and_every_drawn_icon_exists()
    {
        var elsewhere = string.Concat(Files("Hub.Web", ".razor", ".cs").Where(f => Path.GetFileName(f) != "Icons.cs").Select(File.ReadAllText));
        Assert.DoesNotContain(Icons.All.Keys, name => !elsewhere.Contains($"\"{name}\"", StringComparison.Ordinal));
        Assert.DoesNotContain(Drawn().Matches(elsewhere).Select(m => m.Groups["name"].Value), name => !Icons.All.ContainsKey(name));
    }

    [Fact]
    public void Every_class_of_the_shared_style_sheets_is_worn_somewhere()
    {
        var worn = Names().Matches(Code).Select(m => m.Value).ToHashSet(StringComparer.Ordinal);
        var sheets = string.Concat(Files("Hub.Web", ".css").Where(f => f.Contains("/wwwroot/", StringComparison.Ordinal)).Select(f => Quoted().Replace(File.ReadAllText(f), "")));
        // MudBlazor wears its own.
        Assert.Empty(Classes().Matches(sheets).Select(m => m.Groups["name"].Value).Where(c => !c.StartsWith("mud-", StringComparison.Ordinal) && !worn.Contains(c)).Distinct());
    }

    [Fact]
    public void Every_component_that_is_no_page_is_used_by_another_file()
    {
        var files = Files("Hub.Web", ".razor", ".cs").ToDictionary(f => f, File.ReadAllText);
        var unused = files.Where(f => Path.GetExtension(f.Key) == ".razor" && !Path.GetFileName(f.Key).StartsWith('_') && !Page().IsMatch(f.Value))
            .Where(f => !files.Any(other => other.Key != f.Key && other.Key != f.Key + ".cs" && Regex.IsMatch(other.Value, $@"(<|typeof\(|@layout )[\w.]*\b{Path.GetFileNameWithoutExtension(f.Key)}\b")))
            .Select(f => Path.GetFileName(f.Key));
        Assert.Empty(unused);
    }

    // A refusal is told by its code; those of a fix document are the checker's own with "fix." before them.
    private static bool Said(string key) =>
        Code.Contains($"\"{key}\"", StringComparison.Ordinal)
        || Composed.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal))
        || (key.StartsWith("Refusal.", StringComparison.Ordinal) && Code.Contains($"\"{key["Refusal.".Length..]}\"", StringComparison.Ordinal))
        || (key.StartsWith("Refusal.fix.", StringComparison.Ordinal) && Code.Contains($"\"{key["Refusal.fix.".Length..]}\"", StringComparison.Ordinal));

    private static string Read(string project, params string[] endings) => string.Concat(Files(project, endings).Select(File.ReadAllText));

    private static IEnumerable<string> Files(string project, params string[] endings) =>
        Directory.EnumerateFiles(Path.Combine(Folder(), "..", "..", project), "*", SearchOption.AllDirectories)
            .Where(f => endings.Contains(Path.GetExtension(f)) && !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    [GeneratedRegex("<data name=\"(?<key>[^\"]+)\"", RegexOptions.None, 2000)]
    private static partial Regex Keys();

    [GeneratedRegex("Icons\\.Svg\\(\"(?<name>[^\"]+)\"", RegexOptions.None, 2000)]
    private static partial Regex Drawn();

    [GeneratedRegex("^@page ", RegexOptions.Multiline, 2000)]
    private static partial Regex Page();

    [GeneratedRegex(@"[A-Za-z_][\w-]*", RegexOptions.None, 5000)]
    private static partial Regex Names();

    [GeneratedRegex(@"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|url\([^)]*\)|""[^""]*""", RegexOptions.None, 2000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\.(?<name>[A-Za-z_][\w-]*)(?=[^{}]*\{)", RegexOptions.None, 5000)]
    private static partial Regex Classes();
}
