using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Messages that are kept at hand: pinned for everyone in the conversation, or saved for oneself.</summary>
public sealed class KeptMessages(IDbContextFactory<HubDb> hub, LiveBus live, MessageChanges changes, TimeProvider clock)
{
    /// <summary>Pinned messages of a conversation at most.</summary>
    public const int MostPins = 100;

    /// <summary>Pins a message for all, or takes the pin out; anyone in the conversation may. Doing it again changes nothing.</summary>
    public Task<Outcome<MessageRecord>> PinAsync(Actor actor, Guid messageId, bool pin, CancellationToken ct = default) => changes.ApplyAsync(actor, messageId, async (db, row) =>
    {
        if (pin == row.PinnedAt is not null) return (MessageChange?)null;
        if (pin && row.DeletedAt is not null) return Refusal.Stale(await db.RecordAsync(messageId, ct));
        if (pin && await db.Messages.CountAsync(m => m.ConversationId == row.ConversationId && m.PinnedAt != null, ct) >= MostPins) return new Refusal(RefusalKind.Conflict, "message.pins", MostPins);
        (row.PinnedAt, row.PinnedById) = pin ? (clock.Now(), actor.PersonId) : (default(DateTime?), default(Guid?));
        return new MessageChange("message-pinned");
    }, ct);

    /// <summary>Pinned messages of a conversation, the latest pin first: all of them, there are at most <see cref="MostPins"/>.</summary>
    public async Task<Outcome<IReadOnlyList<MessageRecord>>> PinsAsync(Actor actor, Guid conversationId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == conversationId, ct)) return Refusal.NotFound;
        return await db.Messages.AsNoTracking().Where(m => m.ConversationId == conversationId && m.PinnedAt != null && m.DeletedAt == null)
            .OrderByDescending(m => m.PinnedAt).ThenBy(m => m.Sequence).Select(ChatViewing.Record(db)).ToListAsync(ct);
    }

    /// <summary>Saves a message for oneself, or lets it go. Doing it again changes nothing. One that is no longer seen can still be let go.</summary>
    public async Task<Outcome<bool>> SaveAsync(Actor actor, Guid messageId, bool save, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known || (save && !await db.Messages.VisibleTo(db, viewer).Standing().AnyAsync(m => m.Id == messageId, ct))) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        var row = await db.SavedMessages.FirstOrDefaultAsync(s => s.PersonId == actor.PersonId && s.MessageId == messageId, ct);
        if (save == row is not null) return save;
        if (row is not null) db.SavedMessages.Remove(row);
        else db.SavedMessages.Add(new SavedMessage { PersonId = actor.PersonId, MessageId = messageId, SavedAt = clock.Now() });
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Me(actor.PersonId), version, "message-saved", new MessageSaved(messageId, save)));
        return save;
    }

    /// <summary>What one saved and may still see, the last saved first; at most <paramref name="limit"/> (1–200); <paramref name="after"/> is a page's cursor.</summary>
    public async Task<Outcome<Page<MessageInPlace>>> SavedAsync(Actor actor, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        limit = Math.Clamp(limit, 1, 200);
        var mine = db.SavedMessages.Where(s => s.PersonId == viewer.PersonId && s.Message.Sequence > s.Message.Conversation.RemovedSequence && db.Conversations.VisibleTo(viewer).Any(c => c.Id == s.Message.ConversationId));
        if (after is not null)
        {
            if (!ChannelDirectory.TryCursor(after, out DateTime at, out var last)) return Refusal.Invalid("after", "chat.cursor");
            mine = mine.Where(s => s.SavedAt < at || (s.SavedAt == at && s.MessageId.CompareTo(last) < 0));
        }
        var saved = await mine.OrderByDescending(s => s.SavedAt).ThenByDescending(s => s.MessageId).Take(limit + 1).Select(s => new { s.MessageId, s.SavedAt, s.Message.ConversationId }).ToListAsync(ct);
        var (ids, places) = (saved.Take(limit).Select(s => s.MessageId).ToList(), saved.Select(s => s.ConversationId).Distinct().ToList());
        var records = (await db.Messages.AsNoTracking().Where(m => ids.Contains(m.Id)).Select(ChatViewing.Record(db)).ToListAsync(ct)).ToDictionary(m => m.Id);
        var names = await db.NamesAsync(places, viewer.PersonId, ct);
        return new Page<MessageInPlace>([.. ids.Select(id => new MessageInPlace(records[id], names[records[id].ConversationId]))],
            saved.Count > limit ? $"{saved[limit - 1].SavedAt.Ticks}_{saved[limit - 1].MessageId}" : null);
    }
}
