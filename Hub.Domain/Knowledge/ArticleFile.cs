using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Hub.Domain.Knowledge;

/// <summary>A Markdown file as an article: front matter off, title found, links between files of the folder turned into links between articles. The path is that in the folder, with slashes.</summary>
internal sealed partial record ArticleFile(string Path, string Title, string Description, string Body)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads one file.</summary>
    /// <exception cref="InvalidDataException">It is no text that can be stored; the message is a code of the refusal's reason.</exception>
    public static ArticleFile Read(string path, byte[] bytes)
    {
        if (bytes.Length > KnowledgeService.MostBody * 4) throw new InvalidDataException("tooLong");
        string text;
        try
        {
            text = Strict.GetString(bytes).TrimStart('\uFEFF').ReplaceLineEndings("\n");
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("notUtf8", e);
        }
        var (head, body) = Split(text);
        var heading = FirstHeading().Match(body);
        var title = head.GetValueOrDefault("title") is { Length: > 0 } named ? named : heading.Success ? heading.Groups["words"].Value.Trim() : System.IO.Path.GetFileNameWithoutExtension(path);
        // The page shows the title as its own heading: a first heading of the same words would say it twice.
        if (heading.Success && string.IsNullOrWhiteSpace(body[..heading.Index]) && string.Equals(heading.Groups["words"].Value.Trim(), title, StringComparison.OrdinalIgnoreCase))
            body = body[(heading.Index + heading.Length)..];
        if (KnowledgeService.Wrong(title, body) is { } wrong)
            throw new InvalidDataException(wrong.Code == "text.nul" ? "nul" : wrong.Fields.ContainsKey("title") ? "title" : "tooLong");
        var description = KnowledgeService.Summarise(head.GetValueOrDefault("description") ?? "").Replace("\0", "", StringComparison.Ordinal);
        return new ArticleFile(path, title, description, body.Trim('\n') + "\n");
    }

    /// <summary>The body with links to files that <paramref name="find"/> knows made links to their articles.</summary>
    public string Linked(Func<string, Guid?> find) => RelativeLink().Replace(Body, m =>
    {
        if (find(Resolve(Uri.UnescapeDataString(m.Groups["path"].Value))) is not { } id) return m.Value;
        var place = m.Groups["place"].Value is { Length: > 0 } p ? $"#{Text.Markdown.Place}{p}" : "";
        return $"](/articles/{id:D}{place}{m.Groups["rest"].Value})";
    });

    private string Resolve(string link)
    {
        var parts = new Stack<string>(Path.Split('/').SkipLast(1));
        foreach (var part in link.Split('/'))
        {
            if (part == "..") parts.TryPop(out _);
            else if (part is not ("." or "")) parts.Push(part);
        }
        return string.Join('/', parts.Reverse());
    }

    private static (Dictionary<string, string> Head, string Body) Split(string text)
    {
        var head = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var match = FrontMatter().Match(text);
        if (!match.Success) return (head, text);
        try
        {
            var yaml = new DeserializerBuilder().Build().Deserialize<Dictionary<object, object?>?>(match.Groups["yaml"].Value);
            foreach (var (key, value) in yaml ?? [])
                if (value is string line) head.TryAdd(key.ToString() ?? "", line.Trim());
        }
        catch (YamlException)
        {
            // Files in the wild have front matter that is nearly YAML: the two lines that matter are read as they stand.
            foreach (Match line in KnownLine().Matches(match.Groups["yaml"].Value)) head.TryAdd(line.Groups["key"].Value, line.Groups["value"].Value.Trim().Trim('"', '\''));
        }
        return (head, text[match.Length..]);
    }

    [GeneratedRegex(@"\A---[ \t]*\n(?<yaml>.*?)^---[ \t]*(\n|\z)", RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.Multiline, 1000)]
    private static partial Regex FrontMatter();

    [GeneratedRegex(@"^(?<key>title|description):[ \t]*(?<value>.*)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex KnownLine();

    [GeneratedRegex(@"^#{1,2}[ \t]+(?<words>.+?)[ \t]*#*[ \t]*$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex FirstHeading();

    [GeneratedRegex(@"\]\((?!/|[a-z][a-z0-9+.-]*:)(?<path>[^()\s#?]+\.md)(?:\?[^()\s#]*)?(?:#(?<place>[^()\s]*))?(?<rest>[ \t]+""[^""\n]*"")?\)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RelativeLink();
}
