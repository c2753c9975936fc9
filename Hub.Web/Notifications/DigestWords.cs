using System.Globalization;
using System.Net;
using System.Text;
using Hub.Domain.Notifications;
using Hub.Web.Shell;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Notifications;

/// <summary>What a digest says, as plain text and as HTML; links begin with the hub's own address.</summary>
internal sealed class DigestWords(IStringLocalizer<NotificationsText> words, Uri hub)
{
    public string Subject(Digest digest) => digest.Parts.Sum(p => p.Count) is var count && count == 1 ? words["Mail.Subject.One"] : words["Mail.Subject", count];

    public string Plain(Digest digest)
    {
        var text = new StringBuilder();
        Line(words["Mail.Hello", digest.Name]);
        Line("");
        foreach (var part in digest.Parts)
        {
            Line(Title(part));
            foreach (var entry in part.Entries) Line($"  {Sentence(entry)}");
            Line(Link(part.Address));
            Line("");
        }
        Line(words["Mail.Why"]);
        Line(Link("/inbox/preferences"));
        return text.ToString();

        void Line(string line) => text.Append(line).Append("\r\n");
    }

    public string Html(Digest digest)
    {
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><body style=\"font-family:sans-serif;color:#14213D;background:#FFFFFF\">");
        html.Append(CultureInfo.InvariantCulture, $"<p>{Text(words["Mail.Hello", digest.Name])}</p>");
        foreach (var part in digest.Parts)
        {
            html.Append(CultureInfo.InvariantCulture, $"<h2 style=\"font-size:16px;margin:16px 0 4px\"><a href=\"{Text(Link(part.Address))}\" style=\"color:#1B4F8F\">{Text(Title(part))}</a></h2>");
            if (part.Entries.Count == 0) continue;
            html.Append("<ul style=\"margin:0;padding-left:20px\">");
            foreach (var entry in part.Entries) html.Append(CultureInfo.InvariantCulture, $"<li><a href=\"{Text(Link(entry.Address))}\" style=\"color:#14213D\">{Text(Sentence(entry))}</a></li>");
            html.Append("</ul>");
        }
        return html.Append(CultureInfo.InvariantCulture, $"<p style=\"color:#4A5670;font-size:13px\">{Text(words["Mail.Why"])} <a href=\"{Text(Link("/inbox/preferences"))}\">{Text(words["Preferences"])}</a></p></body></html>").ToString();
    }

    private string Title(DigestPart part) => part switch
    {
        { Own: NotificationKind.Later, Marked: true } or { Own: NotificationKind.Later, Title: "" } => words["Mail.Later.Some"],
        { Own: NotificationKind.Later } => words["Mail.Later", part.Title],
        { Own: NotificationKind.Reminder, Marked: true } => words["Mail.Reminder.Marked"],
        { Own: NotificationKind.Reminder } => words["Mail.Reminder"],
        { Marked: true, Count: 1 } => words["Mail.Marked.One"],
        { Marked: true } => words["Mail.Marked", part.Count],
        { Count: 1 } => words["Mail.Part.One", part.Title],
        _ => words["Mail.Part", part.Title, part.Count],
    };

    private string Sentence(InboxEntry entry)
    {
        var (at, text) = (entry.At.ToLocal().ToString("HH:mm", CultureInfo.InvariantCulture), entry.Text.ReplaceLineEndings(" "));
        if (entry.Note.Length > 0) return words["Mail.Entry.Own", at, entry.Actor is { } author && text.Length > 0 ? words["Mail.Note", entry.Note, words.Name(author), text] : entry.Note];
        return entry.Actor is { } actor ? words["Mail.Entry", at, words.Name(actor), text] : words["Mail.Entry.Own", at, text];
    }

    private string Link(string address) => new Uri(hub, address).ToString();

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
