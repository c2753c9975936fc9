using Hub.Domain.People;
using Hub.Domain.Storage;

namespace Hub.Domain.Chat;

public enum ConversationKind { Channel, Direct }

/// <summary>A place where people talk. Its <see cref="Audience"/> may find, read and join it; its members are in it.</summary>
public sealed class Conversation : IVersioned
{
    public Guid Id { get; set; }
    public ConversationKind Kind { get; set; }
    public Guid OrganisationId { get; set; }
    public Guid CreatedById { get; set; }
    public DateTime CreatedAt { get; set; }
    /// <summary>1–80 characters for a channel; empty for a direct conversation, which is named after the others.</summary>
    public required string Name { get; set; }
    public string Topic { get; set; } = "";
    /// <summary>Protective marking, such as OFFICIAL-SENSITIVE; null for none. Of a marked conversation no text leaves by mail.</summary>
    public string? Marking { get; set; }
    /// <summary>Where "get a person" brings people.</summary>
    public bool IsHelp { get; set; }
    /// <summary>Of a direct conversation: what its people's ids make, so that there is one for each set of people.</summary>
    public string? PairKey { get; set; }
    /// <summary>Sequence of the newest message, 0 when there is none; gapless.</summary>
    public long LatestSequence { get; set; }
    /// <summary>How many of its messages stand in threads alone.</summary>
    public long ThreadMessages { get; set; }
    /// <summary>When something was last said in the conversation itself.</summary>
    public DateTime LatestAt { get; set; }
    /// <summary>Version of the topic <c>conversation:{id}</c>; gapless.</summary>
    public long Version { get; set; }
    /// <summary>Since when nobody writes in it any more, and who said so; null while it is open.</summary>
    public DateTime? ArchivedAt { get; set; }
    public Guid? ArchivedById { get; set; }
    /// <summary>Since when few post and all may reply in threads, and who said so; null where everyone who is in it posts.</summary>
    public DateTime? AnnouncedAt { get; set; }
    public Guid? AnnouncedById { get; set; }
    /// <summary>What two people who change the name or the topic compare: one more with each change.</summary>
    public int DetailsVersion { get; set; }
    /// <summary>Sequence up to which the retention rule has gone: nothing up to there is given to anybody (<see cref="ChatViewing.Standing"/>), or unread. 0 where it has removed nothing.</summary>
    public long RemovedSequence { get; set; }
    /// <summary>How many of the messages up to there stand in threads alone.</summary>
    public long RemovedThreadMessages { get; set; }
    /// <summary>Days of the rule that last removed something; null while all is there.</summary>
    public int? RemovedDays { get; set; }
    public List<AudienceEntry> Audience { get; set; } = [];
    public List<ConversationMember> Members { get; set; } = [];
}

/// <summary>That a person is in a conversation, and how far they have read.</summary>
public sealed class ConversationMember
{
    public Guid ConversationId { get; set; }
    public Conversation Conversation { get; set; } = null!;
    public Guid PersonId { get; set; }
    public Person Person { get; set; } = null!;
    public DateTime JoinedAt { get; set; }
    /// <summary>When they left; null while they are in.</summary>
    public DateTime? LeftAt { get; set; }
    /// <summary>Sequence up to which they have read.</summary>
    public long ReadSequence { get; set; }
    /// <summary>How many of the messages up to there stand in threads alone (<see cref="Message.ThreadMessages"/>): they are not counted as unread.</summary>
    public long ReadThreadMessages { get; set; }
    /// <summary>What they may do beyond posting. Null in rows from before there were roles: the maker is then an owner, everyone else a member.</summary>
    public ConversationRole? Role { get; set; } = ConversationRole.Member;
    /// <summary>Since when they may post among the few of an announcement channel without being its owner or moderator.</summary>
    public DateTime? PosterSince { get; set; }
    /// <summary>Since when they want to hear nothing of it.</summary>
    public DateTime? MutedAt { get; set; }

    /// <summary>What of it comes into their inbox.</summary>
    public MemberAlerts Alerts { get; set; }
}

/// <summary>What of a conversation comes into a member's inbox. Of a direct conversation everything does, unless they want nothing.</summary>
public enum MemberAlerts { Mentions, Everything, Nothing }

public sealed class Message
{
    public Guid Id { get; set; }
    public Guid ConversationId { get; set; }
    public Conversation Conversation { get; set; } = null!;
    /// <summary>1, 2, 3 … within the conversation, without a gap.</summary>
    public long Sequence { get; set; }
    public Guid SenderId { get; set; }
    public Person Sender { get; set; } = null!;
    /// <summary>Made by the sender's browser or program; unique for each sender, for ever.</summary>
    public Guid ClientMessageId { get; set; }
    /// <summary>Markdown as typed; empty once deleted.</summary>
    public required string Text { get; set; }
    /// <summary>Sanitised once, when made.</summary>
    public required string Html { get; set; }
    public DateTime PostedAt { get; set; }
    public DateTime? EditedAt { get; set; }
    /// <summary>Since when it is given to nobody, and who said so: deleted by its author, hidden (<see cref="HiddenReason"/>) or removed (<see cref="Conversation.RemovedSequence"/>).</summary>
    public DateTime? DeletedAt { get; set; }
    public Guid? DeletedById { get; set; }
    /// <summary>Why a moderator or Compliance hid it; null for one that is not hidden. What it says is meanwhile in <see cref="HiddenMessage"/>.</summary>
    public string? HiddenReason { get; set; }
    /// <summary>1 when posted, one more with each edit or deletion.</summary>
    public int Version { get; set; }
    /// <summary>A fix run shown as a card under the text.</summary>
    public Guid? RunId { get; set; }
    /// <summary>Cards of its files (<see cref="FileCard"/>), JSON; null when it has none. The rows are <see cref="StoredFile"/>: this is what a page reads.</summary>
    public string? Files { get; set; }
    /// <summary>What of the hub's own it links to (<see cref="MessageLinks"/>), found when it was written; null when it is nothing.</summary>
    public string? Links { get; set; }
    /// <summary>The message in whose thread it stands; null for one of the conversation itself. A thread has no threads.</summary>
    public Guid? ThreadId { get; set; }
    /// <summary>A reply that the conversation shows too.</summary>
    public bool AlsoToConversation { get; set; }
    /// <summary>How many of the conversation's messages up to and with this one stand in threads alone.</summary>
    public long ThreadMessages { get; set; }
    /// <summary>Replies in its thread, deleted ones too.</summary>
    public int Replies { get; set; }
    public DateTime? LastReplyAt { get; set; }
    /// <summary>What people answered it with, counted: JSON of <see cref="ReactionCount"/>s, empty when there is none.</summary>
    public string Reactions { get; set; } = "";
    public DateTime? PinnedAt { get; set; }
    public Guid? PinnedById { get; set; }
    /// <summary>How a question in a help channel stands; null for every other message.</summary>
    public HelpState? Help { get; set; }
    /// <summary>When it was resolved, by whom, and which reply answered it, if one did.</summary>
    public DateTime? ResolvedAt { get; set; }
    public Guid? ResolvedById { get; set; }
    public Guid? AnswerId { get; set; }
    /// <summary>One more with every change of what is shown of it: text, reactions, pin, thread, how its question stands.</summary>
    public int Revision { get; set; }
    /// <summary>The <see cref="Revision"/> that search knows; another one, -1 in rows from before there was an index, is caught up with by <see cref="MessageIndexing"/>.</summary>
    public int Indexed { get; set; }
}

/// <summary>
/// That a message has a word, or is what a filter asks for (<see cref="MessageIndex"/>). Written in the transaction of the message. The key begins with the term
/// and goes on in time, so that the newest messages with a word are read from one place, and has the conversation in it, so that who may see them is decided there.
/// </summary>
public sealed class MessageTerm
{
    /// <summary>At most 64 characters.</summary>
    public required string Term { get; set; }
    public Guid MessageId { get; set; }
    public Guid ConversationId { get; set; }
}

/// <summary>How a question in a help channel stands: nobody but its author has written in its thread, somebody has, or it is resolved.</summary>
public enum HelpState { Open, Helped, Resolved }

/// <summary>That a person answered a message with an emoji.</summary>
public sealed class Reaction
{
    public Guid MessageId { get; set; }
    public Guid PersonId { get; set; }
    public Person Person { get; set; } = null!;
    public required string Emoji { get; set; }
    public DateTime At { get; set; }
}

/// <summary>That a person follows a thread, and how far they have read in it.</summary>
public sealed class ThreadFollow
{
    public Guid ThreadId { get; set; }
    public Message Thread { get; set; } = null!;
    public Guid PersonId { get; set; }
    public DateTime FollowedAt { get; set; }
    /// <summary>When they stopped; null while they follow.</summary>
    public DateTime? EndedAt { get; set; }
    /// <summary>Sequence up to which they have read in it.</summary>
    public long ReadSequence { get; set; }
}

/// <summary>A message that a person keeps for themselves.</summary>
public sealed class SavedMessage
{
    public Guid PersonId { get; set; }
    public Guid MessageId { get; set; }
    public Message Message { get; set; } = null!;
    public DateTime SavedAt { get; set; }
}

/// <summary>What a message said before an edit or a deletion.</summary>
public sealed class MessageVersion
{
    public Guid MessageId { get; set; }
    public int Version { get; set; }
    public required string Text { get; set; }
    public DateTime ReplacedAt { get; set; }
    public Guid ReplacedById { get; set; }
}
