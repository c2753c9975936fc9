using System.Diagnostics.Metrics;
using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Messages: reading, posting, editing, deleting.</summary>
public sealed class MessageService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock, Telemetry telemetry)
{
    /// <summary>Most characters (UTF-16 units) of a message.</summary>
    public const int MostCharacters = 10_000;

    private readonly Counter<long> posts = telemetry.Meter.CreateCounter<long>("hub.chat.posts", "{message}", "Messages posted; a repeated send is not one");

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
    /// Posts a message of 1–10,000 characters, optionally with one's own fix run as a card. A repeat with the same
    /// <paramref name="clientMessageId"/> gives the first result, for ever; the same id with other text or elsewhere is a
    /// conflict. It also moves the sender's read marker to the message: watchers learn that from <c>message-posted</c>.
    /// </summary>
    public async Task<Outcome<Posted>> PostAsync(Actor actor, Guid conversationId, Guid clientMessageId, string text, Guid? runId = null, CancellationToken ct = default)
    {
        if (clientMessageId == Guid.Empty) return Refusal.Invalid("clientMessageId", "message.id");
        if (Check(text) is { } wrong) return wrong;
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == conversationId, ct)) return Refusal.NotFound;
        if (await FirstAsync() is { } first) return first;
        if (runId is not null && !await db.FixRuns.AnyAsync(r => r.Id == runId && r.PersonId == actor.PersonId, ct)) return Refusal.Invalid("runId", "message.run");

        var html = Markdown.Message(text);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // The run's row first, as its own changes have it: one that is under way is on the card, a later one finds the card.
        if (runId is not null) await db.FixRuns.Where(r => r.Id == runId).ExecuteUpdateAsync(s => s.SetProperty(r => r.Version, r => r.Version), ct);
        var version = await db.AdvanceAsync<Conversation>(conversationId, ct);
        // From here the row is locked: who is in it and what was sent are as they stand until the commit.
        if (await FirstAsync() is { } meanwhile) return meanwhile;
        if (!await db.IsMemberAsync(conversationId, actor.PersonId, ct)) return new Refusal(RefusalKind.Forbidden, "chat.join");
        var sequence = await db.Conversations.Where(c => c.Id == conversationId).Select(c => c.LatestSequence).SingleAsync(ct) + 1;
        var now = clock.Now();
        var row = new Message
        {
            Id = clock.NewId(), ConversationId = conversationId, Sequence = sequence, SenderId = actor.PersonId, ClientMessageId = clientMessageId,
            Text = text, Html = html, PostedAt = now, Version = 1, RunId = runId,
        };
        db.Messages.Add(row);
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException e) when (!StorageAway.Is(e))
        {
            // The same id was used in another conversation in the same moment.
            await tx.RollbackAsync(ct);
            db.ChangeTracker.Clear();
            if (await FirstAsync() is { } other) return other;
            throw;
        }
        await db.Conversations.Where(c => c.Id == conversationId)
            .ExecuteUpdateAsync(s => s.SetProperty(c => c.LatestSequence, sequence).SetProperty(c => c.LatestAt, now), ct);
        await db.ConversationMembers.Where(m => m.ConversationId == conversationId && m.PersonId == actor.PersonId)
            .ExecuteUpdateAsync(s => s.SetProperty(m => m.ReadSequence, sequence), ct);
        var record = await db.RecordAsync(row.Id, ct);
        // Who was written to for the first time has not known of the conversation.
        List<Guid> newcomers = sequence > 1 ? [] : await db.ConversationMembers.Where(m => m.ConversationId == conversationId && m.Conversation.Kind == ConversationKind.Direct && m.PersonId != m.Conversation.CreatedById)
            .OrderBy(m => m.PersonId).Select(m => m.PersonId).ToListAsync(ct);
        var news = await ChatService.JoinedEventsAsync(db, conversationId, newcomers, ct);
        await tx.CommitAsync(ct);
        posts.Add(1);
        live.Publish(new LiveEvent(Topic.Conversation(conversationId), version, "message-posted", record));
        live.Publish(news);
        return new Posted(record, true);

        async Task<Outcome<Posted>?> FirstAsync()
        {
            var before = await db.Messages.AsNoTracking().Where(m => m.SenderId == actor.PersonId && m.ClientMessageId == clientMessageId)
                .Select(m => new { m.Id, m.ConversationId, m.RunId, First = db.MessageVersions.Where(v => v.MessageId == m.Id && v.Version == 1).Select(v => v.Text).FirstOrDefault() ?? m.Text })
                .FirstOrDefaultAsync(ct);
            if (before is null) return null;
            // What was sent first counts, also after an edit or a deletion: a late repeat is still the same send.
            if (before.ConversationId != conversationId || before.First != text || before.RunId != runId) return Refusal.Conflict("message.used");
            return new Posted(await db.RecordAsync(before.Id, ct), false);
        }
    }

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
