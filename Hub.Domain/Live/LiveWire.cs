using System.Text.Json;
using Hub.Domain.People;

namespace Hub.Domain.Live;

/// <summary>How a signal goes to other nodes: JSON, with the payload's type by name.</summary>
public static class LiveWire
{
    private static readonly Dictionary<string, Type> Payloads = typeof(LiveWire).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(ILivePayload))).ToDictionary(t => t.Name, StringComparer.Ordinal);

    public static byte[] Write(Guid node, LiveSignal signal) => JsonSerializer.SerializeToUtf8Bytes(signal switch
    {
        { Event: { } e } => new Envelope(node, e.Topic.Kind, e.Topic.Id, e.Version, e.Name, e.Payload.GetType().Name, JsonSerializer.SerializeToElement(e.Payload, e.Payload.GetType()), Trace: signal.Trace, At: signal.At),
        // With a name and without a topic: a version that knows no presence leaves it alone.
        { Presence: { } p } => new Envelope(node, null, null, Name: "presence", Type: nameof(NodePresence), Payload: JsonSerializer.SerializeToElement(p), At: signal.At),
        _ => new Envelope(node, signal.RecheckTopic?.Kind, signal.RecheckTopic?.Id, Person: signal.RecheckPerson, Trace: signal.Trace, At: signal.At),
    });

    /// <summary>
    /// Who sent it, and what; null for what this version does not know: a node of another version tells something new, and the
    /// version check finds that there was something.
    /// </summary>
    /// <exception cref="JsonException">Not a signal.</exception>
    public static (Guid Node, LiveSignal? Signal) Read(ReadOnlySpan<byte> bytes)
    {
        var e = JsonSerializer.Deserialize<Envelope>(bytes) ?? throw new JsonException("Empty");
        Topic? topic = e is { Kind: { } kind, Id: { } id } ? new Topic(kind, id) : null;
        if (e.Name is null) return (e.Node, new LiveSignal(null, topic, e.Person, Trace: e.Trace, At: e.At));
        if (topic is null && e.Type == nameof(NodePresence) && e.Payload?.Deserialize<NodePresence>() is { } presence) return (e.Node, new LiveSignal(null, Presence: presence, At: e.At));
        if (topic is not { } of || e.Type is null || !Payloads.TryGetValue(e.Type, out var type) || e.Payload?.Deserialize(type) is not ILivePayload payload) return (e.Node, null);
        return (e.Node, new LiveSignal(new LiveEvent(of, e.Version, e.Name, payload), Trace: e.Trace, At: e.At));
    }

    private sealed record Envelope(Guid Node, string? Kind, Guid? Id, long Version = 0, string? Name = null, string? Type = null, JsonElement? Payload = null, Guid? Person = null, string? Trace = null, long At = 0);
}
