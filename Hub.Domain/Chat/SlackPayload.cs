using System.Text.Json;

namespace Hub.Domain.Chat;

/// <summary>What a program posted, as the hub's Markdown, and what it knows it by.</summary>
public sealed record SlackMessage(string Text, string? Key)
{
    /// <summary>Whom it calls by Slack's own marks: Channel for <c>&lt;!channel&gt;</c> and <c>&lt;!everyone&gt;</c>, Here for <c>&lt;!here&gt;</c> alone; null for nobody, whatever the text says.</summary>
    public MentionKind? Calls { get; init; }
}

/// <summary>
/// Reads what Slack's incoming webhooks take (docs.slack.dev, "Sending messages using incoming webhooks"): <c>text</c>, <c>blocks</c> in its place, and <c>attachments</c> below. Names,
/// pictures and channels that a program would like to be seen with are left out, and so is what is not known.
/// </summary>
public static class SlackPayload
{
    /// <summary>Most attachments of a message, as Slack has it.</summary>
    public const int MostAttachments = 100;

    private const int MostDepth = 32;

    /// <summary>The message, or in the place of its text the word by which Slack tells that it is none: <c>invalid_payload</c>, <c>too_many_attachments</c>, <c>no_text</c>.</summary>
    /// <param name="json">UTF-8.</param>
    public static (SlackMessage? Message, string? Wrong) Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MostDepth });
            return Read(document.RootElement);
        }
        // Neither is half of a character pair text, nor is a number.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, "invalid_payload");
        }
    }

    private static (SlackMessage? Message, string? Wrong) Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) return (null, "invalid_payload");
        var attachments = All(root, "attachments");
        if (attachments.Count > MostAttachments) return (null, "too_many_attachments");
        var text = Text(root, "text");
        var parts = new List<string> { Blocks(root) };
        // Beside blocks the text is only what a notification says.
        if (parts[0].Length == 0) parts[0] = root.TryGetProperty("mrkdwn", out var marks) && marks.ValueKind == JsonValueKind.False ? SlackText.Decoded(text) : SlackText.Markdown(text);
        parts.AddRange(attachments.Select(Attachment));
        var all = string.Join("\n\n", parts.Select(p => p.Trim()).Where(p => p.Length > 0));
        MentionKind? calls = all.Contains(SlackText.Call + "@channel", StringComparison.Ordinal) ? MentionKind.Channel : all.Contains(SlackText.Call + "@here", StringComparison.Ordinal) ? MentionKind.Here : null;
        all = all.Replace(SlackText.Call, "", StringComparison.Ordinal);
        return string.IsNullOrWhiteSpace(all) ? (null, "no_text") : (new SlackMessage(all, Text(root, "client_msg_id") is { Length: > 0 } key ? key : null) { Calls = calls }, null);
    }

    private static string Blocks(JsonElement holder) => Lines(All(holder, "blocks").Select(Block), "\n\n");

    private static string Block(JsonElement block) => Text(block, "type") switch
    {
        "header" => Whole(block, "text") is { Length: > 0 } title ? $"**{title}**" : "",
        "section" => Lines([Whole(block, "text"), .. All(block, "fields").Select(Of), Part(block, "accessory") is { } beside ? Block(beside) : ""], "\n"),
        "context" => Lines(All(block, "elements").Select(e => Text(e, "type") == "image" ? Picture(e) : Of(e)), " · "),
        "image" => Picture(block),
        "divider" => "———",
        _ => "",
    };

    // A picture elsewhere is not shown: its owner would know who reads what. Its words lead there.
    private static string Picture(JsonElement image)
    {
        var words = Whole(image, "title") is { Length: > 0 } title ? title : SlackText.Decoded(Text(image, "alt_text"));
        return words.Length == 0 ? "" : SlackText.Link(Text(image, "image_url"), words);
    }

    private static string Attachment(JsonElement a)
    {
        var title = SlackText.Decoded(Text(a, "title")).ReplaceLineEndings(" ").Trim();
        var lead = title.Length == 0 ? "" : $"**{(Text(a, "title_link") is { Length: > 0 } link ? SlackText.Link(link, title) : title)}**";
        var fields = All(a, "fields").Select(f =>
        {
            var (name, value) = (SlackText.Decoded(Text(f, "title")).Trim(), SlackText.Markdown(Loose(f, "value")));
            return name.Length > 0 ? $"**{name}**: {value}" : value;
        });
        var body = Lines([lead, SlackText.Markdown(Text(a, "text")), .. fields, Blocks(a), SlackText.Decoded(Text(a, "footer"))], "\n");
        if (body.Length == 0) body = SlackText.Decoded(Text(a, "fallback"));
        var quoted = body.Length == 0 ? "" : "> " + body.ReplaceLineEndings("\n").Replace("\n", "\n> ", StringComparison.Ordinal);
        return Lines([SlackText.Markdown(Text(a, "pretext")), quoted], "\n");
    }

    private static string Whole(JsonElement holder, string name) => Part(holder, name) is { } part ? Of(part) : "";

    // A text object: plain_text or mrkdwn.
    private static string Of(JsonElement text) => Text(text, "type") == "plain_text" ? SlackText.Decoded(Text(text, "text")) : SlackText.Markdown(Text(text, "text"));

    private static string Lines(IEnumerable<string> lines, string between) => string.Join(between, lines.Where(l => !string.IsNullOrWhiteSpace(l)));

    private static JsonElement? Part(JsonElement holder, string name) => Held(holder, name, JsonValueKind.Object);

    private static List<JsonElement> All(JsonElement holder, string name) => Held(holder, name, JsonValueKind.Array) is { } all ? [.. all.EnumerateArray()] : [];

    private static string Text(JsonElement holder, string name) => Held(holder, name, JsonValueKind.String)?.GetString()?.Replace(SlackText.Call, "", StringComparison.Ordinal) ?? "";

    // Programs give numbers and booleans as values of fields, and Slack takes them.
    private static string Loose(JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? value.GetRawText() : Text(holder, name);

    /// <summary>What stands there; null for nothing.</summary>
    /// <exception cref="JsonException">Something of another kind stands there.</exception>
    private static JsonElement? Held(JsonElement holder, string name, JsonValueKind kind)
    {
        if (holder.ValueKind != JsonValueKind.Object) throw new JsonException("Not an object.");
        if (!holder.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == kind ? value : throw new JsonException($"{name} is of another kind.");
    }
}
