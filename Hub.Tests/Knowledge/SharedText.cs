using Hub.Tests.Storage;

namespace Hub.Tests.Knowledge;

/// <summary>Awkward and hostile text: a few lines of our own, and the shared collections where they are there.</summary>
internal static class SharedText
{
    public static IEnumerable<string> Strings() =>
        Lines("markdown/naughty-strings-shared.jsonl", "text").Concat([" ", "\ud83d\udc69\u200d\ud83d\udcbb", "<script>alert(1)</script>", "\u202etest\u202e", "null", "../../etc/passwd", "{{7*7}}"]);

    public static IEnumerable<string> Vectors() =>
        Lines("markdown/xss-vectors-shared.jsonl", "payload").Concat(
        [
            "<img src=x onerror=window.hit=1>", "[a](javascript:window.hit=1)", "<a href=\"data:text/html,x\">a</a>", "<svg onload=window.hit=1>",
            "[a](java&#x09;script:window.hit=1)", "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>", "![a](https://elsewhere.example/pixel.png)",
        ]);

    // Only our own where the data is absent; where it must be there its absence is a failure, not a shorter list.
    private static IEnumerable<string> Lines(string file, string field)
    {
        if (SharedFolder.Missed is { } why) throw new InvalidOperationException(why);
        return SharedFolder.Path is null ? [] : SharedFolder.Lines(file, field);
    }
}
