using Hub.Domain.Chat;
using Hub.Domain.Live;

namespace Hub.Domain.Notifications;

/// <summary>Which entries of the inbox.</summary>
public enum InboxView { All, Unread, Mentions }

/// <summary>An entry of the inbox as its owner sees it now.</summary>
/// <remarks>
/// ConversationId: The conversation with which it is read; null for one that is read by marking it alone.
/// Title: The channel's name; empty for a direct conversation.
/// Text: How the message begins, its words alone; empty once it is deleted, and where a reminder is of none or of one that its owner no longer sees.
/// Actor: Who wrote it; null where there is no text.
/// Address: Where it is, from the root of the hub.
/// Count: Messages it stands for.
/// Read: In the inbox, or by reading the conversation or its thread anywhere.
/// </remarks>
public sealed record InboxEntry(
    Guid Id, NotificationKind Kind, Guid? ConversationId, long Sequence, string Title, string Text, bool Deleted, Author? Actor, string Address, int Count, DateTime At, bool Read)
{
    /// <summary>Characters of <see cref="Text"/> at most.</summary>
    public const int TextLength = 200;

    /// <summary>The thread with which it is read, or null: with its conversation.</summary>
    public Guid? ThreadId { get; init; }

    /// <summary>The reminder that came (<see cref="ReminderService"/>), which may be given another time; null for everything else.</summary>
    public Guid? ReminderId { get; init; }

    /// <summary>The words of a reminder's own; empty for everything else.</summary>
    public string Note { get; init; } = "";

    /// <summary>True if the conversation has a protective marking: its text stays in the hub.</summary>
    public bool Marked { get; init; }
}

/// <summary>An unread entry: what reads it.</summary>
public sealed record UnreadEntry(Guid Id, Guid? ConversationId, Guid? ThreadId, long Sequence);

/// <summary>Payload of <c>inbox-changed</c>: an entry that is new, counts up or was marked read; null: all were marked read.</summary>
public sealed record InboxNews(Guid? Id, bool Read) : ILivePayload;
