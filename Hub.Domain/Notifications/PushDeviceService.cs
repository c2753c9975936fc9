using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>Browsers on which one wants to be told: one's own alone. Without keys for push there is nothing of it.</summary>
public sealed class PushDeviceService(IDbContextFactory<HubDb> hub, IPushService push, TimeProvider clock)
{
    /// <summary>Devices of one person at most.</summary>
    public const int Most = 10;

    /// <summary>Characters of a subscription's address at most.</summary>
    public const int LongestEndpoint = 1000;

    /// <summary>Characters of a browser's name at most.</summary>
    public const int LongestName = 40;

    /// <summary>Characters of <see cref="PushDevice.HubKey"/>.</summary>
    internal const int ShortLength = 16;

    private const int KeyLength = 65, SecretLength = 16;

    public async Task<Outcome<MyPush>> GetAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!push.Configured || !viewer.Known) return Refusal.NotFound;
        return new MyPush(push.PublicKey, await db.PushDevices.Where(d => d.PersonId == viewer.PersonId).OrderBy(d => d.CreatedAt).ThenBy(d => d.Id)
            .Select(d => new PushDeviceRecord(d.Id, d.Kind, d.Browser, d.CreatedAt, d.LastSucceededAt)).ToListAsync(ct));
    }

    /// <summary>Turns notifications on for a browser. The same again is the same device; one that was somebody else's is theirs no more. It is for people: a program is not notified.</summary>
    public async Task<Outcome<PushDeviceRecord>> AddAsync(Actor actor, NewPushDevice device, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!push.Configured || !viewer.Known) return Refusal.NotFound;
        if (actor.Kind != ActorKind.Person) return Refusal.Forbidden;
        if (Against(device.Target) is { } wrong) return wrong;
        var endpoint = new Uri(device.Target.Endpoint).AbsoluteUri;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // Two tabs at once: the person's row makes them come one after the other.
        await db.People.Where(p => p.Id == viewer.PersonId).ExecuteUpdateAsync(s => s.SetProperty(p => p.Version, p => p.Version), ct);
        await db.PushDevices.Where(d => d.Endpoint == endpoint && d.PersonId != viewer.PersonId).ExecuteDeleteAsync(ct);
        var row = await db.PushDevices.FirstOrDefaultAsync(d => d.Endpoint == endpoint, ct);
        if (row is null)
        {
            if (await db.PushDevices.CountAsync(d => d.PersonId == viewer.PersonId, ct) >= Most) return new Refusal(RefusalKind.Conflict, "push.most", Most);
            db.PushDevices.Add(row = new PushDevice { Id = clock.NewId(), PersonId = viewer.PersonId, Endpoint = endpoint, P256dh = "", Auth = "", HubKey = "", CreatedAt = clock.Now() });
        }
        (row.P256dh, row.Auth, row.HubKey, row.Kind) = (device.Target.P256dh, device.Target.Auth, Short(push.PublicKey), device.Kind);
        row.Browser = device.Browser.Length > LongestName ? device.Browser[..LongestName] : device.Browser;
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        return new PushDeviceRecord(row.Id, row.Kind, row.Browser, row.CreatedAt, row.LastSucceededAt);
    }

    /// <summary>Turns notifications off for one of one's devices, wherever one is.</summary>
    public async Task<Outcome<bool>> RemoveAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!push.Configured || !viewer.Known) return Refusal.NotFound;
        return await db.PushDevices.Where(d => d.Id == id && d.PersonId == viewer.PersonId).ExecuteDeleteAsync(ct) == 1 ? true : Refusal.NotFound;
    }

    /// <summary>By which one of the hub's keys is known from another.</summary>
    internal static string Short(string publicKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(publicKey)))[..ShortLength];

    // The hub sends to what is named here: to a push service that an administrator knows, and nowhere else.
    private Refusal? Against(PushTarget target)
    {
        var (endpoint, key, secret) = (target.Endpoint, target.P256dh, target.Auth);
        if (endpoint.Length > LongestEndpoint) return Refusal.Invalid("endpoint", "push.endpoint.long", LongestEndpoint);
        if (endpoint.Any(c => c is <= ' ' or > '~') || !Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme != "https" || uri.UserInfo.Length > 0 || uri.AbsoluteUri.Length > LongestEndpoint)
            return Refusal.Invalid("endpoint", "push.endpoint");
        if (!push.Allows(uri)) return Refusal.Invalid("endpoint", "push.endpoint.host", uri.Authority);
        if (Bytes(key, KeyLength) is not { } point || !OnCurve(point)) return Refusal.Invalid("keys.p256dh", "push.key");
        return Bytes(secret, SecretLength) is null ? Refusal.Invalid("keys.auth", "push.auth") : null;
    }

    private static byte[]? Bytes(string text, int length) =>
        text.Length == Base64Url.GetEncodedLength(length) && Base64Url.IsValid(text, out var decoded) && decoded == length ? Base64Url.DecodeFromChars(text) : null;

    private static bool OnCurve(byte[] point)
    {
        if (point[0] != 4) return false;
        try
        {
            using var key = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33], Y = point[33..] } });
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
