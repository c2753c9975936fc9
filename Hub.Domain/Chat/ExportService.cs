using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Hub.Domain.Audit;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Export of a conversation by the Compliance of its body, with all that is known of it: asked for with a reason, then fetched by who asked; both are audited.</summary>
public sealed class ExportService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    private const int AtOnce = 200;

    internal static readonly Expression<Func<ConversationExport, ExportRecord>> Record =
        x => new ExportRecord(x.Id, x.ConversationId, x.Reason, x.From, x.Until, new Author(x.MadeById, x.MadeBy.Name), x.MadeAt);

    /// <summary>Asks for a conversation, with a reason; of a time, or all of it.</summary>
    public async Task<Outcome<ExportRecord>> AskAsync(Actor actor, Guid conversationId, NewExport export, CancellationToken ct = default)
    {
        var reason = export.Reason;
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.UnderComplianceOf(viewer).AnyAsync(c => c.Id == conversationId, ct)) return Refusal.NotFound;
        if (Keeping.Check(ref reason, "reason", HoldService.MostOfReason) is { } wrong) return wrong;
        if (export.From >= export.Until) return Refusal.Invalid("until", "export.range");
        var row = new ConversationExport
        {
            Id = clock.NewId(), ConversationId = conversationId, Reason = reason, From = export.From?.ToMilliseconds(), Until = export.Until?.ToMilliseconds(), MadeAt = clock.Now(), MadeById = actor.PersonId,
        };
        db.ConversationExports.Add(row);
        db.Audit(clock, actor, "export.ask", "conversation", conversationId);
        await db.SaveChangesAsync(ct);
        return await db.ConversationExports.Where(x => x.Id == row.Id).Select(Record).SingleAsync(ct);
    }

    /// <summary>
    /// The conversation as it stands now, for who asked for it and still holds the role; its messages are read while they are taken, so that none of it is in memory at once. Of what a
    /// retention rule has removed it has what is held.
    /// </summary>
    public async Task<Outcome<ConversationRecord>> OpenAsync(Actor actor, Guid exportId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var export = await db.ConversationExports.Where(x => x.Id == exportId && x.MadeById == viewer.PersonId && db.Conversations.UnderComplianceOf(viewer).Any(c => c.Id == x.ConversationId)).Select(Record).FirstOrDefaultAsync(ct);
        if (export is null) return Refusal.NotFound;
        var id = export.ConversationId;
        var about = await db.Conversations.Where(c => c.Id == id).Select(c => new { c.Kind, c.Topic, c.Marking, c.RemovedDays, c.CreatedById, Organisation = db.Organisations.Where(o => o.Id == c.OrganisationId).Select(o => o.Name).First() }).SingleAsync(ct);
        var members = await db.ConversationMembers.AsNoTracking().Where(m => m.ConversationId == id).OrderBy(m => m.Person.Name).ThenBy(m => m.PersonId)
            .Select(m => new ExportedMember(m.PersonId, m.Person.Name, m.Person.Email, m.Role ?? (m.PersonId == about.CreatedById ? ConversationRole.Owner : ConversationRole.Member), m.JoinedAt, m.LeftAt)).ToListAsync(ct);
        var holds = await HoldService.ReadAsync(db, db.LegalHolds.Where(h => h.ConversationId == id).OrderBy(h => h.Id), ct);
        db.Audit(clock, actor, "export.fetch", "conversation", id);
        await db.SaveChangesAsync(ct);
        return new ConversationRecord(export, (await db.NamesAsync([id], Guid.Empty, ct))[id], about.Kind, about.Topic, about.Marking, about.Organisation, about.RemovedDays, members, holds)
        {
            Messages = MessagesAsync(export, ct),
        };
    }

    private async IAsyncEnumerable<ExportedMessage> MessagesAsync(ExportRecord export, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var after = 0L; ;)
        {
            await using var db = await hub.CreateDbContextAsync(ct);
            var (from, until) = (export.From ?? DateTime.MinValue.ToUniversalTime(), export.Until ?? clock.Now().AddDays(1));
            var last = after;
            var rows = await db.Messages.AsNoTracking().Where(m => m.ConversationId == export.ConversationId && m.Sequence > last && (m.Sequence > m.Conversation.RemovedSequence || db.HeldMessages.Any(h => h.MessageId == m.Id)) && m.PostedAt >= from && m.PostedAt < until)
                .OrderBy(m => m.Sequence).Take(AtOnce).ToListAsync(ct);
            foreach (var message in await WholeAsync(db, rows, ct)) yield return message;
            if (rows.Count < AtOnce) yield break;
            after = rows[^1].Sequence;
        }
    }

    private static async Task<IEnumerable<ExportedMessage>> WholeAsync(HubDb db, List<Message> rows, CancellationToken ct)
    {
        var ids = rows.ConvertAll(m => m.Id);
        var versions = (await db.MessageVersions.AsNoTracking().Where(v => ids.Contains(v.MessageId)).OrderBy(v => v.Version).ToListAsync(ct)).ToLookup(v => v.MessageId);
        var held = await db.HeldMessages.AsNoTracking().Where(h => ids.Contains(h.MessageId)).ToDictionaryAsync(h => h.MessageId, ct);
        foreach (var row in rows)
            if (held.TryGetValue(row.Id, out var kept)) (row.Text, row.EditedAt, row.DeletedAt, row.DeletedById) = (kept.Text, kept.EditedAt, kept.DeletedAt, kept.DeletedById);
        var hidden = (await db.HiddenMessages.AsNoTracking().Where(h => ids.Contains(h.MessageId) && h.ShownAt == null).ToListAsync(ct)).ToDictionary(h => h.MessageId);
        var reactions = (await db.Reactions.AsNoTracking().Where(r => ids.Contains(r.MessageId)).OrderBy(r => r.At).ToListAsync(ct)).ToLookup(r => r.MessageId);
        var files = (await db.StoredFiles.AsNoTracking().Where(f => f.MessageId != null && ids.Contains(f.MessageId.Value)).OrderBy(f => f.Position).ToListAsync(ct)).ToLookup(f => f.MessageId!.Value);
        var who = rows.Select(m => m.SenderId).Concat(rows.Select(m => m.DeletedById).OfType<Guid>()).Concat(versions.SelectMany(v => v, (_, v) => v.ReplacedById)).Concat(hidden.Values.Select(h => h.HiddenById))
            .Concat(reactions.SelectMany(r => r, (_, r) => r.PersonId)).ToHashSet();
        var names = await db.People.Where(p => who.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => new Author(p.Id, p.Name), ct);
        return rows.Select(m => new ExportedMessage(
            m.Id, m.Sequence, m.ThreadId, names[m.SenderId], m.PostedAt, hidden.TryGetValue(m.Id, out var h) ? h.Text : m.Text, m.EditedAt,
            h is null ? m.DeletedAt : null, h is null && m.DeletedById is { } by ? names[by] : null, h is null ? null : new ExportedHiding(h.Reason, names[h.HiddenById], h.HiddenAt),
            [.. versions[m.Id].Select(v => new ExportedText(v.Version, v.Text, v.ReplacedAt, names[v.ReplacedById]))],
            [.. reactions[m.Id].Select(r => new ExportedReaction(r.Emoji, names[r.PersonId], r.At))],
            [.. files[m.Id].Select(f => new ExportedFile(f.Id, f.Name, f.ContentType, f.Length, f.Hash, f.RemovedAt, f.ErasedAt))]));
    }
}
