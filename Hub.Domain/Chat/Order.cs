using Hub.Domain.People;

namespace Hub.Domain.Chat;

/// <summary>What is wrong with a message.</summary>
public enum ReportReason { Offensive, Harassment, PersonalData, Secret, Spam, Other }

/// <summary>How a report stands: nobody has decided about it, it was found unfounded, the message was hidden, or it was closed because its author had deleted the message.</summary>
public enum ReportState { Open, Dismissed, Hidden, Deleted }

/// <summary>That somebody told those who keep order of a message. Who did is known to them alone.</summary>
public sealed class MessageReport
{
    public Guid Id { get; set; }
    public Guid MessageId { get; set; }
    public Message Message { get; set; } = null!;
    /// <summary>The <see cref="Message.Version"/> that was reported: whoever handles it reads that text, whatever its author did since.</summary>
    public int Version { get; set; }
    public Guid ReporterId { get; set; }
    public Person Reporter { get; set; } = null!;
    public ReportReason Reason { get; set; }
    /// <summary>In the reporter's own words; may be empty.</summary>
    public string Text { get; set; } = "";
    public DateTime ReportedAt { get; set; }
    public ReportState State { get; set; }
    public DateTime? HandledAt { get; set; }
    public Guid? HandledById { get; set; }
    public Person? HandledBy { get; set; }
}

/// <summary>That a message is or was hidden. While it is, what it says is here and nowhere that messages are read.</summary>
public sealed class HiddenMessage
{
    public Guid Id { get; set; }
    public Guid MessageId { get; set; }
    /// <summary>Markdown as typed; empty once it is shown again.</summary>
    public string Text { get; set; } = "";
    public string Html { get; set; } = "";
    public string? Links { get; set; }
    public required string Reason { get; set; }
    public DateTime HiddenAt { get; set; }
    public Guid HiddenById { get; set; }
    public Person HiddenBy { get; set; } = null!;
    /// <summary>When it was shown again, and who said so; null while it is hidden.</summary>
    public DateTime? ShownAt { get; set; }
    public Guid? ShownById { get; set; }
}

/// <summary>
/// What a message said that the retention rule has removed, while a legal hold or an open report keeps it: its row is empty like that of every removed one. With it stay earlier texts,
/// hiding, reactions and files; <see cref="RetentionWork"/> deletes all of it once nothing holds it.
/// </summary>
public sealed class HeldMessage
{
    public Guid MessageId { get; set; }
    public Guid ConversationId { get; set; }
    public Guid SenderId { get; set; }
    /// <summary>Markdown as typed; empty if its author had deleted it, or while it was hidden.</summary>
    public required string Text { get; set; }
    public DateTime? EditedAt { get; set; }
    public DateTime? DeletedAt { get; set; }
    public Guid? DeletedById { get; set; }
}

/// <summary>Kinds of conversations that have a retention rule each. A help or announcement channel is that, whoever may find it.</summary>
public enum RetentionKind { Public, Private, Announcements, Help, Direct }

/// <summary>For how long a body keeps messages of one kind of conversation. Without a row they are kept for ever. A rule counts from <see cref="RetentionService.Grace"/> after it was set.</summary>
public sealed class RetentionRule
{
    public Guid OrganisationId { get; set; }
    public RetentionKind Kind { get; set; }
    /// <summary>Whole days, 1–36,500; null: for ever.</summary>
    public int? Days { get; set; }
    /// <summary>What two who set it compare: one more with each change.</summary>
    public int Version { get; set; }
    public DateTime SetAt { get; set; }
    public Guid SetById { get; set; }
    public Person SetBy { get; set; } = null!;
}

/// <summary>That nothing of a conversation, or nothing that a person wrote, is removed. Exactly one of the two is set.</summary>
public sealed class LegalHold
{
    public Guid Id { get; set; }
    /// <summary>The body whose Compliance it is.</summary>
    public Guid OrganisationId { get; set; }
    public Guid? ConversationId { get; set; }
    public Conversation? Conversation { get; set; }
    public Guid? PersonId { get; set; }
    public Person? Person { get; set; }
    public required string Reason { get; set; }
    /// <summary>Number of the case, or what it is known by.</summary>
    public string Reference { get; set; } = "";
    public DateTime PlacedAt { get; set; }
    public Guid PlacedById { get; set; }
    public Person PlacedBy { get; set; } = null!;
    /// <summary>When it ended, and who said so; null while it stands.</summary>
    public DateTime? EndedAt { get; set; }
    public Guid? EndedById { get; set; }
    public Person? EndedBy { get; set; }
    /// <summary>When nothing was left that it alone had kept; null until then.</summary>
    public DateTime? ClearedAt { get; set; }
}

/// <summary>That Compliance asked for a conversation, and why. What it gives is read when it is fetched.</summary>
public sealed class ConversationExport
{
    public Guid Id { get; set; }
    public Guid ConversationId { get; set; }
    public Conversation Conversation { get; set; } = null!;
    public required string Reason { get; set; }
    /// <summary>Messages posted from then on; null from the first.</summary>
    public DateTime? From { get; set; }
    /// <summary>Messages posted before; null up to now.</summary>
    public DateTime? Until { get; set; }
    public DateTime MadeAt { get; set; }
    public Guid MadeById { get; set; }
    public Person MadeBy { get; set; } = null!;
}
