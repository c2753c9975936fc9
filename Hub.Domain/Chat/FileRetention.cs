using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Chat;

/// <summary>
/// Clears out files, every hour: uploads that were not posted within a day, and do not wait with a message, are removed, and what was removed a day ago is erased. So a copy of the
/// folder that is made within a day of the database's backup has all that the backup names. Rows stay, and so does every file of a message that is held.
/// </summary>
internal sealed class FileRetention(IDbContextFactory<HubDb> hub, FileStore store, TimeProvider clock, ILogger<FileRetention> log) : IDueWork
{
    private const int AtOnce = 1000;

    private static readonly TimeSpan Kept = TimeSpan.FromHours(24), KeptApart = TimeSpan.FromDays(30);

    public string Kind => "chat.files";

    public TimeSpan? Every => TimeSpan.FromHours(1);

    public async Task SendAsync(DueItem item, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var now = clock.Now();
        var (since, sinceApart) = (now - Kept, now - KeptApart);
        // Removed before they are erased: a message that takes one along in this moment finds it gone, not empty.
        await db.StoredFiles.Where(f => f.MessageId == null && f.RemovedAt == null && f.LaterId == null && f.StartedAt < since).ExecuteUpdateAsync(s => s.SetProperty(f => f.RemovedAt, now), ct);
        // Once more what was erased in the last day: a node that stopped between the commit and the file may have left it there.
        var erase = await db.StoredFiles.Where(f => f.ErasedAt >= since).Select(f => f.Id).ToListAsync(ct);
        if (erase.Count > 0 || await Over(db, since, sinceApart).AnyAsync(ct)) await store.ReadyAsync(ct);
        List<Guid> over;
        await using (var tx = await db.Database.BeginTransactionAsync(ct))
        {
            // Whoever places a hold waits for this: what is not held now is nobody's to keep.
            await db.LockKeepingAsync(ct);
            over = await Over(db, since, sinceApart).OrderBy(f => f.RemovedAt).Select(f => f.Id).Take(AtOnce).ToListAsync(ct);
            await db.StoredFiles.Where(f => over.Contains(f.Id)).ExecuteUpdateAsync(s => s.SetProperty(f => f.ErasedAt, now), ct);
            await tx.CommitAsync(ct);
        }
        foreach (var id in erase.Concat(over)) store.Erase(id);
        if (over.Count > 0) log.LogInformation("{Count} files that nobody can reach were erased", over.Count);
    }

    public Task StoreAsync(HubDb db, DueItem item, CancellationToken ct) => Task.CompletedTask;

    private static IQueryable<StoredFile> Over(HubDb db, DateTime since, DateTime sinceApart)
    {
        var held = db.Messages.Held(db);
        return db.StoredFiles.Where(f => f.ErasedAt == null && ((f.State != FileState.Quarantined && f.RemovedAt < since) || (f.State == FileState.Quarantined && f.StoredAt < sinceApart)) && !held.Any(m => m.Id == f.MessageId));
    }
}
