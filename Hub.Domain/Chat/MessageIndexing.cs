using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Makes findable what no program of this release has written: messages from before there was an index, and those that a node of the release before posted or changed.
/// Conversation by conversation, every minute for as long as there are some.
/// </summary>
internal sealed class MessageIndexing(IDbContextFactory<HubDb> hub, TimeProvider clock) : IDueWork
{
    private const int AtOnce = 200;

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(20);

    public string Kind => "chat.index";

    public TimeSpan? Every => TimeSpan.FromMinutes(1);

    public async Task SendAsync(DueItem item, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        var more = true;
        while (more && clock.GetElapsedTime(began) < Most) more = await SomeAsync(ct);
    }

    public Task StoreAsync(HubDb db, DueItem item, CancellationToken ct) => Task.CompletedTask;

    /// <summary>False when there is nothing left.</summary>
    private async Task<bool> SomeAsync(CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var unknown = db.Messages.Where(m => m.Indexed != m.Revision).OrderBy(m => m.ConversationId).ThenBy(m => m.Sequence);
        if (await unknown.Select(m => (Guid?)m.ConversationId).FirstOrDefaultAsync(ct) is not { } id) return false;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // As for every change of a message: until the commit nobody else changes one.
        await db.Conversations.Where(c => c.Id == id).ExecuteUpdateAsync(s => s.SetProperty(c => c.Version, c => c.Version), ct);
        var rows = await unknown.Where(m => m.ConversationId == id).Take(AtOnce).ToListAsync(ct);
        foreach (var row in rows) row.Indexed = row.Revision;
        await db.SaveChangesAsync(ct);
        await MessageIndex.AddAsync(db, rows, ct);
        await tx.CommitAsync(ct);
        return true;
    }
}
