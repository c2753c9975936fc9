using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Messages: reading, posting, editing, deleting.</summary>
public sealed class MessageService(IDbContextFactory<HubDb> hub, LiveBus live, MessageWriter writer, MessageChanges changes, MentionService mentions, CardService cards, TimeProvider clock)
{
    /// <summary>Most characters (UTF-16 units) of a message.</summary>
    public const int MostCharacters = 10_000;

    /// <summary>
    /// Messages after or before a sequence, or the newest when neither is given; always ascending, at most <paramref name="limit"/>
    /// (1–200). Replies are among them unless <paramref name="shown"/> asks for what the conversation itself shows.
    /// </summary>
    public async Task<Outcome<MessagesPage>> PageAsync(Actor actor, Guid conversationId, long? after = null, long? before = null, int limit = 50, bool shown = false, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await ReadAsync(db, actor, db.Messages.Where(m => m.ConversationId == conversationId && (!shown || m.ThreadId == null || m.AlsoToConversation)), conversationId, after, before, limit, ct);
    }

    /// <summary>What the conversation shows around a sequence: half of it before, and the one there or next after it among the rest.</summary>
    public async Task<Outcome<MessagesPage>> AroundAsync(Actor actor, Guid conversationId, long sequence, int limit = 50, CancellationToken ct = default)
    {
        var earlier = await PageAsync(actor, conversationId, before: sequence, limit: limit / 2, shown: true, ct: ct);
        if (!earlier.Ok) return earlier;
        var later = await PageAsync(actor, conversationId, after: sequence - 1, limit: limit - earlier.Value.Items.Count, shown: true, ct: ct);
        if (!later.Ok) return later;
        return new MessagesPage([.. earlier.Value.Items, .. later.Value.Items], earlier.Value.Earlier, later.Value.Later, earlier.Value.Version)
        {
            Mine = new OwnMarks(earlier.Value.Mine.Reactions.Concat(later.Value.Mine.Reactions).ToDictionary(), earlier.Value.Mine.Saved.Union(later.Value.Mine.Saved).ToHashSet()),
        };
    }

    /// <summary>Sequence of the first message of a conversation that was posted at <paramref name="time"/> (UTC) or later; null if there is none. Found by halving: sequences are in the order of time.</summary>
    public async Task<Outcome<long?>> SinceAsync(Actor actor, Guid conversationId, DateTime time, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Conversations.VisibleTo(viewer).Where(c => c.Id == conversationId).Select(c => new { c.LatestSequence, c.RemovedSequence }).FirstOrDefaultAsync(ct) is not { } place) return Refusal.NotFound;
        var latest = place.LatestSequence;
        var (first, after) = (place.RemovedSequence + 1, latest + 1);
        while (first < after)
        {
            var middle = first + ((after - first) / 2);
            if (await db.Messages.AnyAsync(m => m.ConversationId == conversationId && m.Sequence == middle && m.PostedAt >= time, ct)) after = middle;
            else first = middle + 1;
        }
        return first > latest ? (long?)null : first;
    }

    /// <summary>Replies of a thread, like <see cref="PageAsync"/>.</summary>
    public async Task<Outcome<MessagesPage>> ThreadAsync(Actor actor, Guid threadId, long? after = null, long? before = null, int limit = 50, CancellationToken ct = default)
    {
        if (after is not null && before is not null) return Refusal.Invalid("afterSequence", "chat.range");
        await using var db = await hub.CreateDbContextAsync(ct);
        // Whether the actor sees that conversation is asked with what is read there.
        return await db.Messages.Where(m => m.Id == threadId).Select(m => (Guid?)m.ConversationId).FirstOrDefaultAsync(ct) is { } conversation
            ? await ReadAsync(db, actor, db.Messages.Where(m => m.ThreadId == threadId), conversation, after, before, limit, ct) : Refusal.NotFound;
    }

    /// <summary>One message, and where it stands.</summary>
    public async Task<Outcome<MessageInPlace>> GetAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Messages.AsNoTracking().VisibleTo(db, viewer).Where(m => m.Id == id).Select(ChatViewing.Record(db)).FirstOrDefaultAsync(ct) is not { } found) return Refusal.NotFound;
        return new MessageInPlace(found, (await db.NamesAsync([found.ConversationId], viewer.PersonId, ct))[found.ConversationId])
        {
            Mine = await db.OwnMarksAsync(viewer.PersonId, [found], ct),
        };
    }

    /// <summary>
    /// Posts a message. A repeat with the same <see cref="NewMessage.ClientMessageId"/> gives the first result, for ever; the same id
    /// with other content or elsewhere is a conflict. It also moves the sender's read marker to the message, unless it was written earlier (<see cref="NewMessage.Later"/>):
    /// watchers learn that from <c>message-posted</c>.
    /// </summary>
    public async Task<Outcome<Posted>> PostAsync(Actor actor, Guid conversationId, NewMessage message, CancellationToken ct = default)
    {
        if (Check(message) is { } wrong) return wrong;
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var draft = new MessageDraft(viewer, conversationId, message, "");
        // A repeat of a plain message is found where it is stored, with all that are stored together.
        var plain = viewer.Known && message is { RunId: null, ThreadId: null };
        var earlier = plain ? null : await MessageWriter.EarlierAsync(db, draft, ct);
        if (!plain && !await VisibleAsync(viewer)) return Refusal.NotFound;
        if (earlier is null && message.ThreadId is { } thread && !await db.Messages.AnyAsync(m => m.Id == thread && m.ConversationId == conversationId && m.ThreadId == null, ct)) return Refusal.Invalid("threadId", "message.thread");
        if (earlier is null && message.RunId is not null && !await db.FixRuns.AnyAsync(r => r.Id == message.RunId && r.PersonId == actor.PersonId, ct)) return Refusal.Invalid("runId", "message.run");

        if (earlier is null)
        {
            var read = await mentions.ReadAsync(db, viewer, conversationId, message.Text, ct, message.Calls);
            var against = read.Refusal ?? (MentionService.Asks(read.Value.People, message.Confirmed) is { } asks && await db.IsMemberAsync(conversationId, actor.PersonId, ct) ? asks : null);
            // What was sent already is not refused by what is new since.
            if (against is not null && plain) earlier = await MessageWriter.EarlierAsync(db, draft, ct);
            if (against is not null && earlier is null) return against;
            if (earlier is null) draft = draft with { Html = read.Value.Html, Mentions = read.Value.Targets, Links = await cards.ReadAsync(db, viewer, message.Text, message.Host, ct) };
            else if (!await VisibleAsync(viewer)) return Refusal.NotFound;
        }

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

    /// <summary>
    /// Changes one's own message; what it said before is kept. <paramref name="version"/> is the one that the editor has seen, <paramref name="host"/> where they reach
    /// the hub (<see cref="NewMessage.Host"/>).
    /// </summary>
    public Task<Outcome<MessageRecord>> EditAsync(Actor actor, Guid id, string text, int version, string? host = null, CancellationToken ct = default) =>
        Check(text) is { } wrong ? Task.FromResult<Outcome<MessageRecord>>(wrong) : ChangeAsync(actor, id, version, text, host, ct);

    /// <summary>Deletes one's own message, or as a moderator of its channel a bot's: a tombstone stays in its place, what it said is kept for those who must know.</summary>
    public Task<Outcome<MessageRecord>> DeleteAsync(Actor actor, Guid id, int version, CancellationToken ct = default) =>
        ChangeAsync(actor, id, version, null, null, ct);

    private Task<Outcome<MessageRecord>> ChangeAsync(Actor actor, Guid id, int version, string? text, string? host, CancellationToken ct) => changes.ApplyAsync(actor, id, async (db, row) =>
    {
        if (row.HiddenReason is not null) return Refusal.Conflict("message.hidden");
        if ((text is null && row.DeletedAt is not null) || (row.Version == version && text == row.Text && row.DeletedAt is null)) return (MessageChange?)null;
        if (row.Version != version || row.DeletedAt is not null) return Refusal.Stale(await db.RecordAsync(id, ct));

        var now = clock.Now();
        db.MessageVersions.Add(new MessageVersion { MessageId = id, Version = row.Version, Text = row.Text, ReplacedAt = now, ReplacedById = actor.PersonId });
        row.Version++;
        if (text is null)
        {
            await MessageFiles.RemoveAsync(db, id, now, ct);
            (row.Text, row.Html, row.Links, row.DeletedAt, row.DeletedById) = ("", "", null, now, actor.PersonId);
            db.Audit(clock, actor, "message.delete", "message", id);
            return new MessageChange("message-deleted") { Also = await ReportService.ChangedAsync(db, row, ct) };
        }
        // An edit shows mentions, and wakes nobody.
        var viewer = await db.EnterAsync(actor, ct);
        var read = await mentions.ReadAsync(db, viewer, row.ConversationId, text, ct);
        if (read.Refusal is { } much) return much;
        (row.Text, row.Html, row.Links, row.EditedAt) = (text, read.Value.Html, MessageLinks.Write(await cards.ReadAsync(db, viewer, text, host, ct)), now);
        return new MessageChange("message-edited") { Also = await ReportService.ChangedAsync(db, row, ct) };
    }, ct, ownOnly: true, bots: text is null);

    private static async Task<Outcome<MessagesPage>> ReadAsync(HubDb db, Actor actor, IQueryable<Message> of, Guid conversationId, long? after, long? before, int limit, CancellationToken ct)
    {
        if (after is not null && before is not null) return Refusal.Invalid("afterSequence", "chat.range");
        var viewer = await db.EnterAsync(actor, ct);
        limit = Math.Clamp(limit, 1, 200);
        // The version is read before the messages: an event in between is then applied twice, which changes nothing, and never missed.
        var place = await db.Conversations.AsNoTracking().VisibleTo(viewer).Where(c => c.Id == conversationId).Select(c => new { c.Version, c.RemovedSequence }).FirstOrDefaultAsync(ct);
        if (place is null) return Refusal.NotFound;
        // Begins where the retention rule has come to, or later. One bound: of two SQLite may read from the lower one, which is all that came before.
        var from = Math.Max(after ?? 0, place.RemovedSequence);
        var all = of.AsNoTracking().Where(m => m.Sequence > from);
        var some = after is not null ? all.OrderBy(m => m.Sequence)
            : before is { } b ? all.Where(m => m.Sequence < b).OrderByDescending(m => m.Sequence)
            : all.OrderByDescending(m => m.Sequence);
        // One more than asked for tells whether there are more that way.
        var items = await some.Take(limit + 1).Select(ChatViewing.Record(db)).ToListAsync(ct);
        var more = items.Count > limit;
        if (more) items.RemoveAt(limit);
        if (after is null) items.Reverse();
        var mine = await db.OwnMarksAsync(viewer.PersonId, items, ct);
        return new MessagesPage(items, after is null ? more : items.Count > 0 && items[0].Sequence > place.RemovedSequence + 1, after is null ? before is not null : more, place.Version) { Mine = mine };
    }

    /// <summary>What is wrong with the message itself, wherever it is to be posted; null if nothing is.</summary>
    internal static Refusal? Check(NewMessage message) =>
        message.ClientMessageId == Guid.Empty ? Refusal.Invalid("clientMessageId", "message.id")
        : (message is { Text: "", FileIds.Count: > 0 } ? null : Check(message.Text)) ?? MessageFiles.Check(message);

    private static Refusal? Check(string text) =>
        text.Length == 0 ? Refusal.Invalid("text", "message.empty")
        : text.Length > MostCharacters ? Refusal.Invalid("text", "message.tooLong", MostCharacters)
        : text.Contains('\0', StringComparison.Ordinal) ? Refusal.Invalid("text", "text.nul")
        : null;
}
