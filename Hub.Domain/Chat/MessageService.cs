using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Messages: reading, posting, editing, deleting.</summary>
public sealed class MessageService(IDbContextFactory<HubDb> hub, LiveBus live, MessageWriter writer, TimeProvider clock)
{
    /// <summary>Most characters (UTF-16 units) of a message.</summary>
    public const int MostCharacters = 10_000;

    /// <summary>
    /// Messages after or before a sequence, or the newest when neither is given; always ascending, at most
    /// <paramref name="limit"/> (1–200).
    /// </summary>
    public async Task<Outcome<MessagesPage>> PageAsync(Actor actor, Guid conversationId, long? after = null, long? before = null, int limit = 50, CancellationToken ct = default)
    {
        if (after is not null && before is not null) return Refusal.Invalid("afterSequence", "chat.range");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        limit = Math.Clamp(limit, 1, 200);
        // The version is read before the messages: an event in between is then applied twice, which changes nothing, and never missed.
        var at = await db.Conversations.AsNoTracking().VisibleTo(viewer).Where(c => c.Id == conversationId)
            .Select(c => new { c.Version, c.LatestSequence }).FirstOrDefaultAsync(ct);
        if (at is null) return Refusal.NotFound;
        var all = db.Messages.AsNoTracking().Where(m => m.ConversationId == conversationId);
        var some = after is { } a ? all.Where(m => m.Sequence > a).OrderBy(m => m.Sequence)
            : before is { } b ? all.Where(m => m.Sequence < b).OrderByDescending(m => m.Sequence)
            : all.OrderByDescending(m => m.Sequence);
        var items = await some.Take(limit).Select(ChatViewing.Record(db)).ToListAsync(ct);
        if (after is null) items.Reverse();
        var last = items.Count > 0 ? items[^1].Sequence : after ?? (before - 1 ?? at.LatestSequence);
        return new MessagesPage(items, items.Count > 0 && items[0].Sequence > 1, last < at.LatestSequence, at.Version);
    }

    /// <summary>
    /// Posts a message. A repeat with the same <see cref="NewMessage.ClientMessageId"/> gives the first result, for ever; the same id
    /// with other content or elsewhere is a conflict. It also moves the sender's read marker to the message: watchers learn that from
    /// <c>message-posted</c>.
    /// </summary>
    public async Task<Outcome<Posted>> PostAsync(Actor actor, Guid conversationId, NewMessage message, CancellationToken ct = default)
    {
        if (message.ClientMessageId == Guid.Empty) return Refusal.Invalid("clientMessageId", "message.id");
        if (Check(message.Text) is { } wrong) return wrong;
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var draft = new MessageDraft(viewer, conversationId, message, Markdown.Message(message.Text));
        var earlier = await MessageWriter.EarlierAsync(db, draft, ct);
        if ((earlier is not null || message.RunId is not null || !viewer.Known) && !await VisibleAsync(viewer)) return Refusal.NotFound;
        if (earlier is null && message.RunId is not null && !await db.FixRuns.AnyAsync(r => r.Id == message.RunId && r.PersonId == actor.PersonId, ct)) return Refusal.Invalid("runId", "message.run");

        // Once it is on its way to be stored the caller's going away no longer stops it: those who watch are told.
        var outcome = earlier ?? await writer.StoreAsync(draft);
        var stored = outcome.Ok && outcome.Value.Events.Count > 0;
        if (!stored && earlier is null && !await VisibleAsync(await db.EnterAsync(actor, ct))) return Refusal.NotFound;
        if (outcome.Refusal is { } refusal) return refusal;
        live.Publish(outcome.Value.Events);
        return new Posted(outcome.Value.Message, stored);

        Task<bool> VisibleAsync(Viewer at) => db.Conversations.VisibleTo(at).AnyAsync(c => c.Id == conversationId, ct);
    }

    /// <summary>Posts a text alone.</summary>
    public Task<Outcome<Posted>> PostAsync(Actor actor, Guid conversationId, Guid clientMessageId, string text, CancellationToken ct = default) =>
        PostAsync(actor, conversationId, new NewMessage(clientMessageId, text), ct);

    /// <summary>Changes one's own message; what it said before is kept. <paramref name="version"/> is the one that the editor has seen.</summary>
    public Task<Outcome<MessageRecord>> EditAsync(Actor actor, Guid id, string text, int version, CancellationToken ct = default) =>
        Check(text) is { } wrong ? Task.FromResult<Outcome<MessageRecord>>(wrong) : ChangeAsync(actor, id, version, text, ct);

    /// <summary>Deletes one's own message: a tombstone stays in its place, what it said is kept for those who must know.</summary>
    public Task<Outcome<MessageRecord>> DeleteAsync(Actor actor, Guid id, int version, CancellationToken ct = default) =>
        ChangeAsync(actor, id, version, null, ct);

    private async Task<Outcome<MessageRecord>> ChangeAsync(Actor actor, Guid id, int version, string? text, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var found = await db.Messages.Where(m => m.Id == id && db.Conversations.VisibleTo(viewer).Any(c => c.Id == m.ConversationId))
            .Select(m => new { m.ConversationId, m.SenderId }).FirstOrDefaultAsync(ct);
        if (found is null) return Refusal.NotFound;
        if (found.SenderId != actor.PersonId) return Refusal.Forbidden;

        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var topicVersion = await db.AdvanceAsync<Conversation>(found.ConversationId, ct);
        if (!await db.IsMemberAsync(found.ConversationId, actor.PersonId, ct)) return new Refusal(RefusalKind.Forbidden, "chat.join");
        var row = await db.Messages.SingleAsync(m => m.Id == id, ct);
        if (text is null && row.DeletedAt is not null) return await db.RecordAsync(id, ct);
        if (row.Version != version || row.DeletedAt is not null) return Refusal.Stale(await db.RecordAsync(id, ct));
        if (text == row.Text) return await db.RecordAsync(id, ct);

        var now = clock.Now();
        db.MessageVersions.Add(new MessageVersion { MessageId = id, Version = row.Version, Text = row.Text, ReplacedAt = now, ReplacedById = actor.PersonId });
        row.Version++;
        if (text is null)
        {
            (row.Text, row.Html, row.DeletedAt, row.DeletedById) = ("", "", now, actor.PersonId);
            db.Audit(clock, actor, "message.delete", "message", id);
        }
        else
        {
            (row.Text, row.Html, row.EditedAt) = (text, Markdown.Message(text), now);
        }
        await db.SaveChangesAsync(ct);
        var record = await db.RecordAsync(id, ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Conversation(found.ConversationId), topicVersion, text is null ? "message-deleted" : "message-edited", record));
        return record;
    }

    private static Refusal? Check(string text) =>
        text.Length == 0 ? Refusal.Invalid("text", "message.empty")
        : text.Length > MostCharacters ? Refusal.Invalid("text", "message.tooLong", MostCharacters)
        : text.Contains('\0', StringComparison.Ordinal) ? Refusal.Invalid("text", "text.nul")
        : null;
}
