using System.Text.Json.Serialization;
using Hub.Domain.Live;
using Hub.Domain.Fixes;
using Hub.Domain.People;
using Hub.Domain.Search;

namespace Hub.Domain.Chat;

/// <summary>A conversation as one person sees it.</summary>
/// <remarks>
/// Name: Of a channel its own; of a direct conversation the other people's.
/// Unread: Messages after the person's read marker; 0 for who is not in it.
/// Private: True if only its members know of it.
/// LatestText: How the latest message begins, Markdown as it was written, or the name of its first file where it has no text; empty to whoever is not in, and once it is deleted.
/// Version: Version of the topic <c>conversation:{id}</c> that this was read at.
/// PersonId: Of a direct conversation of two the other person.
/// </remarks>
public sealed record ConversationCard(
    Guid Id, ConversationKind Kind, string Name, string Topic, bool IsHelp, bool Private, bool Joined, bool CanPost,
    int Members, long Unread, long ReadSequence, long LatestSequence, DateTime LatestAt, string LatestText, long Version, Guid? PersonId = null) : ILivePayload
{
    /// <summary>Sequence of the newest message that the conversation itself shows.</summary>
    public long LatestShown { get; init; }

    /// <summary>How many of its messages stand in threads alone: they do not count as unread.</summary>
    public long ThreadMessages { get; init; }

    /// <summary>How many of those are not after the read marker.</summary>
    public long ReadThreadMessages { get; init; }

    /// <summary>Characters of <see cref="LatestText"/> at most.</summary>
    public const int LatestTextLength = 200;

    /// <summary>The person's role; null for who is not in it.</summary>
    public ConversationRole? Role { get; init; }

    /// <summary>True if the person may post among the few without being owner or moderator.</summary>
    public bool Poster { get; init; }

    /// <summary>Since when it is archived: read and searched, and nobody writes; null while it is open.</summary>
    public DateTime? ArchivedAt { get; init; }

    /// <summary>True if few post and all may reply in threads.</summary>
    public bool Announcements { get; init; }

    /// <summary>True if the person may reply in its threads.</summary>
    public bool CanReply { get; init; }

    /// <summary>Since when the person wants to hear nothing of it.</summary>
    public DateTime? MutedAt { get; init; }

    /// <summary>Version of name and topic, for who changes them.</summary>
    public int DetailsVersion { get; init; }

    /// <summary>Protective marking, or null.</summary>
    public string? Marking { get; init; }

    /// <summary>Days of the retention rule that removed older messages; null while all is there.</summary>
    public int? RemovedDays { get; init; }

    /// <summary>Sequence up to which it has gone.</summary>
    public long RemovedSequence { get; init; }

    /// <summary>How many of the messages up to there stood in threads alone.</summary>
    public long RemovedThreadMessages { get; init; }
}

/// <summary>Who wrote a message.</summary>
public sealed record Author(Guid Id, string Name)
{
    /// <summary>True for a webhook's bot; left out where it is a person.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Bot { get; init; }
}

/// <summary>A fix run under a message: what it was and how it ended. Readings are the runner's own and never in it.</summary>
/// <remarks>
/// Steps: Steps taken so far.
/// </remarks>
public sealed record RunCard(Guid Id, string Title, int Steps, RunState State, bool Verified, string OutcomeTitle, string StartedBy);

/// <summary>A message as API.md has it. Deleted ones stay as tombstones with empty text.</summary>
public sealed record MessageRecord(
    Guid Id, Guid ConversationId, long Sequence, Guid ClientMessageId, string Text, string Html, Author Author,
    DateTime PostedAt, DateTime? EditedAt, DateTime? DeletedAt, int Version, RunCard? Run) : ILivePayload, IWithdraws
{
    /// <summary>Why it was hidden, by whoever keeps order in the conversation; null for one that is not hidden. A hidden message is a tombstone too.</summary>
    public string? HiddenReason { get; init; }

    /// <summary>True if the retention rule removed it; lists of messages leave such ones out.</summary>
    public bool Removed { get; init; }

    bool IWithdraws.Withdraws => DeletedAt is not null;

    /// <summary>In the order in which they were sent; none once it is deleted.</summary>
    public IReadOnlyList<FileCard> Files { get; init; } = [];

    /// <summary>What of the hub's own it links to, at most three; the cards of it are each reader's own (<see cref="CardService"/>).</summary>
    public IReadOnlyList<LinkTarget> Links { get; init; } = LinkTarget.None;

    /// <summary>The message in whose thread it stands; null for one of the conversation itself.</summary>
    public Guid? ThreadId { get; init; }

    /// <summary>A reply that the conversation shows too.</summary>
    public bool AlsoToConversation { get; init; }

    /// <summary>Replies in its thread.</summary>
    public int Replies { get; init; }

    public DateTime? LastReplyAt { get; init; }

    /// <summary>In the order in which each was first given.</summary>
    public IReadOnlyList<ReactionCount> Reactions { get; init; } = ReactionCount.None;

    /// <summary>When it was pinned; null while it is not.</summary>
    public DateTime? PinnedAt { get; init; }

    /// <summary>How many of the conversation's messages up to and with this one stand in threads alone.</summary>
    public long ThreadMessages { get; init; }

    /// <summary>How a question in a help channel stands; null for every other message.</summary>
    public HelpState? Help { get; init; }

    /// <summary>The reply that resolved it, if one did.</summary>
    public Guid? AnswerId { get; init; }

    /// <summary>When it was resolved; null while it is not.</summary>
    public DateTime? ResolvedAt { get; init; }

    /// <summary>One more with every change of what is shown of it; <see cref="Version"/> counts changes of its text alone.</summary>
    public int Revision { get; init; }

    /// <summary>True in <c>message-posted</c> of one that was written earlier: its author has read no further than they had (<see cref="NewMessage.Later"/>).</summary>
    public bool Later { get; init; }

    /// <summary>True if the conversation shows it: it is no reply, or one that was meant for all.</summary>
    [JsonIgnore]
    public bool InConversation => ThreadId is null || AlsoToConversation;
}

/// <summary>How many people answered a message with an emoji, and who the first of them are.</summary>
public sealed record ReactionCount(string Emoji, int Count, IReadOnlyList<Author> First)
{
    public static readonly IReadOnlyList<ReactionCount> None = [];

    /// <summary>Names at most.</summary>
    public const int MostNames = 12;

    /// <summary>Different emoji on one message at most.</summary>
    public const int MostKinds = 40;
}

/// <summary>Payload of <c>message-reacted</c>: the message as it now stands, and whose emoji was given or taken back.</summary>
public sealed record ReactionChange(MessageRecord Message, Guid PersonId, string Emoji, bool Given) : ILivePayload;

/// <summary>Payload of <c>messages-removed</c>: the retention rule of so many <paramref name="Days"/> has gone up to a sequence, and so many of the messages up to there stood in threads alone.</summary>
public sealed record MessagesRemoved(int Days, long Sequence, long ThreadMessages) : ILivePayload, IWithdraws
{
    bool IWithdraws.Withdraws => true;
}

/// <summary>Payload of <c>reports-changed</c> on the topic of who handles reports: it says that, not which.</summary>
public sealed record ReportsChanged : ILivePayload;

/// <summary>Payload of <c>thread-followed</c> on one's own topic.</summary>
public sealed record ThreadFollowed(Guid ThreadId, bool Following) : ILivePayload;

/// <summary>Payload of <c>thread-read</c> on one's own topic.</summary>
public sealed record ThreadRead(Guid ThreadId, long Sequence) : ILivePayload;

/// <summary>Payload of <c>message-saved</c> on one's own topic.</summary>
public sealed record MessageSaved(Guid MessageId, bool Saved) : ILivePayload;

/// <summary>A thread that one follows: the message it hangs from, and what is new in it.</summary>
/// <remarks>
/// Unread: Replies of others after one's read marker.
/// Latest: The newest reply.
/// </remarks>
public sealed record ThreadCard(MessageRecord Message, string Conversation, int Unread, long ReadSequence, MessageRecord Latest);

/// <summary>What one person did with some messages: never part of what all see of them.</summary>
/// <remarks>
/// Reactions: Their emoji, by message.
/// Saved: Which they keep.
/// </remarks>
public sealed record OwnMarks(IReadOnlyDictionary<Guid, IReadOnlyList<string>> Reactions, IReadOnlySet<Guid> Saved)
{
    public static readonly OwnMarks None = new(new Dictionary<Guid, IReadOnlyList<string>>(), new HashSet<Guid>());
}

/// <summary>A message where it stands.</summary>
public sealed record MessageInPlace(MessageRecord Message, string Conversation)
{
    /// <summary>The viewer's own marks on it.</summary>
    public OwnMarks Mine { get; init; } = OwnMarks.None;
}

/// <summary>A message that was found.</summary>
/// <remarks>
/// Conversation: Its name, as the person who asked sees it.
/// Snippet: HTML: the piece that holds most of what was asked, encoded, with what matched in <c>mark</c>.
/// </remarks>
public sealed record FoundMessage(MessageRecord Message, string Conversation, string Snippet);

/// <summary>A message to post: 1–10,000 characters, optionally with one's own fix run as a card.</summary>
/// <remarks>
/// ClientMessageId: Made by the sender's browser or program; unique for each sender, for ever.
/// </remarks>
public sealed record NewMessage(Guid ClientMessageId, string Text)
{
    /// <summary>One's own fix run, shown as a card.</summary>
    public Guid? RunId { get; init; }

    /// <summary>At most 10 files of the sender's that were uploaded for this conversation and not posted yet; the text may then be empty.</summary>
    public IReadOnlyList<Guid> FileIds { get; init; } = [];

    /// <summary>The message to whose thread it goes; null for one of the conversation itself.</summary>
    public Guid? ThreadId { get; init; }

    /// <summary>A reply that the conversation shows too.</summary>
    public bool AlsoToConversation { get; init; }

    /// <summary>Where the writer reaches the hub (host, and port where it is not the usual one): a link there is one to the hub. Null where that is not known.</summary>
    public string? Host { get; init; }

    /// <summary>How many people the writer knows that it wakes; needed from <see cref="MentionService.MostUnasked"/> upwards.</summary>
    public int Confirmed { get; init; }

    /// <summary>What alone is a mention in it, whatever else it says; null for everything, none for a message that wakes nobody by name.</summary>
    public IReadOnlyList<MentionKind>? Calls { get; init; }

    /// <summary>True for one that was written earlier: what came since then its writer may not have seen, and it is not read with the post.</summary>
    public bool Later { get; init; }
}

/// <summary>Some messages in ascending order and how the conversation stood when they were read.</summary>
/// <remarks>
/// Earlier: True if there are messages before the first.
/// Later: True if there are messages after the last.
/// </remarks>
public sealed record MessagesPage(IReadOnlyList<MessageRecord> Items, bool Earlier, bool Later, long Version)
{
    /// <summary>The viewer's own reactions and what they saved of them.</summary>
    public OwnMarks Mine { get; init; } = OwnMarks.None;
}

/// <summary>A stored message, and whether this call made it or an earlier one did.</summary>
public sealed record Posted(MessageRecord Message, bool New);

/// <summary>A conversation, and whether this call made it.</summary>
public sealed record Opened(ConversationCard Conversation, bool New);

/// <summary>A channel to make. <paramref name="Audience"/> null: the maker's own body, or nobody when people are named.</summary>
public sealed record NewChannel(string Name, string Topic = "", IReadOnlyList<ChannelAudience>? Audience = null, IReadOnlyList<Guid>? People = null, bool IsHelp = false)
{
    /// <summary>True if few post and all may reply in threads.</summary>
    public bool Announcements { get; init; }

    /// <summary>Protective marking, at most <see cref="ChannelService.MostOfMarking"/> characters, or null.</summary>
    public string? Marking { get; init; }
}

/// <summary>An audience entry as asked for.</summary>
public sealed record ChannelAudience(AudienceKind Kind, Guid Id)
{
    /// <summary>The maker's own body, whichever that is.</summary>
    public static readonly ChannelAudience OwnBody = new(AudienceKind.Organisation, Guid.Empty);
}

/// <summary>Payload of <c>member-joined</c> and <c>member-left</c>.</summary>
public sealed record MemberChange(Guid PersonId, string Name) : ILivePayload
{
    /// <summary>True for a webhook's bot, which does not count among the members; left out where it is a person.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Bot { get; init; }
}

/// <summary>Payload of <c>conversation-left</c>.</summary>
public sealed record ConversationLeft(Guid Id) : ILivePayload;

/// <summary>Payload of <c>conversation-read</c>.</summary>
public sealed record ConversationRead(Guid Id, long Sequence) : ILivePayload
{
    /// <summary>True if the marker was moved back: what comes after it was marked unread.</summary>
    public bool Unread { get; init; }

    /// <summary>How many of the messages up to there stand in threads alone.</summary>
    public long ThreadMessages { get; init; }
}

/// <summary>Payload of <c>members-added</c>: people whom somebody brought into the channel.</summary>
public sealed record MembersAdded(IReadOnlyList<Author> People) : ILivePayload;

/// <summary>Payload of <c>member-changed</c>: what a member may do now.</summary>
public sealed record MemberRole(Guid PersonId, ConversationRole Role, bool Poster) : ILivePayload;

/// <summary>Payload of <c>conversation-changed</c>: how the channel stands for everyone.</summary>
public sealed record ConversationChanged(Guid Id, string Name, string Topic, DateTime? ArchivedAt, bool Announcements, string? Marking, int DetailsVersion) : ILivePayload;

/// <summary>Payload of <c>conversation-muted</c>, of one's own topic.</summary>
public sealed record ConversationMuted(Guid Id, DateTime? MutedAt) : ILivePayload;

/// <summary>A channel's new name and topic. <paramref name="Version"/> is the <see cref="ConversationCard.DetailsVersion"/> that their writer has seen.</summary>
public sealed record ChannelDetails(string Name, string Topic, int Version);

/// <summary>A member as the channel's list shows them.</summary>
/// <remarks>
/// Gone: True if they have left the service; they stand in the channel until somebody removes them.
/// Bot: True for a webhook's bot; it stands in the channel until the webhook ends.
/// </remarks>
public sealed record ChannelMember(Guid Id, string Name, string JobTitle, ConversationRole Role, bool Poster, DateTime JoinedAt, bool Gone, bool Bot);

/// <summary>What one must know of a channel to run it.</summary>
/// <remarks>
/// Audience: Who may find it; of entries that the reader may not name only what kind they are.
/// Leaders: Owners, then moderators, then named posters.
/// MayInvite: True if the reader may bring people in.
/// Ownerless: True if no owner is left in it and in the service.
/// MayName: True if the reader, as an administrator of the body, may name an owner.
/// Version: Version of the topic <c>conversation:{id}</c> that this was read at.
/// </remarks>
public sealed record ChannelAbout(
    ConversationCard Conversation, string Organisation, IReadOnlyList<AudienceName> Audience, IReadOnlyList<ChannelMember> Leaders,
    Author Maker, DateTime CreatedAt, Author? ArchivedBy, bool MayInvite, bool Ownerless, bool MayName, long Version);
