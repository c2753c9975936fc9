using System.Text.Json;

namespace Hub.Tests.Knowledge;

/// <summary>
/// Awkward and hostile text: a few lines of our own, and the shared collections (<c>HUB_SHARED_DATA</c>, else ../shared/data
/// beside the solution) where they are there.
/// </summary>
internal static class SharedText
{
    public static string? Folder { get; } = Find();

    public static IEnumerable<string> Strings() =>
        Lines("markdown/naughty-strings-shared.jsonl", "text").Concat([" ", "\ud83d\udc69\u200d\ud83d\udcbb", "<script>alert(1)</script>", "\u202etest\u202e", "null", "../../etc/passwd", "{{7*7}}"]);

    public static IEnumerable<string> Vectors() =>
        Lines("markdown/xss-vectors-shared.jsonl", "payload").Concat(
        [
            "<img src=x onerror=window.hit=1>", "[a](javascript:window.hit=1)", "<a href=\"data:text/html,x\">a</a>", "<svg onload=window.hit=1>",
            "[a](java&#x09;script:window.hit=1)", "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>", "![a](https://elsewhere.example/pixel.png)",
        ]);

    private static IEnumerable<string> Lines(string file, string property)
    {
        if (Folder is null) yield break;
        foreach (var line in File.ReadLines(Path.Combine(Folder, file)))
        {
            using var json = JsonDocument.Parse(line);
            yield return json.RootElement.GetProperty(property).GetString()!;
        }
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("HUB_SHARED_DATA") is { Length: > 0 } set) return set;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "shared", "data", "kb"))) return Path.Combine(folder.FullName, "shared", "data");
        return null;
    }
}
