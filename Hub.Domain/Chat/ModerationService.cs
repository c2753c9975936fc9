using Hub.Domain.Audit;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Hiding a message with a reason, and showing it again (<see cref="Keeping"/> says who may). A hidden message is a tombstone that says why: what it said is moved out of its row,
/// so that nothing that reads messages has it to give.
/// </summary>
public sealed class ModerationService(IDbContextFactory<HubDb> hub, MessageChanges changes, TimeProvider clock)
{
    /// <summary>Most characters of a reason.</summary>
    public const int MostCharacters = 200;

    /// <summary>Hides a message, for a reason that all see in its place, and settles the reports of it. Hiding one that is hidden changes nothing.</summary>
    public async Task<Outcome<MessageRecord>> HideAsync(Actor actor, Guid messageId, string reason, CancellationToken ct = default)
    {
        if (Keeping.Check(ref reason, "reason", MostCharacters) is { } wrong) return wrong;
        return await changes.ApplyAsync(actor, messageId, async (db, row) =>
        {
            if (row.HiddenReason is not null) return (MessageChange?)null;
            if (row.DeletedAt is not null) return Refusal.Stale(await db.RecordAsync(messageId, ct));
            var now = clock.Now();
            db.HiddenMessages.Add(new HiddenMessage
            {
                Id = clock.NewId(), MessageId = row.Id, Text = row.Text, Html = row.Html, Links = row.Links, Reason = reason, HiddenAt = now, HiddenById = actor.PersonId,
            });
            (row.Text, row.Html, row.Links, row.DeletedAt, row.DeletedById, row.HiddenReason) = ("", "", null, now, actor.PersonId, reason);
            row.Version++;
            db.Audit(clock, actor, "message.hide", "message", messageId);
            var settled = await ReportService.SettleAsync(db, row, actor.PersonId, now, ct);
            return new MessageChange("message-hidden") { Also = settled };
        }, ct, keeping: true);
    }

    /// <summary>Shows a hidden message again, as it was; not for its own author. Reports of it stay as they were decided.</summary>
    public Task<Outcome<MessageRecord>> ShowAsync(Actor actor, Guid messageId, CancellationToken ct = default) => changes.ApplyAsync(actor, messageId, async (db, row) =>
    {
        if (row.HiddenReason is null) return (MessageChange?)null;
        if (row.SenderId == actor.PersonId) return new Refusal(RefusalKind.Forbidden, "message.hidden.own");
        var hidden = await db.HiddenMessages.SingleAsync(h => h.MessageId == messageId && h.ShownAt == null, ct);
        (row.Text, row.Html, row.Links, row.DeletedAt, row.DeletedById, row.HiddenReason) = (hidden.Text, hidden.Html, hidden.Links, null, null, null);
        row.Version++;
        (hidden.Text, hidden.Html, hidden.Links, hidden.ShownAt, hidden.ShownById) = ("", "", null, clock.Now(), actor.PersonId);
        db.Audit(clock, actor, "message.show", "message", messageId);
        return new MessageChange("message-shown");
    }, ct, keeping: true);

    /// <summary>What a hidden message says: for who keeps order there, each look of whom is audited, and for its author while they see its conversation. For everybody else there is nothing here.</summary>
    public async Task<Outcome<KeptMessage>> HiddenAsync(Actor actor, Guid messageId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var keeps = await db.AgainstKeepingAsync(viewer, messageId, clock.Now(), ct) is null;
        if (!keeps && !await db.Messages.VisibleTo(db, viewer).AnyAsync(m => m.Id == messageId && m.SenderId == viewer.PersonId, ct)) return Refusal.NotFound;
        var found = await ReadAsync(db, viewer, db.Messages.Where(m => m.Id == messageId && m.HiddenReason != null), keeps, ct);
        if (found.Count == 0) return Refusal.NotFound;
        if (found[messageId].Author.Id != viewer.PersonId)
        {
            db.Audit(clock, actor, "message.look", "message", messageId);
            await db.SaveChangesAsync(ct);
        }
        return found[messageId];
    }

    /// <summary>What messages say, hidden, removed or not; the caller has asked who may know.</summary>
    internal static async Task<Dictionary<Guid, KeptMessage>> ReadAsync(HubDb db, Viewer viewer, IQueryable<Message> messages, bool keeps, CancellationToken ct)
    {
        var rows = await messages.Select(m => new
        {
            m.Id, m.ConversationId, m.SenderId, m.Sender.Name, Bot = m.Sender.Kind == ActorKind.Bot, m.PostedAt, m.Text, m.Html, m.Files, m.HiddenReason, m.DeletedAt, Removed = m.Sequence <= m.Conversation.RemovedSequence,
            Held = db.HeldMessages.Where(h => h.MessageId == m.Id).Select(h => new { h.Text, h.DeletedAt }).FirstOrDefault(),
            Hidden = db.HiddenMessages.Where(h => h.MessageId == m.Id && h.ShownAt == null).Select(h => new { h.Text, h.Html, h.HiddenAt, h.HiddenById, By = h.HiddenBy.Name }).FirstOrDefault(),
        }).ToListAsync(ct);
        var names = await db.NamesAsync([.. rows.Select(m => m.ConversationId).Distinct()], viewer.PersonId, ct);
        return rows.ToDictionary(m => m.Id, m => new KeptMessage(m.Id, m.ConversationId, names[m.ConversationId], new Author(m.SenderId, m.Name) { Bot = m.Bot }, m.PostedAt,
            m.Hidden?.Text ?? m.Held?.Text ?? m.Text, m.Hidden?.Html ?? (m.Held is { } kept ? Markdown.Message(kept.Text) : m.Html), MessageFiles.Read(m.DeletedAt is null || m.HiddenReason is not null ? m.Files : null), m.HiddenReason,
            keeps && m.Hidden is { } h ? new Author(h.HiddenById, h.By) : null, m.Hidden?.HiddenAt, keeps && m.HiddenReason is not null && m.SenderId != viewer.PersonId)
            { DeletedAt = m.Removed ? m.Held?.DeletedAt : m.HiddenReason is null ? m.DeletedAt : null, Removed = m.Removed });
    }
}
