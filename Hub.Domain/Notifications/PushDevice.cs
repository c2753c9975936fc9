using Hub.Domain.People;

namespace Hub.Domain.Notifications;

/// <summary>A browser on which somebody turned notifications on: its subscription at a push service (Push API, <c>PushSubscription</c>).</summary>
public sealed class PushDevice
{
    public Guid Id { get; set; }
    public Guid PersonId { get; set; }
    /// <summary>The address at the push service; shown to nobody, though nothing is taken there without the hub's key. Unique: a browser is one person's.</summary>
    public required string Endpoint { get; set; }
    /// <summary>The browser's public key, an uncompressed point of P-256, base64url (RFC 8291 §3.1).</summary>
    public required string P256dh { get; set; }
    /// <summary>The secret that the browser shares with the hub, 16 bytes, base64url (RFC 8291 §3.2).</summary>
    public required string Auth { get; set; }
    /// <summary>The hub's key for which it subscribed (<see cref="PushDeviceService.Short"/>): with another one nothing reaches it.</summary>
    public required string HubKey { get; set; }
    public PresenceDevice Kind { get; set; }
    /// <summary>Its browser's name; empty for one that is not known.</summary>
    public string Browser { get; set; } = "";
    public DateTime CreatedAt { get; set; }
    /// <summary>When the push service last took something for it.</summary>
    public DateTime? LastSucceededAt { get; set; }
}
