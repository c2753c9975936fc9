using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Storage;

/// <summary>Deletes answers that have been kept long enough, every hour.</summary>
internal sealed class IdempotencyRetention(TimeProvider clock) : IDueWork
{
    public string Kind => "storage.idempotency";

    public TimeSpan? Every => TimeSpan.FromHours(1);

    public Task StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var since = clock.Now() - IdempotencyRecord.Kept;
        return db.IdempotencyRecords.Where(r => r.CreatedAt < since).ExecuteDeleteAsync(ct);
    }
}
