using System.Runtime.CompilerServices;
using Hub.Domain.Storage;
using Hub.Web.Shell;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web.Upkeep;

/// <summary>The keys that sessions are signed with: whether this node can read those in the database, and nobody else can.</summary>
internal static class KeysCheck
{
    private static readonly TimeSpan EndsSoon = TimeSpan.FromDays(30);

    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var storage = at.Storage(s => s.AddHubKeys(at.Settings));
        if (HubKeys.Certificate(at.Settings.GetSection("Keys")) is { } certificate)
        {
            using (certificate) yield return Lasts(at, certificate.NotAfter.ToUniversalTime());
        }
        await using var db = await storage.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync(ct);
        if (db is SqliteHubDb && !File.Exists(DatabaseCheck.SqliteFile(db))) yield break;
        var stored = (await db.ProtectionKeys.Select(k => k.Xml).ToListAsync(ct)).Where(x => x.StartsWith("<key ", StringComparison.Ordinal)).ToList();
        if (stored.Count == 0)
        {
            yield return Finding.Ok("keys", "There are none yet: the first node that starts makes one.");
            yield break;
        }
        var readable = storage.GetRequiredService<IKeyManager>().GetAllKeys().Count(Readable);
        yield return readable == stored.Count
            ? Finding.Ok("keys", $"This node reads all {stored.Count}.")
            : Finding.Wrong("keys", $"This node cannot read {stored.Count - readable} of {stored.Count}: whoever signed in with those is signed out here. Name the certificate that encrypted them in Keys:Certificate or Keys:OldCertificates, on every node alike.");
        var bare = stored.Count(x => !x.Contains("<encryptedSecret", StringComparison.Ordinal));
        yield return bare == 0 ? Finding.Ok("keys at rest", "Encrypted by a certificate.")
            : at.Settings["Keys:Certificate"] is { Length: > 0 } ? Finding.Warn("keys at rest", $"{bare} were stored before there was a certificate and are not encrypted; new ones are. A key lasts 90 days.")
            : new Finding("keys at rest", at.Development ? Verdict.Ok : Verdict.Warning, "Not encrypted: whoever reads the database, or a backup, can sign in as anybody. Keys:Certificate names a certificate that encrypts them.");
    }

    internal static Finding Lasts(Looking at, DateTime ends)
    {
        var left = ends - at.Clock.GetUtcNow().UtcDateTime;
        return left <= TimeSpan.Zero ? Finding.Warn("certificate", $"That of Keys:Certificate ended on {ends:yyyy-MM-dd}. Keys are still encrypted and read with it; make a new one, and name this one in Keys:OldCertificates.")
            : left < EndsSoon ? Finding.Warn("certificate", $"That of Keys:Certificate ends on {ends:yyyy-MM-dd}. Make a new one, and name this one in Keys:OldCertificates.")
            : Finding.Ok("certificate", $"That of Keys:Certificate lasts until {ends:yyyy-MM-dd}.");
    }

    private static bool Readable(IKey key)
    {
        try
        {
            return key.CreateEncryptor() is not null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever the decryption failed with, this node cannot use the key.
            return false;
        }
    }
}
