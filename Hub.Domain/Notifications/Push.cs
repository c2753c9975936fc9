using System.Runtime.InteropServices;
using Hub.Domain.People;

namespace Hub.Domain.Notifications;

/// <summary>Where a notification goes: a browser's subscription.</summary>
public sealed record PushTarget(string Endpoint, string P256dh, string Auth);

/// <summary>What a push service said. Taken: it has it. Gone: there is no such subscription any more. Refused: it will never take this. Busy: later, it may.</summary>
public enum PushAnswer { Taken, Gone, Refused, Busy }

/// <summary>A push service's answer.</summary>
/// <param name="After">When it is busy: so long it is to be left alone at least.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PushReply(PushAnswer Answer, TimeSpan After = default);

/// <summary>The way out for notifications (Web Push, RFC 8030).</summary>
public interface IPushService
{
    /// <summary>False while the hub has no keys for it: then nothing is sent, and pages say so.</summary>
    bool Configured { get; }

    /// <summary>The hub's public key, base64url: a browser subscribes for whoever has the other half (RFC 8292 §4).</summary>
    string PublicKey { get; }

    /// <summary>True for an address of a push service to which the hub may send.</summary>
    bool Allows(Uri endpoint);

    /// <summary>Hands it to the push service, which keeps it for a device that is away. What it throws is a failure, tried again later.</summary>
    /// <param name="kept">For how long it is still worth showing.</param>
    Task<PushReply> SendAsync(PushTarget to, InboxEntry entry, TimeSpan kept, CancellationToken ct);
}

/// <summary>No notifications.</summary>
internal sealed class NoPush : IPushService
{
    public bool Configured => false;

    public string PublicKey => "";

    public bool Allows(Uri endpoint) => false;

    public Task<PushReply> SendAsync(PushTarget to, InboxEntry entry, TimeSpan kept, CancellationToken ct) => throw new InvalidOperationException("No push is configured.");
}

/// <summary>A browser that wants to be told: its subscription, and what it is.</summary>
public sealed record NewPushDevice(PushTarget Target, PresenceDevice Kind, string Browser);

/// <summary>A device as its owner sees it.</summary>
public sealed record PushDeviceRecord(Guid Id, PresenceDevice Kind, string Browser, DateTime CreatedAt, DateTime? LastSucceededAt);

/// <summary>What a browser needs to subscribe, and one's devices, the oldest first.</summary>
public sealed record MyPush(string PublicKey, IReadOnlyList<PushDeviceRecord> Devices);
