using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Questions in a help channel: which are open, and what resolved them.</summary>
public sealed class HelpService(IDbContextFactory<HubDb> hub, MessageChanges changes, TimeProvider clock)
{
    /// <summary>
    /// Says that a question is resolved, and which reply answered it, or another one than before: its author, whoever has written in its thread, and
    /// those who run the channel.
    /// </summary>
    public Task<Outcome<MessageRecord>> ResolveAsync(Actor actor, Guid id, Guid? answerId = null, CancellationToken ct = default) =>
        ChangeAsync(actor, id, async (db, row) =>
        {
            if (answerId is { } answer && !await db.Messages.AnyAsync(m => m.Id == answer && m.ThreadId == id && m.DeletedAt == null, ct)) return Refusal.Invalid("answerId", "help.answer");
            if (row.Help == HelpState.Resolved && row.AnswerId == answerId) return false;
            (row.Help, row.AnswerId, row.ResolvedAt, row.ResolvedById) = (HelpState.Resolved, answerId, clock.Now(), actor.PersonId);
            return true;
        }, ct);

    /// <summary>Opens a resolved question again; for the same people.</summary>
    public Task<Outcome<MessageRecord>> ReopenAsync(Actor actor, Guid id, CancellationToken ct = default) =>
        ChangeAsync(actor, id, async (db, row) =>
        {
            if (row.Help != HelpState.Resolved) return false;
            var helped = await db.Messages.AnyAsync(m => m.ThreadId == id && m.SenderId != row.SenderId, ct);
            (row.Help, row.AnswerId, row.ResolvedAt, row.ResolvedById) = (helped ? HelpState.Helped : HelpState.Open, null, null, null);
            return true;
        }, ct);

    /// <summary>Questions of a help channel that are not resolved, the oldest first; those in <paramref name="state"/> alone when it is given. <paramref name="after"/> is a page's cursor, <paramref name="limit"/> 1–200.</summary>
    public async Task<Outcome<Page<MessageRecord>>> ListAsync(Actor actor, Guid conversationId, HelpState? state = null, long after = 0, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == conversationId, ct)) return Refusal.NotFound;
        limit = Math.Clamp(limit, 1, 200);
        var found = db.Messages.AsNoTracking().Where(m => m.ConversationId == conversationId && m.Sequence > after && m.DeletedAt == null);
        found = state is { } one ? found.Where(m => m.Help == one) : found.Where(m => m.Help == HelpState.Open || m.Help == HelpState.Helped);
        var some = await found.OrderBy(m => m.Sequence).Take(limit + 1).Select(ChatViewing.Record(db)).ToListAsync(ct);
        if (some.Count <= limit) return new Page<MessageRecord>(some, null);
        some.RemoveAt(limit);
        return new Page<MessageRecord>(some, some[^1].Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private Task<Outcome<MessageRecord>> ChangeAsync(Actor actor, Guid id, Func<HubDb, Message, Task<Outcome<bool>>> change, CancellationToken ct) =>
        changes.ApplyAsync(actor, id, async (db, row) =>
        {
            if (row.Help is null || row.DeletedAt is not null) return Refusal.Invalid("id", "help.question");
            var involved = row.SenderId == actor.PersonId || await db.Messages.AnyAsync(m => m.ThreadId == id && m.SenderId == actor.PersonId, ct)
                || await db.BelowAsync(row.ConversationId, actor.PersonId, ConversationRole.Moderator, ct) is null;
            if (!involved) return new Refusal(RefusalKind.Forbidden, "help.involved");
            var done = await change(db, row);
            if (done.Refusal is { } refusal) return refusal;
            return done.Value ? new MessageChange("help-changed") : (MessageChange?)null;
        }, ct);
}
