using Hub.Domain.Live;

namespace Hub.Domain.Chat;

/// <summary>A message to post later, as <see cref="NewMessage"/> has one.</summary>
/// <remarks>
/// At: UTC, from a minute to 120 days ahead.
/// </remarks>
public sealed record NewLater(Guid ClientMessageId, string Text, DateTime At)
{
    /// <summary>As <see cref="NewMessage.FileIds"/>; they are kept until it is posted or discarded.</summary>
    public IReadOnlyList<Guid> FileIds { get; init; } = [];

    /// <summary>The message to whose thread it goes; null for one of the conversation itself.</summary>
    public Guid? ThreadId { get; init; }

    /// <summary>A reply that the conversation shows too.</summary>
    public bool AlsoToConversation { get; init; }

    /// <summary>How many people the writer knows that it wakes.</summary>
    public int Confirmed { get; init; }
}

/// <summary>What a waiting message is to be; what is null stays. <paramref name="Version"/> is the one that the writer has seen. A time makes one that was refused wait again.</summary>
public sealed record LaterChange(int Version, string? Text = null, DateTime? At = null, int Confirmed = 0);

/// <summary>A message that waits to be posted, or was refused when its time had come.</summary>
/// <remarks>
/// Id: The clientMessageId that it is posted with.
/// Conversation: Its name; empty once its writer no longer sees it.
/// RefusedAt: Null while it waits.
/// Reason: Code of that refusal, or null.
/// Wakes: How many people it would have woken, where that is the reason.
/// </remarks>
public sealed record LaterRecord(
    Guid Id, Guid ConversationId, string Conversation, Guid? ThreadId, bool AlsoToConversation, string Text, IReadOnlyList<FileCard> Files,
    DateTime At, int Version, DateTime? RefusedAt, string? Reason, int Wakes);

/// <summary>A scheduled message, and whether this call scheduled it or an earlier one did.</summary>
public sealed record Scheduled(LaterRecord Message, bool New);

/// <summary>A reminder to make: of a message, or of a note alone.</summary>
/// <remarks>
/// At: UTC, in the future and at most a year ahead.
/// </remarks>
public sealed record NewReminder(DateTime At, Guid? MessageId = null, string Note = "");

/// <summary>What a reminder is to be; what is null stays. A time makes one that has come wait again.</summary>
public sealed record ReminderChange(int Version, string? Note = null, DateTime? At = null);

/// <summary>A reminder of one's own.</summary>
/// <remarks>
/// Message: What it is about, while one may see it.
/// RemindedAt: When it came into the inbox; null while it waits.
/// </remarks>
public sealed record ReminderRecord(Guid Id, Guid? MessageId, string Note, DateTime At, int Version, DateTime? RemindedAt, MessageInPlace? Message);

/// <summary>Payload of <c>later-changed</c> on one's own topic: a waiting message or a reminder is new, another, or gone.</summary>
public sealed record LaterChanged(Guid Id) : ILivePayload;
