using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Chat;

/// <summary>
/// Removes what is older than the rules of each body allow, every hour, and again in a minute while there is more: of each conversation the next stretch in a transaction, the longest
/// overdue first. A removed message's row stays, empty: sequences are gapless and its send is known for ever. What a held one said goes to where nobody reads it
/// (<see cref="HeldMessage"/>), and is deleted once nothing holds it. Doing it twice changes nothing.
/// </summary>
internal sealed class RetentionWork(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock, ILogger<RetentionWork> log) : IDueWork
{
    private const int Places = 1000;

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(25), MostForReleases = TimeSpan.FromSeconds(5), Soon = TimeSpan.FromMinutes(1);

    // Of the run that ends now: a kind has one row, and one run at a time.
    private bool more;

    public string Kind => "chat.retention";

    public TimeSpan? Every => TimeSpan.FromHours(1);

    /// <summary>Messages of a transaction at most.</summary>
    internal int AtOnce { get; init; } = 1000;

    public async Task SendAsync(DueItem item, CancellationToken ct)
    {
        var (began, removed) = (clock.GetTimestamp(), 0);
        more = false;
        while (await ReleaseAsync(ct) && !more) more = clock.GetElapsedTime(began) > MostForReleases;
        var due = await DueAsync(ct);
        more |= due.Count >= Places;
        foreach (var (id, rule) in due)
        {
            if (clock.GetElapsedTime(began) > Most)
            {
                more = true;
                break;
            }
            var some = await RemoveAsync(id, rule, ct);
            removed += some;
            more |= some == AtOnce;
        }
        if (removed > 0) log.LogInformation("{Count} messages were removed", removed);
    }

    public async Task StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var soon = clock.Now() + Soon;
        if (more) await db.DueWork.Where(w => w.Id == item.Id).ExecuteUpdateAsync(s => s.SetProperty(w => w.DueAt, soon).SetProperty(w => w.WantedAt, soon), ct);
    }

    // Conversations whose next message is old enough, those first that have waited longest for it: whoever has had a turn comes after the others.
    private async Task<List<(Guid Id, RetentionRule Rule)>> DueAsync(CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var due = new List<(Guid Id, RetentionRule Rule, DateTime Since)>();
        foreach (var rule in await Rules(db).AsNoTracking().ToListAsync(ct))
        {
            var before = Before(rule);
            var some = await db.Conversations.Where(c => c.OrganisationId == rule.OrganisationId).Of(rule.Kind)
                .Join(db.Messages, c => new { c.Id, Next = c.RemovedSequence + 1 }, m => new { Id = m.ConversationId, Next = m.Sequence }, (c, m) => new { c.Id, m.PostedAt })
                .Where(n => n.PostedAt < before).OrderBy(n => n.PostedAt).Take(Places).ToListAsync(ct);
            due.AddRange(some.Select(n => (n.Id, rule, n.PostedAt.AddDays(rule.Days!.Value))));
        }
        return [.. due.OrderBy(d => d.Since).Take(Places).Select(d => (d.Id, d.Rule))];
    }

    /// <summary>How many messages were removed.</summary>
    private async Task<int> RemoveAsync(Guid id, RetentionRule rule, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.LockKeepingAsync(ct);
        // A rule that was changed meanwhile is for the next time.
        if (!await Rules(db).AnyAsync(r => r.OrganisationId == rule.OrganisationId && r.Kind == rule.Kind && r.Version == rule.Version, ct)) return 0;
        var version = await db.AdvanceAsync<Conversation>(id, ct);
        if (await db.Conversations.Where(c => c.Id == id).Of(rule.Kind).FirstOrDefaultAsync(ct) is not { } conversation) return 0;
        var (now, before, from) = (clock.Now(), Before(rule), conversation.RemovedSequence);
        // Up to the first that is too young: with nodes whose clocks differ, times may go back by a little from one message to the next.
        var rows = (await db.Messages.AsNoTracking().Where(m => m.ConversationId == id && m.Sequence > from && m.Sequence <= from + AtOnce).OrderBy(m => m.Sequence).ToListAsync(ct)).TakeWhile(m => m.PostedAt < before).ToList();
        if (rows.Count == 0) return 0;
        var (ids, last) = (rows.ConvertAll(m => m.Id), rows[^1]);
        var held = await db.Messages.Where(m => ids.Contains(m.Id)).Held(db).Select(m => m.Id).ToHashSetAsync(ct);
        db.HeldMessages.AddRange(rows.Where(m => held.Contains(m.Id)).Select(m => new HeldMessage
        {
            MessageId = m.Id, ConversationId = id, SenderId = m.SenderId, Text = m.Text, EditedAt = m.EditedAt, DeletedAt = m.DeletedAt, DeletedById = m.DeletedById,
        }));
        await MessageIndex.RemoveAsync(db, rows, ct);
        await EmptyAsync(db, ids, now, ct);
        await ForgetAsync(db, [.. ids.Where(m => !held.Contains(m))], now, ct);
        (conversation.RemovedSequence, conversation.RemovedThreadMessages, conversation.RemovedDays) = (last.Sequence, last.ThreadMessages, rule.Days);
        await db.SaveChangesAsync(ct);
        // A thread of which nothing is left is none.
        var threads = rows.Select(m => m.ThreadId).OfType<Guid>().Distinct().ToList();
        await db.Messages.Where(m => threads.Contains(m.Id)).ExecuteUpdateAsync(s => s
            .SetProperty(m => m.Replies, m => db.Messages.Count(r => r.ThreadId == m.Id && r.Sequence > last.Sequence)).SetProperty(m => m.Revision, m => m.Revision + 1).SetProperty(m => m.Indexed, m => m.Revision + 1), ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Conversation(id), version, "messages-removed", new MessagesRemoved(rule.Days!.Value, last.Sequence, last.ThreadMessages)));
        return rows.Count;
    }

    /// <summary>Deletes what an ended hold, or a report that was decided, alone has kept; false if there was nothing to do.</summary>
    private async Task<bool> ReleaseAsync(CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.LockKeepingAsync(ct);
        var now = clock.Now();
        var held = db.Messages.Held(db);
        var free = db.HeldMessages.Where(h => !held.Any(m => m.Id == h.MessageId));
        var ended = await db.LegalHolds.Where(h => h.EndedAt != null && h.ClearedAt == null).OrderBy(h => h.EndedAt).FirstOrDefaultAsync(ct);
        free = ended is null ? free.Where(h => db.MessageReports.Any(r => r.MessageId == h.MessageId && r.State != ReportState.Open))
            : ended.ConversationId is { } place ? free.Where(h => h.ConversationId == place) : free.Where(h => h.SenderId == ended.PersonId);
        var ids = await free.Select(h => h.MessageId).OrderBy(id => id).Take(AtOnce).ToListAsync(ct);
        if (ended is null && ids.Count == 0) return false;
        await ForgetAsync(db, ids, now, ct);
        await db.HeldMessages.Where(h => ids.Contains(h.MessageId)).ExecuteDeleteAsync(ct);
        if (ended is not null && ids.Count < AtOnce) ended.ClearedAt = now;
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        return true;
    }

    // Who sent it, when and where it stood stays; all that it said goes.
    private static async Task EmptyAsync(HubDb db, List<Guid> ids, DateTime now, CancellationToken ct)
    {
        await db.Messages.Where(m => ids.Contains(m.Id)).ExecuteUpdateAsync(s => s
            .SetProperty(m => m.Text, "").SetProperty(m => m.Html, "").SetProperty(m => m.Links, (string?)null).SetProperty(m => m.Files, (string?)null).SetProperty(m => m.Reactions, "")
            .SetProperty(m => m.RunId, (Guid?)null).SetProperty(m => m.HiddenReason, (string?)null).SetProperty(m => m.EditedAt, (DateTime?)null)
            .SetProperty(m => m.PinnedAt, (DateTime?)null).SetProperty(m => m.PinnedById, (Guid?)null)
            .SetProperty(m => m.Help, (HelpState?)null).SetProperty(m => m.ResolvedAt, (DateTime?)null).SetProperty(m => m.ResolvedById, (Guid?)null).SetProperty(m => m.AnswerId, (Guid?)null)
            .SetProperty(m => m.DeletedAt, m => m.DeletedAt ?? now).SetProperty(m => m.Version, m => m.Version + 1)
            .SetProperty(m => m.Revision, m => m.Revision + 1).SetProperty(m => m.Indexed, m => m.Revision + 1), ct);
        await db.MessageMentions.Where(m => ids.Contains(m.MessageId)).ExecuteDeleteAsync(ct);
        await db.SavedMessages.Where(s => ids.Contains(s.MessageId)).ExecuteDeleteAsync(ct);
    }

    // What of them stands beside their rows.
    private static async Task ForgetAsync(HubDb db, List<Guid> ids, DateTime now, CancellationToken ct)
    {
        if (ids.Count == 0) return;
        await db.MessageVersions.Where(v => ids.Contains(v.MessageId)).ExecuteDeleteAsync(ct);
        await db.HiddenMessages.Where(h => ids.Contains(h.MessageId)).ExecuteDeleteAsync(ct);
        await db.MessageReports.Where(r => ids.Contains(r.MessageId)).ExecuteDeleteAsync(ct);
        await db.Reactions.Where(r => ids.Contains(r.MessageId)).ExecuteDeleteAsync(ct);
        // Their bytes are erased a day later (FileRetention); a name can say as much as they do.
        await db.StoredFiles.Where(f => f.MessageId != null && ids.Contains(f.MessageId.Value)).ExecuteUpdateAsync(s => s
            .SetProperty(f => f.RemovedAt, f => f.RemovedAt ?? now).SetProperty(f => f.Name, "").SetProperty(f => f.Hash, ""), ct);
    }

    // Those that count by now.
    private IQueryable<RetentionRule> Rules(HubDb db)
    {
        var since = clock.Now() - RetentionService.Grace;
        return db.RetentionRules.Where(r => r.Days != null && r.SetAt <= since);
    }

    private DateTime Before(RetentionRule rule) => clock.Now() - TimeSpan.FromDays(rule.Days!.Value);
}
