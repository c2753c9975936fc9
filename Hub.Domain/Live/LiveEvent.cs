using Hub.Domain.People;

namespace Hub.Domain.Live;

/// <summary>What can be watched, for example <c>conversation:{id}</c>; <c>me</c> is kept as <c>me:{person}</c>.</summary>
public readonly record struct Topic(string Kind, Guid Id)
{
    public static Topic Conversation(Guid id) => new("conversation", id);

    public static Topic Run(Guid id) => new("run", id);

    public static Topic Meeting(Guid id) => new("meeting", id);

    public static Topic Article(Guid id) => new("article", id);

    public static Topic Me(Guid personId) => new("me", personId);

    public static Topic Person(Guid id) => new("person", id);

    public static Topic Unit(Guid id) => new("unit", id);

    /// <summary>Who is writing in a conversation: apart from what is said there, so that only an open one hears of it.</summary>
    public static Topic Typing(Guid conversationId) => new("typing", conversationId);

    public override string ToString() => Kind == "me" ? "me" : $"{Kind}:{Id:D}";
}

/// <summary>
/// What an event tells: a small sealed record, serialised as it is for programs, and the same after the way to another node
/// (<see cref="LiveWire"/>).
/// </summary>
public interface ILivePayload;

/// <summary>A payload that may take something back: what was told of its topic before is then given to nobody again.</summary>
public interface IWithdraws
{
    /// <summary>True if it does.</summary>
    bool Withdraws { get; }
}

/// <summary>A change that has been committed.</summary>
/// <param name="Topic">What changed.</param>
/// <param name="Version">Its version after the change; 0 for something passing (typing, presence) that is allowed to be lost.</param>
/// <param name="Name">Kebab-case, for example <c>message-posted</c>.</param>
/// <param name="Payload">The record.</param>
public sealed record LiveEvent(Topic Topic, long Version, string Name, ILivePayload Payload);

/// <summary>What other nodes are told: an event, or who is at this node's pages, or that permissions to a topic, or of a person, are to be asked again.</summary>
/// <param name="Event">The event.</param>
/// <param name="RecheckTopic">Of which topic.</param>
/// <param name="RecheckPerson">Of which person.</param>
/// <param name="Presence">Who is at this node's pages.</param>
/// <param name="Trace">The recorded trace (W3C traceparent) in which it happened.</param>
/// <param name="At">When it was told, as a timestamp of the sender's own clock: only the node that sent it can read it.</param>
public sealed record LiveSignal(LiveEvent? Event, Topic? RecheckTopic = null, Guid? RecheckPerson = null, NodePresence? Presence = null, string? Trace = null, long At = 0);

/// <summary>What a watcher is told: events in order, or that it must load again, or that it may not watch any more.</summary>
public sealed record LiveNews(IReadOnlyList<LiveEvent> Events, bool Reload = false, bool Ended = false);
