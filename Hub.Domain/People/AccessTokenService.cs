using System.Security.Cryptography;
using System.Text;
using Hub.Domain.Audit;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>A token that is alive, and who speaks with it.</summary>
public sealed record TokenBearer(Guid TokenId, Actor Actor);

/// <summary>Personal tokens for programs: <c>hub_</c> and 43 characters of URL-safe base64 (32 random bytes).</summary>
public sealed class AccessTokenService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>
    /// Makes a token for oneself, valid 1–365 days; it is given here and never again. <paramref name="scopes"/> (of
    /// <see cref="AccessScopes.All"/>) are what it may do; none: all that its person may.
    /// </summary>
    public Task<Outcome<string>> CreateAsync(Actor actor, string name, int days, IReadOnlyCollection<string>? scopes = null, CancellationToken ct = default) =>
        CreateAsync(actor.PersonId, actor, name, days, scopes, ct);

    /// <summary>As for oneself, for somebody else: from the command line of the machine itself, which the trail does not take for them.</summary>
    [SystemWork]
    public Task<Outcome<string>> CreateAsync(Guid personId, string name, int days, IReadOnlyCollection<string>? scopes = null, CancellationToken ct = default) =>
        CreateAsync(personId, null, name, days, scopes, ct);

    /// <summary>Ends every token of a person, at once: from the command line of the machine itself.</summary>
    /// <returns>How many were alive.</returns>
    [SystemWork]
    public async Task<int> RevokeAllAsync(Guid personId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var now = clock.Now();
        var alive = await Alive(db).Where(t => t.PersonId == personId).ToListAsync(ct);
        foreach (var row in alive)
        {
            row.RevokedAt = now;
            db.Audit(clock, null, "token.revoke", "token", row.Id, row.Name);
        }
        await db.SaveChangesAsync(ct);
        return alive.Count;
    }

    /// <summary>Who a token speaks for; null when it is unknown, expired, revoked, or its person has left.</summary>
    [SystemWork]
    public async Task<TokenBearer?> ResolveAsync(string token, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var hash = Hash(token);
        var row = await Alive(db).Where(t => t.Hash == hash)
            .Join(db.People.Where(p => p.LeftAt == null), t => t.PersonId, p => p.Id, (t, p) => new { t.Id, PersonId = p.Id, p.Kind, t.Scopes })
            .FirstOrDefaultAsync(ct);
        if (row is null) return null;
        var scopes = row.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new TokenBearer(row.Id, new Actor(row.PersonId, row.Kind, scopes.Length == 0 ? null : scopes.ToHashSet(StringComparer.Ordinal)));
    }

    /// <summary>Those of <paramref name="ids"/> that are neither expired nor revoked; asked again for every open connection.</summary>
    [SystemWork]
    public async Task<IReadOnlySet<Guid>> AliveAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await Alive(db).Where(t => ids.Contains(t.Id)).Select(t => t.Id).ToHashSetAsync(ct);
    }

    private async Task<Outcome<string>> CreateAsync(Guid personId, Actor? by, string name, int days, IReadOnlyCollection<string>? scopes, CancellationToken ct)
    {
        if (days is < 1 or > 365) return Refusal.Invalid("days", "token.days");
        if (name.Contains('\0', StringComparison.Ordinal)) return Refusal.Invalid("name", "text.nul");
        if (scopes is not null && (scopes.Count == 0 || scopes.Any(s => !AccessScopes.All.Contains(s)))) return Refusal.Invalid("scopes", "token.scopes");
        await using var db = await hub.CreateDbContextAsync(ct);
        if (by?.Scopes is not null || !await db.People.AnyAsync(p => p.Id == personId && p.LeftAt == null, ct)) return Refusal.Forbidden;
        var token = "hub_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var row = new AccessToken
        {
            Id = clock.NewId(), PersonId = personId, Name = name, Hash = Hash(token),
            Scopes = string.Join(' ', (scopes ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)), CreatedAt = clock.Now(), ExpiresAt = clock.Now().AddDays(days),
        };
        db.AccessTokens.Add(row);
        db.Audit(clock, by, "token.create", "token", row.Id, $"{days} days {row.Scopes}".TrimEnd());
        await db.SaveChangesAsync(ct);
        return token;
    }

    private IQueryable<AccessToken> Alive(HubDb db)
    {
        var now = clock.Now();
        return db.AccessTokens.Where(t => t.RevokedAt == null && t.ExpiresAt > now);
    }

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
