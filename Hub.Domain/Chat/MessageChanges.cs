using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>What a change of a message tells: the event's name, and its payload when it is not the message alone.</summary>
internal sealed record MessageChange(string Event, Func<MessageRecord, ILivePayload>? Payload = null);

/// <summary>The one way in which a stored message changes: it is seen, its conversation is locked, and whoever changes it is still in.</summary>
public sealed class MessageChanges(IDbContextFactory<HubDb> hub, LiveBus live)
{
    /// <summary>
    /// Lets <paramref name="change"/> change the row, saves, commits and tells those who watch; gives the message as it then stands.
    /// Where it gives null nothing has changed, and nobody is told.
    /// </summary>
    internal async Task<Outcome<MessageRecord>> ApplyAsync(Actor actor, Guid id, Func<HubDb, Message, Task<Outcome<MessageChange?>>> change, CancellationToken ct, bool ownOnly = false)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Messages.VisibleTo(db, viewer).Where(m => m.Id == id).Select(m => new { m.ConversationId, m.SenderId }).FirstOrDefaultAsync(ct) is not { } found) return Refusal.NotFound;
        if (ownOnly && found.SenderId != actor.PersonId) return Refusal.Forbidden;

        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(found.ConversationId, ct);
        if (await db.AgainstChangeAsync(found.ConversationId, actor.PersonId, ct) is { } against) return against;
        var row = await db.Messages.SingleAsync(m => m.Id == id, ct);
        var before = MessageIndex.Of(row);
        var outcome = await change(db, row);
        if (outcome.Refusal is { } refusal) return refusal;
        if (outcome.Value is not { } changed) return await db.RecordAsync(id, ct);
        await MessageIndex.ReplaceAsync(db, row, before, ct);
        await db.SaveChangesAsync(ct);
        var record = await db.RecordAsync(id, ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Conversation(found.ConversationId), version, changed.Event, changed.Payload?.Invoke(record) ?? record));
        return record;
    }
}
