using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hub.Domain.Notifications;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Notifications;

/// <summary>What a device is told: <c>{id, title, text, address}</c>, which wwwroot/push-worker.js shows as it is. Of a marked conversation neither text nor name.</summary>
internal sealed class PushWords(IStringLocalizer<NotificationsText> words)
{
    // Words that are longer are not read to their end on any device. What has room in a message are bytes: one emoji is twelve of JSON.
    private const int Most = 200, MostBytes = 1600;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public byte[] Payload(InboxEntry entry) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        entry.Id, Title = Cut(entry.Marked ? Marked(entry) : words.What(entry)), Text = entry.Marked ? "" : Cut(words.Text(entry)), entry.Address,
    }, Json);

    private string Marked(InboxEntry entry) => entry switch
    {
        { Kind: NotificationKind.Later } => words["Mail.Later.Some"],
        { Kind: NotificationKind.Reminder } => words["Mail.Reminder.Marked"],
        { Count: 1 } => words["Mail.Marked.One"],
        _ => words["Mail.Marked", entry.Count],
    };

    private static string Cut(string text)
    {
        var (kept, bytes) = (new StringBuilder(), 0);
        foreach (var rune in text.ReplaceLineEndings(" ").EnumerateRunes().Take(Most))
        {
            bytes += JsonEncodedText.Encode(rune.ToString(), Json.Encoder).EncodedUtf8Bytes.Length;
            if (bytes > MostBytes) break;
            kept.Append(rune.ToString());
        }
        return kept.ToString();
    }
}
