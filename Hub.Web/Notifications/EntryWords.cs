using Hub.Domain.Chat;
using Hub.Domain.Notifications;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Notifications;

/// <summary>What an entry of the inbox says, on the page and on a device.</summary>
internal static class EntryWords
{
    /// <summary>Who did what, and where.</summary>
    public static string What(this IStringLocalizer<NotificationsText> words, InboxEntry entry) => entry.Note.Length > 0 ? words["Kind.Reminder.Note", entry.Note] : entry.Count > 1 && entry.Kind != NotificationKind.Mention
        ? words[$"Many.{Kind(entry)}", entry.Count, entry.Title, words.Name(entry.Actor)]
        : words[$"Kind.{Kind(entry)}", words.Name(entry.Actor), entry.Title];

    /// <summary>How its message begins; what somebody reminds themselves of says who wrote it below the note.</summary>
    public static string Text(this IStringLocalizer<NotificationsText> words, InboxEntry entry) =>
        entry.Deleted ? words["Deleted"] : entry is { Kind: NotificationKind.Reminder, Note.Length: > 0, Actor: { } author } ? words["Reminder.Of", words.Name(author), entry.Text] : entry.Text;

    /// <summary>A name in a sentence; a bot's says what it is.</summary>
    public static string Name(this IStringLocalizer<NotificationsText> words, Author? author) => author is { Bot: true } ? words["Bot", author.Name] : author?.Name ?? "";

    // A direct conversation has no name to be told.
    private static string Kind(InboxEntry entry) => entry switch
    {
        { Kind: NotificationKind.Reminder, Actor: null } => "Reminder.Gone",
        { Kind: NotificationKind.Thread or NotificationKind.Reminder or NotificationKind.Later, Title: "" } => $"{entry.Kind}.Direct",
        _ => entry.Kind.ToString(),
    };
}
