using Hub.Domain.People;
using Hub.Domain.Storage;

namespace Hub.Domain.Chat;

/// <summary>Which way a webhook goes: another program posts here, or is told of what is said here.</summary>
public enum HookKind { Incoming, Outgoing }

/// <summary>What an outgoing webhook tells of.</summary>
public enum HookEvent { Posted, Edited, Deleted }

/// <summary>A webhook of a channel: its owners make it, and end it.</summary>
public sealed class Hook
{
    public Guid Id { get; set; }
    public Guid ConversationId { get; set; }
    public Conversation Conversation { get; set; } = null!;
    public HookKind Kind { get; set; }
    /// <summary>1–80 characters; of an incoming one what its bot is called.</summary>
    public required string Name { get; set; }
    /// <summary>Who posts what comes in: a person of kind Bot, a member of this channel alone; null for an outgoing one.</summary>
    public Guid? BotId { get; set; }
    public Person? Bot { get; set; }
    /// <summary>Of an incoming one the lower-case hexadecimal SHA-256 of the last part of its address; of an outgoing one what <see cref="IHookSender"/> made to be kept.</summary>
    public required string Secret { get; set; }
    /// <summary>True if its maker let what comes in call the channel (<c>&lt;!channel&gt;</c>, <c>&lt;!here&gt;</c>) and so wake people.</summary>
    public bool Wakes { get; set; }
    /// <summary>Of an outgoing one where it delivers to; empty for an incoming one.</summary>
    public string Address { get; set; } = "";
    /// <summary>Of an outgoing one the <see cref="HookEvent"/>s that it tells of, by name, with spaces between.</summary>
    public string Events { get; set; } = "";
    /// <summary>An outgoing one tells only of messages that begin with this word; empty: of all.</summary>
    public string Word { get; set; } = "";
    public DateTime CreatedAt { get; set; }
    public Guid CreatedById { get; set; }
    public Person CreatedBy { get; set; } = null!;
    /// <summary>When it last got another secret; null while it has its first.</summary>
    public DateTime? RenewedAt { get; set; }
    /// <summary>When an outgoing one last delivered something.</summary>
    public DateTime? DeliveredAt { get; set; }
    /// <summary>When it ended, and who said so; null while it works.</summary>
    public DateTime? EndedAt { get; set; }
    public Guid? EndedById { get; set; }
}

/// <summary>Something that an outgoing webhook has to tell and has not yet: its row goes when the receiver has it.</summary>
public sealed class HookDelivery
{
    /// <summary>The same in every try, and when it is sent again: what the receiver knows a repeat by.</summary>
    public Guid Id { get; set; }
    public Guid HookId { get; set; }
    public Hook Hook { get; set; } = null!;
    public HookEvent Event { get; set; }
    public Guid MessageId { get; set; }
    public Message Message { get; set; } = null!;
    /// <summary>The due work that delivers it; given up, it is a dead letter.</summary>
    public Guid WorkId { get; set; }
    public DateTime CreatedAt { get; set; }
    /// <summary>When it was last tried.</summary>
    public DateTime? TriedAt { get; set; }
    /// <summary>What the receiver then answered; null when it did not.</summary>
    public int? Status { get; set; }
    /// <summary>Why it then failed.</summary>
    public HookFailure? Failure { get; set; }
}

/// <summary>Why a delivery failed.</summary>
public enum HookFailure
{
    /// <summary>The receiver answered with something else than 2xx.</summary>
    Refused,
    /// <summary>It answered that one should go elsewhere, which the hub does not.</summary>
    Redirected,
    /// <summary>No connection, or it broke.</summary>
    Unreachable,
    /// <summary>It took too long.</summary>
    TimedOut,
    /// <summary>The address is not, or no longer, one that the hub may deliver to.</summary>
    NotAllowed,
    /// <summary>The signing secret cannot be read any more.</summary>
    SecretLost,
}
