using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Deletes tokens that expired or were ended 30 days ago, every day. The audit trail keeps that they were made and ended.</summary>
internal sealed class TokenRetention(TimeProvider clock) : IDueWork
{
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    public string Kind => "people.tokens";

    public TimeSpan? Every => TimeSpan.FromDays(1);

    public Task StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var since = clock.Now() - Kept;
        return db.AccessTokens.Where(t => t.ExpiresAt < since || t.RevokedAt < since).ExecuteDeleteAsync(ct);
    }
}
