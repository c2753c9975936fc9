using Hub.Domain.Live;
using Hub.Domain.People;

namespace Hub.Domain.Chat;

/// <summary>A webhook as the owners of its channel see it; never its secret.</summary>
/// <remarks>
/// BotId: Who posts what comes in.
/// Wakes: True if what comes in may call the channel.
/// Waiting: Deliveries that were not made yet.
/// Dead: Deliveries that were given up.
/// </remarks>
public sealed record HookRecord(
    Guid Id, HookKind Kind, string Name, Guid? BotId, bool Wakes, string Address, IReadOnlyList<HookEvent> Events, string Word,
    Author CreatedBy, DateTime CreatedAt, DateTime? RenewedAt, DateTime? DeliveredAt, int Waiting, int Dead);

/// <summary>A webhook to make.</summary>
public sealed record NewHook(HookKind Kind, string Name)
{
    /// <summary>Of an incoming one: true if what comes in may call the channel and so wake people.</summary>
    public bool Wakes { get; init; }

    /// <summary>Of an outgoing one: where it delivers to.</summary>
    public string Address { get; init; } = "";

    /// <summary>Of an outgoing one: what it tells of, at least one.</summary>
    public IReadOnlyList<HookEvent> Events { get; init; } = [];

    /// <summary>Of an outgoing one: only of messages that begin with this word; empty: of all.</summary>
    public string Word { get; init; } = "";
}

/// <summary>A webhook and its secret, which is given here and never again: of an incoming one the last part of its address, of an outgoing one what its deliveries are signed with.</summary>
public sealed record HookMade(HookRecord Hook, string Secret);

/// <summary>A channel's webhooks, in the order in which they were made.</summary>
/// <remarks>
/// Conversation: Name of the channel.
/// Outgoing: True if the hub may deliver to any receiver.
/// Version: Version of the topic <c>conversation:{id}</c> that this was read at.
/// </remarks>
public sealed record HookList(string Conversation, IReadOnlyList<HookRecord> Items, bool Outgoing, long Version);

/// <summary>A delivery that was given up, until it is sent again or discarded.</summary>
/// <remarks>
/// MessageId: What it tells of.
/// Status: What the receiver answered at the last try; null when it did not.
/// Tries: How often it was tried since it was first to be delivered, or last sent again.
/// </remarks>
public sealed record DeadLetter(Guid Id, HookEvent Event, Guid MessageId, DateTime CreatedAt, DateTime DeadAt, DateTime? TriedAt, int Tries, HookFailure? Failure, int? Status);

/// <summary>Who speaks with an incoming webhook's address.</summary>
public sealed record HookBearer(Guid HookId, Guid ConversationId, Actor Bot, bool Wakes);

/// <summary>Payload of <c>hooks-changed</c>: a webhook of the channel was made, renewed or ended. Which ones there are its owners alone read.</summary>
public sealed record HooksChanged(Guid Id) : ILivePayload;
