namespace Hub.Domain.Notifications;

/// <summary>
/// Why somebody is told. Mention: of them, a unit or group of theirs, here or channel. Direct and Message: something new in a direct conversation, or in a
/// channel of which they want everything; one entry for each conversation while it is unread. Word: a message has one of their words in it. Thread: replies in
/// a thread that they follow; one entry for each thread while it is unread. Reminder: the time has come for what they wanted to be reminded of. Later: a message that they
/// wanted posted was refused. Those two are of no conversation, and are read by marking them alone.
/// </summary>
public enum NotificationKind { Mention, Direct, Message, Word, Thread, Reminder, Later }

/// <summary>An entry of somebody's inbox. What it says is read from its subject each time, under the permission of that moment.</summary>
public sealed class Notification
{
    public Guid Id { get; set; }
    public Guid PersonId { get; set; }
    public NotificationKind Kind { get; set; }
    /// <summary>The message of a mention, the conversation or thread of what is counted up, the reminder, the waiting message; unique for each person and kind.</summary>
    public Guid SubjectId { get; set; }
    public Guid? ConversationId { get; set; }
    /// <summary>The thread of the message that it shows: the entry is read with that thread. Null for one that is read with its conversation.</summary>
    public Guid? ThreadId { get; set; }
    /// <summary>The message that it shows: the newest of those counted.</summary>
    public Guid? MessageId { get; set; }
    /// <summary>That message's place in the conversation: whoever has read so far has read the entry.</summary>
    public long Sequence { get; set; }
    /// <summary>Place of the oldest message that it stands for; the same as <see cref="Sequence"/> for a mention.</summary>
    public long FirstSequence { get; set; }
    /// <summary>When the newest of them came.</summary>
    public DateTime At { get; set; }
    /// <summary>When it was marked read in the inbox; null also while only the conversation was read.</summary>
    public DateTime? ReadAt { get; set; }
    /// <summary>When it last went by mail.</summary>
    public DateTime? MailedAt { get; set; }
}
