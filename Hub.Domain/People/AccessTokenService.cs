using System.Security.Cryptography;
using System.Text;
using Hub.Domain.Audit;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Personal tokens for programs: <c>hub_</c> and 43 characters of URL-safe base64 (32 random bytes).</summary>
public sealed class AccessTokenService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>Makes a token for oneself, valid 1–365 days; it is given here and never again.</summary>
    public async Task<Outcome<string>> CreateAsync(Actor actor, string name, int days, CancellationToken ct = default)
    {
        if (days is < 1 or > 365) return Refusal.Invalid("days", "token.days");
        if (name.Contains('\0', StringComparison.Ordinal)) return Refusal.Invalid("name", "text.nul");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known || actor.Scopes is not null) return Refusal.Forbidden;
        var token = "hub_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var row = new AccessToken
        {
            Id = clock.NewId(), PersonId = actor.PersonId, Name = name, Hash = Hash(token),
            CreatedAt = clock.Now(), ExpiresAt = clock.Now().AddDays(days),
        };
        db.AccessTokens.Add(row);
        db.Audit(clock, actor, "token.create", "token", row.Id, $"{days} days");
        await db.SaveChangesAsync(ct);
        return token;
    }

    /// <summary>Who a token speaks for; null when it is unknown, expired, revoked, or its person has left.</summary>
    [SystemWork]
    public async Task<Actor?> ResolveAsync(string token, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var (hash, now) = (Hash(token), clock.Now());
        var row = await db.AccessTokens
            .Where(t => t.Hash == hash && t.RevokedAt == null && t.ExpiresAt > now)
            .Join(db.People.Where(p => p.LeftAt == null), t => t.PersonId, p => p.Id, (t, p) => new { p.Id, p.Kind, t.Scopes })
            .FirstOrDefaultAsync(ct);
        if (row is null) return null;
        var scopes = row.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new Actor(row.Id, row.Kind, scopes.Length == 0 ? null : scopes.ToHashSet(StringComparer.Ordinal));
    }

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
