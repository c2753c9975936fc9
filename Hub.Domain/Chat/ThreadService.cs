using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Threads: who follows them and how far each has read. Whose message it is follows its thread, and so does whoever replies. Replies are posted and read by <see cref="MessageService"/>.</summary>
public sealed class ThreadService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>Threads that one follows, the latest reply first; <paramref name="unread"/>: only those with something new. <paramref name="after"/> is a page's cursor; at most <paramref name="limit"/> (1–200).</summary>
    public async Task<Outcome<Page<ThreadCard>>> ListAsync(Actor actor, bool unread = false, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        limit = Math.Clamp(limit, 1, 200);
        var me = viewer.PersonId;
        var mine = db.ThreadFollows.Where(f => f.PersonId == me && f.EndedAt == null && db.Conversations.VisibleTo(viewer).Any(c => c.Id == f.Thread.ConversationId));
        if (unread) mine = mine.Where(f => db.Messages.Standing().Any(m => m.ThreadId == f.ThreadId && m.Sequence > f.ReadSequence && m.SenderId != me));
        if (after is not null)
        {
            if (!ChannelDirectory.TryCursor(after, out DateTime at, out var last)) return Refusal.Invalid("after", "chat.cursor");
            mine = mine.Where(f => f.Thread.LastReplyAt < at || (f.Thread.LastReplyAt == at && f.ThreadId.CompareTo(last) < 0));
        }
        var found = await mine.Where(f => f.Thread.Replies > 0).OrderByDescending(f => f.Thread.LastReplyAt).ThenByDescending(f => f.ThreadId).Take(limit + 1)
            .Select(f => new
            {
                f.ThreadId, f.ReadSequence, f.Thread.ConversationId, f.Thread.LastReplyAt,
                Unread = db.Messages.Standing().Count(m => m.ThreadId == f.ThreadId && m.Sequence > f.ReadSequence && m.SenderId != me),
            }).ToListAsync(ct);
        var some = found.Take(limit).ToList();
        var (roots, places) = (some.ConvertAll(f => f.ThreadId), some.Select(f => f.ConversationId).Distinct().ToList());
        var messages = (await db.Messages.AsNoTracking().Where(m => roots.Contains(m.Id)).Select(ChatViewing.Record(db)).ToListAsync(ct)).ToDictionary(m => m.Id);
        var latest = (await db.Messages.AsNoTracking().Standing().Where(m => m.ThreadId != null && roots.Contains(m.ThreadId.Value) && m.Sequence == db.Messages.Where(o => o.ThreadId == m.ThreadId).Max(o => o.Sequence))
            .Select(ChatViewing.Record(db)).ToListAsync(ct)).ToDictionary(m => m.ThreadId!.Value);
        var names = await db.NamesAsync(places, me, ct);
        // One whose replies were removed in this moment is none any more.
        return new Page<ThreadCard>([.. some.Where(f => latest.ContainsKey(f.ThreadId)).Select(f => new ThreadCard(messages[f.ThreadId], names[f.ConversationId], f.Unread, f.ReadSequence, latest[f.ThreadId]))], found.Count > limit ? $"{found[limit - 1].LastReplyAt!.Value.Ticks}_{found[limit - 1].ThreadId}" : null);
    }

    /// <summary>True if one follows the thread; not found for a thread that one does not see.</summary>
    public async Task<Outcome<bool>> FollowsAsync(Actor actor, Guid threadId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await ThreadsVisibleTo(db, viewer).AnyAsync(m => m.Id == threadId, ct)) return Refusal.NotFound;
        return await db.ThreadFollows.AnyAsync(f => f.ThreadId == threadId && f.PersonId == viewer.PersonId && f.EndedAt == null, ct);
    }

    /// <summary>Follows a thread without replying, or no longer follows it; doing it again changes nothing. Only for those in the conversation.</summary>
    public async Task<Outcome<bool>> FollowAsync(Actor actor, Guid threadId, bool follow, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var at = await ThreadsVisibleTo(db, viewer).Where(m => m.Id == threadId).Select(m => new { m.ConversationId, Latest = m.Conversation.LatestSequence }).FirstOrDefaultAsync(ct);
        if (at is null) return Refusal.NotFound;
        if (follow && !await db.IsMemberAsync(at.ConversationId, actor.PersonId, ct)) return new Refusal(RefusalKind.Forbidden, "chat.join");
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // The person's own row is what two of their devices wait for.
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        var row = await db.ThreadFollows.FirstOrDefaultAsync(f => f.ThreadId == threadId && f.PersonId == actor.PersonId, ct);
        if (follow == row is { EndedAt: null }) return follow;
        if (row is null) db.ThreadFollows.Add(row = new ThreadFollow { ThreadId = threadId, PersonId = actor.PersonId });
        if (follow) (row.FollowedAt, row.EndedAt, row.ReadSequence) = (clock.Now(), null, at.Latest);
        else row.EndedAt = clock.Now();
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Me(actor.PersonId), version, "thread-followed", new ThreadFollowed(threadId, follow)));
        return follow;
    }

    /// <summary>Moves one's read marker in a followed thread forward; it never moves back. For who does not follow it nothing happens.</summary>
    public async Task<Outcome<ThreadRead>> ReadAsync(Actor actor, Guid threadId, long sequence, CancellationToken ct = default)
    {
        if (sequence < 0) return Refusal.Invalid("sequence", "chat.sequence");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var latest = await ThreadsVisibleTo(db, viewer).Where(m => m.Id == threadId).Select(m => (long?)m.Conversation.LatestSequence).FirstOrDefaultAsync(ct);
        if (latest is null) return Refusal.NotFound;
        var to = Math.Min(sequence, latest.Value);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        if (await db.ThreadFollows.Where(f => f.ThreadId == threadId && f.PersonId == actor.PersonId && f.ReadSequence < to)
            .ExecuteUpdateAsync(s => s.SetProperty(f => f.ReadSequence, to), ct) == 0) return new ThreadRead(threadId, to);
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        await tx.CommitAsync(ct);
        var read = new ThreadRead(threadId, to);
        live.Publish(new LiveEvent(Topic.Me(actor.PersonId), version, "thread-read", read));
        return read;
    }

    /// <summary>
    /// Counts new replies on the messages they hang from, and has their writers and those messages' authors follow. The conversations are
    /// locked; gives the messages as they then stand, in the order of their ids.
    /// </summary>
    internal static async Task<IReadOnlyList<MessageRecord>> GrowAsync(HubDb db, IReadOnlyList<(Message Reply, bool Later)> posted, DateTime now)
    {
        if (posted.Count == 0) return [];
        var replies = posted.Select(p => p.Reply).ToList();
        var grown = replies.GroupBy(r => r.ThreadId!.Value).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var (id, some) in grown.OrderBy(g => g.Key))
            await db.Messages.Where(m => m.Id == id).ExecuteUpdateAsync(s => s
                .SetProperty(m => m.Replies, m => m.Replies + some.Count).SetProperty(m => m.LastReplyAt, now).SetProperty(m => m.Revision, m => m.Revision + 1).SetProperty(m => m.Indexed, m => m.Indexed + 1));
        await MessageIndex.AddAsync(db, grown.Select(g => new MessageTerm { Term = MessageIndex.Thread, MessageId = g.Key, ConversationId = g.Value[0].ConversationId }));
        var ids = grown.Keys.ToList();
        var authors = await db.Messages.Where(m => ids.Contains(m.Id)).Select(m => new { m.Id, m.SenderId, m.Sequence, m.Help }).ToDictionaryAsync(m => m.Id);
        var helped = authors.Values.Where(a => a.Help == HelpState.Open && grown[a.Id].Any(r => r.SenderId != a.SenderId)).Select(a => a.Id).ToList();
        if (helped.Count > 0) await db.Messages.Where(m => helped.Contains(m.Id)).ExecuteUpdateAsync(s => s.SetProperty(m => m.Help, HelpState.Helped));
        var followers = (await db.ThreadFollows.Where(f => ids.Contains(f.ThreadId)).ToListAsync()).ToDictionary(f => (f.ThreadId, f.PersonId));
        foreach (var author in authors.Values.Where(a => !followers.ContainsKey((a.Id, a.SenderId)))) Follow(author.Id, author.SenderId, author.Sequence);
        foreach (var (reply, later) in posted)
        {
            var (thread, person) = (reply.ThreadId!.Value, reply.SenderId);
            if (!followers.TryGetValue((thread, person), out var follower)) follower = Follow(thread, person, reply.Sequence);
            // Whoever replies has read up to there, unless they wrote it earlier, and follows again if they had stopped.
            if (!later) follower.ReadSequence = reply.Sequence;
            follower.EndedAt = null;
        }
        await db.SaveChangesAsync();
        return await db.Messages.AsNoTracking().Where(m => ids.Contains(m.Id)).OrderBy(m => m.Id).Select(ChatViewing.Record(db)).ToListAsync();

        ThreadFollow Follow(Guid thread, Guid person, long read) =>
            followers[(thread, person)] = db.ThreadFollows.Add(new ThreadFollow { ThreadId = thread, PersonId = person, FollowedAt = now, ReadSequence = read }).Entity;
    }

    private static IQueryable<Message> ThreadsVisibleTo(HubDb db, Viewer viewer) => db.Messages.VisibleTo(db, viewer).Where(m => m.ThreadId == null);
}
