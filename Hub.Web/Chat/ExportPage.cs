using System.Globalization;
using System.Net;
using System.Text;
using Hub.Domain.Chat;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>A conversation as one readable page that needs nothing beside it. Texts are shown as they were typed; times are UTC.</summary>
internal sealed class ExportPage(IStringLocalizer<ChatText> words)
{
    private const string Style = "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#16202e;background:#fff}article{border-top:1px solid #c6ccd6;padding:.75rem 0}article.reply{margin-left:2rem}"
        + "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.25rem 0}.meta{color:#4a5566;font-size:.875rem}.note{background:#f1f3f7;padding:.25rem .5rem}";

    public async Task WriteAsync(ConversationRecord conversation, Stream body, CancellationToken ct)
    {
        await using var writer = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        await writer.WriteAsync(Head(conversation).AsMemory(), ct);
        await foreach (var message in conversation.Messages.WithCancellation(ct)) await writer.WriteAsync(Article(message).AsMemory(), ct);
        await writer.WriteAsync("</body></html>\n".AsMemory(), ct);
        await writer.FlushAsync(ct);
    }

    private string Head(ConversationRecord c)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!DOCTYPE html><html lang=\"{CultureInfo.CurrentUICulture.Name}\"><head><meta charset=\"utf-8\"><title>{Text(c.Conversation)}</title><style>{Style}</style></head><body><h1>{Text(c.Conversation)}</h1>");
        if (c.Marking is { } marking) html.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Text(marking)}</p>");
        html.Append(CultureInfo.InvariantCulture, $"<p>{Text(c.Organisation)} · {Text(c.Topic)}</p><p>{Say("Export.MadeBy", c.Export.MadeBy.Name, Time(c.Export.MadeAt))}</p><p>{Say("Export.For", c.Export.Reason)}</p>");
        if (c.Export.From is not null || c.Export.Until is not null) html.Append(CultureInfo.InvariantCulture, $"<p>{Say("Export.Range", c.Export.From is { } from ? Time(from) : "…", c.Export.Until is { } until ? Time(until) : "…")}</p>");
        if (c.RemovedDays is { } days) html.Append(CultureInfo.InvariantCulture, $"<p>{Say("Chat.Older", days)}</p>");
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Say("Export.Members")}</h2><ul>");
        foreach (var m in c.Members) html.Append(CultureInfo.InvariantCulture, $"<li>{Text(m.Name)} &lt;{Text(m.Email)}&gt; · {Say($"Role.{m.Role}")} · {Time(m.JoinedAt)}{(m.LeftAt is { } left ? " – " + Time(left) : "")}</li>");
        html.Append(CultureInfo.InvariantCulture, $"</ul><h2>{Say("Chat.Messages")}</h2>");
        return html.ToString();
    }

    private string Article(ExportedMessage m)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<article id=\"m{m.Sequence}\"{(m.ThreadId is null ? "" : " class=\"reply\"")}><strong>{Text(m.Author.Name)}</strong> <span class=\"meta\">{m.Sequence} · {Time(m.PostedAt)}</span>");
        if (m.ThreadId is not null) html.Append(CultureInfo.InvariantCulture, $" <span class=\"meta\">{Say("Around.InThread")}</span>");
        if (m.Hidden is { } hidden) html.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Say("Export.Hidden", hidden.By.Name, Time(hidden.At), hidden.Reason)}</p>");
        if (m.DeletedAt is { } at) html.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Say("Export.Deleted", m.DeletedBy?.Name ?? "", Time(at))}</p>");
        if (m.Text.Length > 0) html.Append(CultureInfo.InvariantCulture, $"<pre>{Text(m.Text)}</pre>");
        foreach (var v in m.EarlierTexts) html.Append(CultureInfo.InvariantCulture, $"<div class=\"note\"><span class=\"meta\">{Say("Export.Earlier", v.Version, v.ReplacedBy.Name, Time(v.ReplacedAt))}</span><pre>{Text(v.Text)}</pre></div>");
        foreach (var f in m.Files) html.Append(CultureInfo.InvariantCulture, $"<p class=\"meta\">{Say("Export.File", f.Name, f.ContentType, f.Length, f.Sha256)}</p>");
        if (m.Reactions.Count > 0) html.Append(CultureInfo.InvariantCulture, $"<p class=\"meta\">{string.Join(" · ", m.Reactions.Select(r => $"{Text(r.Emoji)} {Text(r.By.Name)}"))}</p>");
        return html.Append("</article>\n").ToString();
    }

    private string Say(string key, params object[] args) => Text(words[key, args]);

    private static string Time(DateTime at) => at.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(string s) => WebUtility.HtmlEncode(s);
}
