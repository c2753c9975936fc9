using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Messages that one writes now and has posted later (<see cref="LaterWork"/>): one's own alone. What is asked of a message when it is scheduled is asked again when it is
/// posted; what is refused then is kept.
/// </summary>
public sealed class LaterService(IDbContextFactory<HubDb> hub, LiveBus live, MentionService mentions, LaterWork work, TimeProvider clock)
{
    /// <summary>Messages of one person that wait at most.</summary>
    public const int Most = 100;

    /// <summary>How far ahead a message is scheduled at least and at most.</summary>
    public static readonly TimeSpan Soonest = TimeSpan.FromMinutes(1), Latest = TimeSpan.FromDays(120);

    // Whoever sends one now does it at once; if that node dies, another one does after this.
    private static readonly TimeSpan Otherwise = TimeSpan.FromSeconds(30);

    /// <summary>One's own, in the order of their times: all of them, there are at most <see cref="Most"/>; of one conversation if that is given.</summary>
    public async Task<Outcome<IReadOnlyList<LaterRecord>>> ListAsync(Actor actor, Guid? conversationId = null, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await RecordsAsync(db, viewer, Mine(db, viewer).Where(l => conversationId == null || l.ConversationId == conversationId), ct);
    }

    public async Task<Outcome<LaterRecord>> GetAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await RecordsAsync(db, viewer, Mine(db, viewer).Where(l => l.Id == id), ct) is [var found] ? found : Refusal.NotFound;
    }

    /// <summary>Schedules a message. A repeat with the same id gives what stands; the same id with other content, elsewhere or for another time is a conflict.</summary>
    public async Task<Outcome<Scheduled>> ScheduleAsync(Actor actor, Guid conversationId, NewLater message, CancellationToken ct = default)
    {
        var asked = new NewMessage(message.ClientMessageId, message.Text)
            { FileIds = message.FileIds, ThreadId = message.ThreadId, AlsoToConversation = message is { ThreadId: not null, AlsoToConversation: true }, Confirmed = message.Confirmed };
        if (MessageService.Check(asked) is { } wrong) return wrong;
        var at = message.At.ToMilliseconds();
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Cards(db.Conversations.AsNoTracking().VisibleTo(viewer).Where(c => c.Id == conversationId), viewer.PersonId).FirstOrDefaultAsync(ct) is not { } card) return Refusal.NotFound;
        if (asked.ThreadId is { } thread && !await db.Messages.AnyAsync(m => m.Id == thread && m.ConversationId == conversationId && m.ThreadId == null, ct)) return Refusal.Invalid("threadId", "message.thread");

        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // A repeat, also from another device, waits for this row.
        var version = await db.AdvanceAsync<Person>(viewer.PersonId, ct);
        var mine = Mine(db, viewer);
        if (await RecordsAsync(db, viewer, mine.Where(l => l.Id == asked.ClientMessageId), ct) is [var there])
            return there.ConversationId == conversationId && there.Text == asked.Text && there.At == at && there.ThreadId == asked.ThreadId && there.AlsoToConversation == asked.AlsoToConversation
                && there.Files.Select(f => f.Id).SequenceEqual(asked.FileIds) ? new Scheduled(there, false) : Refusal.Conflict("message.used");
        if (await PostedAsync(db, viewer, asked.ClientMessageId, ct)) return Refusal.Conflict("later.sent");
        if (Against(at) is { } untimely) return untimely;
        if (card.Role is not { } role) return new Refusal(RefusalKind.Forbidden, "chat.join");
        if (PostingRule.Against(card.ArchivedAt, card.Announcements, role, card.Poster, asked is { ThreadId: not null, AlsoToConversation: false }) is { } against) return against;
        if (await WakesAsync(db, viewer, conversationId, asked.Text, asked.Confirmed, ct) is { } much) return much;
        if (await mine.CountAsync(ct) >= Most) return new Refusal(RefusalKind.Conflict, "later.most", Most);
        var row = new LaterMessage
        {
            PersonId = viewer.PersonId, Id = asked.ClientMessageId, ConversationId = conversationId, ThreadId = asked.ThreadId, AlsoToConversation = asked.AlsoToConversation,
            Text = asked.Text, Confirmed = asked.Confirmed, At = at, CreatedAt = clock.Now(), Version = 1,
        };
        foreach (var (position, file) in asked.FileIds.Index())
            if (await db.StoredFiles.Waiting(viewer).Where(f => f.Id == file && f.ConversationId == conversationId && f.State != FileState.Uploading && f.LaterId == null)
                .ExecuteUpdateAsync(s => s.SetProperty(f => f.LaterId, row.Id).SetProperty(f => f.Position, position), ct) == 0) return Refusal.Invalid("fileIds", "message.files");
        db.LaterMessages.Add(row);
        await work.DueAsync(db, row, at, ct);
        await db.SaveChangesAsync(ct);
        var made = (await RecordsAsync(db, viewer, mine.Where(l => l.Id == row.Id), ct))[0];
        await tx.CommitAsync(ct);
        Publish(viewer, version, row.Id);
        return new Scheduled(made, true);
    }

    /// <summary>Changes text or time. One that was refused waits again once it has another time.</summary>
    public async Task<Outcome<LaterRecord>> ChangeAsync(Actor actor, Guid id, LaterChange change, CancellationToken ct = default)
    {
        var done = await ForOneAsync(actor, id, change.Version, async (db, viewer, row) =>
        {
            if (change.Text is { } text && text != row.Text)
            {
                var files = await db.StoredFiles.Waiting(viewer).Where(f => f.LaterId == id).Select(f => f.Id).ToListAsync(ct);
                if (MessageService.Check(new NewMessage(id, text) { FileIds = files }) is { } wrong) return wrong;
                var confirmed = Math.Max(row.Confirmed, change.Confirmed);
                if (await WakesAsync(db, viewer, row.ConversationId, text, confirmed, ct) is { } much) return much;
                (row.Text, row.Confirmed) = (text, confirmed);
            }
            if (change.At?.ToMilliseconds() is { } at && (at != row.At || row.RefusedAt is not null))
            {
                if (Against(at) is { } untimely) return untimely;
                await WaitAsync(db, row, at, at, ct);
            }
            row.Version++;
            return null;
        }, ct);
        return done.Refusal is { } refusal ? refusal : done.Value!;
    }

    /// <summary>Posts it at once. What is refused stays, with the reason. <paramref name="confirmed"/>: how many people the writer knows that it wakes.</summary>
    public async Task<Outcome<Posted>> SendNowAsync(Actor actor, Guid id, int version, int confirmed = 0, CancellationToken ct = default)
    {
        var begun = await ForOneAsync(actor, id, version, async (db, _, row) =>
        {
            var now = clock.Now();
            row.Confirmed = Math.Max(row.Confirmed, confirmed);
            await WaitAsync(db, row, now, now + Otherwise, ct);
            row.Version++;
            return null;
        }, ct);
        return begun.Refusal is { } refusal ? refusal : await work.PostAsync(actor.PersonId, id, tell: false, ct);
    }

    /// <summary>Discards it, and its files.</summary>
    public async Task<Outcome<bool>> DiscardAsync(Actor actor, Guid id, int version, CancellationToken ct = default)
    {
        var done = await ForOneAsync(actor, id, version, async (db, viewer, row) =>
        {
            var now = clock.Now();
            await db.StoredFiles.Waiting(viewer).Where(f => f.LaterId == id).ExecuteUpdateAsync(s => s.SetProperty(f => f.RemovedAt, now), ct);
            await LaterWork.ForgetAsync(db, row, ct);
            db.LaterMessages.Remove(row);
            return null;
        }, ct);
        return done.Refusal is { } refusal ? refusal : true;
    }

    // One of one's own, while one's own row is locked: null once it is gone.
    private async Task<Outcome<LaterRecord?>> ForOneAsync(Actor actor, Guid id, int version, Func<HubDb, Viewer, LaterMessage, Task<Refusal?>> change, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var one = Mine(db, viewer).Where(l => l.Id == id);
        if (!await one.AnyAsync(ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var advanced = await db.AdvanceAsync<Person>(viewer.PersonId, ct);
        if (await one.FirstOrDefaultAsync(ct) is not { } row) return Refusal.NotFound;
        // A node posts it in this moment, or died after it did: another one ends it.
        if (row.SendingAt > clock.Now() - LaterWork.Patience || await PostedAsync(db, viewer, id, ct)) return Refusal.Conflict("later.sending");
        if (row.Version != version) return Refusal.Stale((await RecordsAsync(db, viewer, one, ct))[0]);
        if (await change(db, viewer, row) is { } refusal) return refusal;
        await db.SaveChangesAsync(ct);
        var now = (await RecordsAsync(db, viewer, one, ct)).FirstOrDefault();
        await tx.CommitAsync(ct);
        Publish(viewer, advanced, id);
        return now;
    }

    private Task WaitAsync(HubDb db, LaterMessage row, DateTime at, DateTime due, CancellationToken ct)
    {
        (row.At, row.RefusedAt, row.Reason, row.Wakes, row.SendingAt) = (at, null, null, 0, null);
        return work.DueAsync(db, row, due, ct);
    }

    private async Task<Refusal?> WakesAsync(HubDb db, Viewer viewer, Guid conversationId, string text, int confirmed, CancellationToken ct)
    {
        var read = await mentions.ReadAsync(db, viewer, conversationId, text, ct);
        return read.Refusal ?? MentionService.Asks(read.Value.People, confirmed);
    }

    private Refusal? Against(DateTime at) =>
        at < clock.Now() + Soonest ? Refusal.Invalid("at", "later.soon") : at > clock.Now() + Latest ? Refusal.Invalid("at", "later.far", Latest.Days) : null;

    private void Publish(Viewer viewer, long version, Guid id) => live.Publish(new LiveEvent(Topic.Me(viewer.PersonId), version, "later-changed", new LaterChanged(id)));

    private static Task<bool> PostedAsync(HubDb db, Viewer viewer, Guid id, CancellationToken ct) => db.Messages.AnyAsync(m => m.SenderId == viewer.PersonId && m.ClientMessageId == id, ct);

    private static IQueryable<LaterMessage> Mine(HubDb db, Viewer viewer) => db.LaterMessages.Where(l => viewer.Known && l.PersonId == viewer.PersonId);

    private static async Task<List<LaterRecord>> RecordsAsync(HubDb db, Viewer viewer, IQueryable<LaterMessage> some, CancellationToken ct)
    {
        var rows = await some.AsNoTracking().OrderBy(l => l.At).ThenBy(l => l.Id).ToListAsync(ct);
        if (rows.Count == 0) return [];
        var ids = rows.ConvertAll(l => (Guid?)l.Id);
        var files = (await db.StoredFiles.AsNoTracking().Waiting(viewer).Where(f => ids.Contains(f.LaterId)).OrderBy(f => f.Position).ToListAsync(ct)).ToLookup(f => f.LaterId, FileCard.Of);
        var places = rows.Select(l => l.ConversationId).Distinct().ToList();
        var seen = await db.Conversations.VisibleTo(viewer).Where(c => places.Contains(c.Id)).Select(c => c.Id).ToListAsync(ct);
        var names = await db.NamesAsync(seen, viewer.PersonId, ct);
        return rows.ConvertAll(l => new LaterRecord(l.Id, l.ConversationId, names.GetValueOrDefault(l.ConversationId, ""), l.ThreadId, l.AlsoToConversation, l.Text, [.. files[l.Id]], l.At, l.Version, l.RefusedAt, l.Reason, l.Wakes));
    }
}
