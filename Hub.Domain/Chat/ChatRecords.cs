using Hub.Domain.Live;
using Hub.Domain.Fixes;

namespace Hub.Domain.Chat;

/// <summary>A conversation as one person sees it.</summary>
/// <remarks>
/// Name: Of a channel its own; of a direct conversation the other person's.
/// Unread: Messages after the person's read marker; 0 for who is not in it.
/// Private: True if only its members know of it.
/// LatestText: How the latest message begins, Markdown as it was written; empty to whoever is not in, and once it is deleted.
/// Version: Version of the topic <c>conversation:{id}</c> that this was read at.
/// PersonId: Of a direct conversation the other person.
/// </remarks>
public sealed record ConversationCard(
    Guid Id, ConversationKind Kind, string Name, string Topic, bool IsHelp, bool Private, bool Joined, bool CanPost,
    int Members, long Unread, long ReadSequence, long LatestSequence, DateTime LatestAt, string LatestText, long Version, Guid? PersonId = null) : ILivePayload
{
    /// <summary>Characters of <see cref="LatestText"/> at most.</summary>
    public const int LatestTextLength = 200;
}

/// <summary>Who wrote a message.</summary>
public sealed record Author(Guid Id, string Name);

/// <summary>A fix run under a message: what it was and how it ended. Readings are the runner's own and never in it.</summary>
/// <remarks>
/// Steps: Steps taken so far.
/// </remarks>
public sealed record RunCard(Guid Id, string Title, int Steps, RunState State, bool Verified, string OutcomeTitle, string StartedBy);

/// <summary>A message as API.md has it. Deleted ones stay as tombstones with empty text.</summary>
public sealed record MessageRecord(
    Guid Id, Guid ConversationId, long Sequence, Guid ClientMessageId, string Text, string Html, Author Author,
    DateTime PostedAt, DateTime? EditedAt, DateTime? DeletedAt, int Version, RunCard? Run) : ILivePayload;

/// <summary>A message to post: 1–10,000 characters, optionally with one's own fix run as a card.</summary>
/// <remarks>
/// ClientMessageId: Made by the sender's browser or program; unique for each sender, for ever.
/// </remarks>
public sealed record NewMessage(Guid ClientMessageId, string Text)
{
    /// <summary>One's own fix run, shown as a card.</summary>
    public Guid? RunId { get; init; }
}

/// <summary>Some messages in ascending order and how the conversation stood when they were read.</summary>
/// <remarks>
/// Earlier: True if there are messages before the first.
/// Later: True if there are messages after the last.
/// </remarks>
public sealed record MessagesPage(IReadOnlyList<MessageRecord> Items, bool Earlier, bool Later, long Version);

/// <summary>A stored message, and whether this call made it or an earlier one did.</summary>
public sealed record Posted(MessageRecord Message, bool New);

/// <summary>A conversation, and whether this call made it.</summary>
public sealed record Opened(ConversationCard Conversation, bool New);

/// <summary>A channel to make. <paramref name="Audience"/> null: the maker's own body, or nobody when people are named.</summary>
public sealed record NewChannel(string Name, string Topic = "", IReadOnlyList<ChannelAudience>? Audience = null, IReadOnlyList<Guid>? People = null, bool IsHelp = false);

/// <summary>An audience entry as asked for.</summary>
public sealed record ChannelAudience(People.AudienceKind Kind, Guid Id)
{
    /// <summary>The maker's own body, whichever that is.</summary>
    public static readonly ChannelAudience OwnBody = new(People.AudienceKind.Organisation, Guid.Empty);
}

/// <summary>Payload of <c>member-joined</c> and <c>member-left</c>.</summary>
public sealed record MemberChange(Guid PersonId, string Name) : ILivePayload;

/// <summary>Payload of <c>conversation-left</c>.</summary>
public sealed record ConversationLeft(Guid Id) : ILivePayload;

/// <summary>Payload of <c>conversation-read</c>.</summary>
public sealed record ConversationRead(Guid Id, long Sequence) : ILivePayload;
