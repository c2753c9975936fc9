namespace Hub.Domain.Chat;

/// <summary>Whom a mention means. Here: members who are online; Channel: all members.</summary>
public enum MentionKind { Person, Unit, Group, Here, Channel }

/// <summary>Somebody, or several, whom a message mentions; read once, when it is posted.</summary>
public sealed class MessageMention
{
    public Guid MessageId { get; set; }
    public MentionKind Kind { get; set; }
    /// <summary>The person, unit or group; <see cref="Guid.Empty"/> for here and channel.</summary>
    public Guid TargetId { get; set; }
}

/// <summary>Something that can be mentioned in a conversation.</summary>
/// <remarks>
/// Name: What is shown.
/// Write: What stands after the <c>@</c>: the name, or the address of somebody who shares their name with another.
/// Detail: Job title, or what it is.
/// People: How many it wakes; 1 for a person.
/// </remarks>
public sealed record MentionChoice(MentionKind Kind, Guid Id, string Name, string Write, string Detail, int People);

/// <summary>How many people a message would wake, and whether it asks before it does.</summary>
public sealed record Waking(int People, bool Asks);

/// <summary>What a message mentions: its HTML, the targets, and how many people they wake.</summary>
internal sealed record ReadMentions(string Html, IReadOnlyList<MentionTarget> Targets, int People);

internal sealed record MentionTarget(MentionKind Kind, Guid Id);
