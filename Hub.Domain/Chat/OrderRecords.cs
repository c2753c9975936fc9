using Hub.Domain.People;

namespace Hub.Domain.Chat;

/// <summary>A report to make: a reason, and up to 500 characters of one's own.</summary>
public sealed record NewReport(ReportReason Reason, string Text = "");

/// <summary>One's own report, and whether this call made it.</summary>
public sealed record Reported(Guid Id, DateTime ReportedAt, bool New);

/// <summary>What a message says, for who keeps order, and for its author while it is hidden.</summary>
/// <remarks>
/// HiddenReason: Null for one that is not hidden.
/// HiddenBy: Who hid it; known to those who keep order.
/// MayShow: True if the reader may have it shown again.
/// </remarks>
public sealed record KeptMessage(
    Guid Id, Guid ConversationId, string Conversation, Author Author, DateTime PostedAt, string Text, string Html, IReadOnlyList<FileCard> Files,
    string? HiddenReason, Author? HiddenBy, DateTime? HiddenAt, bool MayShow)
{
    /// <summary>When its author deleted it; null while they have not.</summary>
    public DateTime? DeletedAt { get; init; }

    /// <summary>True if the retention rule has removed it for everybody: it is kept for the decision about a report alone.</summary>
    public bool Removed { get; init; }
}

/// <summary>A report as those see it who handle it.</summary>
/// <remarks>
/// Message: With the text that was reported.
/// Changed: True if its author has changed or deleted it since.
/// </remarks>
public sealed record ReportRecord(
    Guid Id, ReportReason Reason, string Text, Author Reporter, DateTime ReportedAt, ReportState State, Author? HandledBy, DateTime? HandledAt, KeptMessage Message, bool Changed);

/// <summary>How long a body keeps messages of one kind of conversation; without days for ever. <paramref name="Version"/> is what two who set it compare, 0 where nobody has.</summary>
public sealed record RetentionView(Guid OrganisationId, string Organisation, RetentionKind Kind, int? Days, DateTime? SetAt, Author? SetBy, int Version);

/// <summary>A conversation as Compliance finds it: nothing of what is said in it.</summary>
/// <remarks>
/// Members: The first of them by name.
/// Held: True while a legal hold on it stands.
/// </remarks>
public sealed record ComplianceConversation(
    Guid Id, ConversationKind Kind, string Name, bool Private, string Organisation, int MemberCount, IReadOnlyList<Author> Members, DateTime CreatedAt, bool Held);

/// <summary>A conversation with what Compliance has done about it.</summary>
public sealed record ComplianceAbout(ComplianceConversation Conversation, IReadOnlyList<HoldRecord> Holds, IReadOnlyList<ExportRecord> Exports);

/// <summary>A hold to place: on a conversation, or on what a person wrote, named by id or address.</summary>
public sealed record NewHold(string Reason, string Reference, Guid? ConversationId = null, Guid? PersonId = null)
{
    /// <summary>The person's address, instead of their id.</summary>
    public string? Email { get; init; }
}

/// <summary>A legal hold.</summary>
/// <remarks>
/// Subject: Name of the conversation or person.
/// </remarks>
public sealed record HoldRecord(
    Guid Id, Guid? ConversationId, Guid? PersonId, string Subject, string Reason, string Reference, Author PlacedBy, DateTime PlacedAt, Author? EndedBy, DateTime? EndedAt);

/// <summary>An export to make; times are UTC, <paramref name="Until"/> is not in it.</summary>
public sealed record NewExport(string Reason, DateTime? From = null, DateTime? Until = null);

/// <summary>An export that Compliance asked for.</summary>
public sealed record ExportRecord(Guid Id, Guid ConversationId, string Reason, DateTime? From, DateTime? Until, Author MadeBy, DateTime MadeAt);

/// <summary>What stands at the head of an export, and its messages in their order, read as they are asked for.</summary>
public sealed record ConversationRecord(
    ExportRecord Export, string Conversation, ConversationKind Kind, string Topic, string? Marking, string Organisation, int? RemovedDays,
    IReadOnlyList<ExportedMember> Members, IReadOnlyList<HoldRecord> Holds)
{
    /// <summary>Messages, replies among them.</summary>
    public required IAsyncEnumerable<ExportedMessage> Messages { get; init; }
}

public sealed record ExportedMember(Guid Id, string Name, string Email, ConversationRole Role, DateTime JoinedAt, DateTime? LeftAt);

/// <summary>A message with all that is known of it.</summary>
/// <remarks>
/// Text: What it says, also while it is hidden; empty for a deleted one, whose words are the last of its earlier texts.
/// </remarks>
public sealed record ExportedMessage(
    Guid Id, long Sequence, Guid? ThreadId, Author Author, DateTime PostedAt, string Text, DateTime? EditedAt, DateTime? DeletedAt, Author? DeletedBy,
    ExportedHiding? Hidden, IReadOnlyList<ExportedText> EarlierTexts, IReadOnlyList<ExportedReaction> Reactions, IReadOnlyList<ExportedFile> Files);

public sealed record ExportedHiding(string Reason, Author By, DateTime At);

public sealed record ExportedText(int Version, string Text, DateTime ReplacedAt, Author ReplacedBy);

public sealed record ExportedReaction(string Emoji, Author By, DateTime At);

public sealed record ExportedFile(Guid Id, string Name, string ContentType, long Length, string Sha256, DateTime? RemovedAt, DateTime? ErasedAt);
