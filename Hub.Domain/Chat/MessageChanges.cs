using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>What a change of a message tells: the event's name, and its payload when it is not the message alone.</summary>
internal sealed record MessageChange(string Event, Func<MessageRecord, ILivePayload>? Payload = null)
{
    /// <summary>What else is told once it is committed.</summary>
    public IReadOnlyList<LiveEvent> Also { get; init; } = [];
}

/// <summary>The one way in which a stored message changes: it is seen, its conversation is locked, and whoever changes it is still in.</summary>
public sealed class MessageChanges(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>
    /// Lets <paramref name="change"/> change the row, saves, commits and tells those who watch; gives the message as it then stands.
    /// Where it gives null nothing has changed, and nobody is told. <paramref name="keeping"/>: for who keeps order (<see cref="Keeping"/>), in the conversation or not. With <paramref name="ownOnly"/> it is the
    /// sender's alone to do, with <paramref name="bots"/> of a bot's message also a moderator's.
    /// </summary>
    internal async Task<Outcome<MessageRecord>> ApplyAsync(Actor actor, Guid id, Func<HubDb, Message, Task<Outcome<MessageChange?>>> change, CancellationToken ct, bool ownOnly = false, bool keeping = false, bool bots = false)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (keeping && await db.AgainstKeepingAsync(viewer, id, clock.Now(), ct) is { } closed) return closed;
        var seen = keeping ? db.Messages : db.Messages.VisibleTo(db, viewer);
        if (await seen.Where(m => m.Id == id).Select(m => new
            {
                m.ConversationId, m.SenderId, Bot = m.Sender.Kind == ActorKind.Bot, Hooked = db.Hooks.Any(h => h.ConversationId == m.ConversationId && h.Kind == HookKind.Outgoing && h.EndedAt == null),
            }).FirstOrDefaultAsync(ct) is not { } found) return Refusal.NotFound;
        var another = ownOnly && found.SenderId != actor.PersonId;
        if (another && !(bots && found.Bot)) return Refusal.Forbidden;

        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(found.ConversationId, ct);
        // Order is kept in an archived conversation too.
        if (await (keeping ? db.AgainstKeepingAsync(viewer, id, clock.Now(), ct) : db.AgainstChangeAsync(found.ConversationId, actor.PersonId, ct)) is { } against) return against;
        if (another && await db.BelowAsync(found.ConversationId, actor.PersonId, ConversationRole.Moderator, ct) is { } below) return below;
        // A retention rule may have removed it before the lock.
        if (await db.Messages.Standing().FirstOrDefaultAsync(m => m.Id == id, ct) is not { } row) return Refusal.NotFound;
        var (before, said) = (MessageIndex.Of(row), row.Text);
        var outcome = await change(db, row);
        if (outcome.Refusal is { } refusal) return refusal;
        if (outcome.Value is not { } changed) return await db.RecordAsync(id, ct);
        await MessageIndex.ReplaceAsync(db, row, before, ct);
        if (found.Hooked && !found.Bot && Told(changed.Event) is { } what) await HookDeliveries.DueAsync(db, clock, what, [(row, [said, row.Text])], ct);
        await db.SaveChangesAsync(ct);
        var record = await db.RecordAsync(id, ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Conversation(found.ConversationId), version, changed.Event, changed.Payload?.Invoke(record) ?? record));
        live.Publish(changed.Also);
        return record;
    }

    // Of what else changes webhooks are told nothing.
    private static HookEvent? Told(string name) => name switch { "message-edited" => HookEvent.Edited, "message-deleted" or "message-hidden" => HookEvent.Deleted, _ => null };
}
