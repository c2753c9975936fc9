using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Reports of messages. A channel's owners and moderators handle those of its messages; Compliance those of direct conversations, of channels in which nobody else keeps order, and
/// those that wait longer than <see cref="Patience"/> (<see cref="Keeping.ReportsForCompliance"/>). Nobody handles a report of what they wrote themselves.
/// </summary>
public sealed class ReportService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>Most characters of one's own words.</summary>
    public const int MostCharacters = 500;

    /// <summary>After so long Compliance handles an open report too.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(3);

    /// <summary>Reports somebody else's message that one sees. While one's own report of it is open, the same again gives that one.</summary>
    public async Task<Outcome<Reported>> ReportAsync(Actor actor, Guid messageId, NewReport report, CancellationToken ct = default)
    {
        var text = report.Text;
        if (Keeping.Check(ref text, "text", MostCharacters, mayBeEmpty: true) is { } wrong) return wrong;
        if (text.Length == 0 && report.Reason == ReportReason.Other) return Refusal.Invalid("text", "report.other");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var message = await db.Messages.VisibleTo(db, viewer).Where(m => m.Id == messageId).Select(m => new { m.ConversationId, m.SenderId }).FirstOrDefaultAsync(ct);
        if (message is null) return Refusal.NotFound;
        if (message.SenderId == actor.PersonId) return Refusal.Invalid("id", "report.own");
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // As for every change of a message: until the commit nobody hides it.
        await db.Conversations.Where(c => c.Id == message.ConversationId).ExecuteUpdateAsync(s => s.SetProperty(c => c.Version, c => c.Version), ct);
        if (await db.MessageReports.Where(r => r.MessageId == messageId && r.ReporterId == actor.PersonId && r.State == ReportState.Open).FirstOrDefaultAsync(ct) is { } standing)
            return new Reported(standing.Id, standing.ReportedAt, false);
        var row = await db.Messages.SingleAsync(m => m.Id == messageId, ct);
        if (row.DeletedAt is not null) return Refusal.Conflict("report.gone");
        var made = new MessageReport { Id = clock.NewId(), MessageId = messageId, Version = row.Version, ReporterId = actor.PersonId, Reason = report.Reason, Text = text, ReportedAt = clock.Now() };
        db.MessageReports.Add(made);
        db.Audit(clock, actor, "message.report", "message", messageId);
        var events = await ToldAsync(db, row, ct);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        live.Publish(events);
        return new Reported(made.Id, made.ReportedAt, true);
    }

    /// <summary>Reports that one handles, the oldest first; each look at a message whose conversation one does not see is audited. <paramref name="after"/> is a page's cursor; <paramref name="limit"/> 1–200. Nobody else finds any.</summary>
    public async Task<Outcome<Page<ReportRecord>>> ListAsync(Actor actor, ReportState state = ReportState.Open, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        limit = Math.Clamp(limit, 1, 200);
        var some = Handled(db, viewer).AsNoTracking().Where(r => r.State == state);
        if (after is not null)
        {
            if (!Guid.TryParse(after, out var last)) return Refusal.Invalid("after", "chat.cursor");
            some = some.Where(r => r.Id.CompareTo(last) > 0);
        }
        var rows = await some.OrderBy(r => r.Id).Take(limit + 1).Select(r => new
        {
            r.Id, r.MessageId, r.Version, r.Reason, r.Text, Reporter = new Author(r.ReporterId, r.Reporter.Name), r.ReportedAt, r.State, r.HandledById, HandledBy = r.HandledBy == null ? "" : r.HandledBy.Name, r.HandledAt,
        }).ToListAsync(ct);
        var ids = rows.Take(limit).Select(r => r.MessageId).Distinct().ToList();
        var messages = await ModerationService.ReadAsync(db, viewer, db.Messages.Where(m => ids.Contains(m.Id)), keeps: true, ct);
        var earlier = (await db.MessageVersions.AsNoTracking().Where(v => ids.Contains(v.MessageId)).OrderBy(v => v.Version).ToListAsync(ct)).ToLookup(v => v.MessageId);
        var seen = await db.Messages.VisibleTo(db, viewer).Where(m => ids.Contains(m.Id)).Select(m => m.Id).ToListAsync(ct);
        foreach (var id in ids.Except(seen)) db.Audit(clock, actor, "report.look", "message", id);
        await db.SaveChangesAsync(ct);
        return new Page<ReportRecord>([.. rows.Take(limit).Select(r =>
        {
            var (message, since) = (messages[r.MessageId], earlier[r.MessageId].FirstOrDefault(v => v.Version >= r.Version));
            if (since is not null) message = message with { Text = since.Text, Html = Markdown.Message(since.Text) };
            return new ReportRecord(r.Id, r.Reason, r.Text, r.Reporter, r.ReportedAt, r.State, r.HandledById is { } by ? new Author(by, r.HandledBy) : null, r.HandledAt, message, since is not null);
        })], rows.Count > limit ? rows[limit - 1].Id.ToString() : null);
    }

    /// <summary>How many open reports wait for the actor; null for who has never any to handle.</summary>
    public async Task<int?> WaitingAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.IsCompliance() && !await db.ConversationMembers.Keepers().AnyAsync(k => k.PersonId == viewer.PersonId, ct)) return null;
        return await Handled(db, viewer).CountAsync(r => r.State == ReportState.Open, ct);
    }

    /// <summary>Says that nothing is to be done about the message: nothing is wrong with it, or its author has deleted it, which is then what the report says. Doing it again changes nothing; one that was decided otherwise is a conflict.</summary>
    public async Task<Outcome<bool>> DismissAsync(Actor actor, Guid reportId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await Handled(db, viewer).Where(r => r.Id == reportId).Select(r => new { r.MessageId, r.Message.ConversationId }).FirstOrDefaultAsync(ct) is not { } found) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.Conversations.Where(c => c.Id == found.ConversationId).ExecuteUpdateAsync(s => s.SetProperty(c => c.Version, c => c.Version), ct);
        if (await Handled(db, viewer).FirstOrDefaultAsync(r => r.Id == reportId, ct) is not { } row) return Refusal.NotFound;
        if (row.State is ReportState.Dismissed or ReportState.Deleted) return true;
        if (row.State != ReportState.Open) return Refusal.Conflict("report.decided");
        var deleted = await db.Messages.Standing().AnyAsync(m => m.Id == found.MessageId && m.DeletedAt != null, ct);
        (row.State, row.HandledAt, row.HandledById) = (deleted ? ReportState.Deleted : ReportState.Dismissed, clock.Now(), actor.PersonId);
        db.Audit(clock, actor, "report.dismiss", "report", reportId);
        var events = await ToldAsync(db, await db.Messages.SingleAsync(m => m.Id == found.MessageId, ct), ct);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        live.Publish(events);
        return true;
    }

    /// <summary>The message was hidden: decides the open reports of it, in the caller's transaction; gives whom to tell after the commit.</summary>
    internal static async Task<IReadOnlyList<LiveEvent>> SettleAsync(HubDb db, Message message, Guid personId, DateTime now, CancellationToken ct)
    {
        var settled = await db.MessageReports.Where(r => r.MessageId == message.Id && r.State == ReportState.Open)
            .ExecuteUpdateAsync(s => s.SetProperty(r => r.State, ReportState.Hidden).SetProperty(r => r.HandledAt, now).SetProperty(r => r.HandledById, personId), ct);
        return settled == 0 ? [] : await ToldAsync(db, message, ct);
    }

    /// <summary>Its author changed or deleted a message: whom to tell after the commit that a report of it, which is open, reads otherwise; nobody where there is none.</summary>
    internal static async Task<IReadOnlyList<LiveEvent>> ChangedAsync(HubDb db, Message message, CancellationToken ct) =>
        await db.MessageReports.AnyAsync(r => r.MessageId == message.Id && r.State == ReportState.Open, ct) ? await ToldAsync(db, message, ct) : [];

    // Everyone who may have it to handle, now or once the others' time is over. In the order of their ids, so that two transactions never wait for each other.
    private static async Task<IReadOnlyList<LiveEvent>> ToldAsync(HubDb db, Message message, CancellationToken ct)
    {
        var body = await db.Conversations.Where(c => c.Id == message.ConversationId).Select(c => c.OrganisationId).SingleAsync(ct);
        var keepers = db.ConversationMembers.Keepers().Where(k => k.ConversationId == message.ConversationId).Select(k => k.PersonId);
        var compliance = db.RoleGrants.Where(g => g.Role == Role.Compliance && g.EndedAt == null && (g.Scope == ScopeKind.Hub || (g.Scope == ScopeKind.Organisation && g.ScopeId == body))).Select(g => g.PersonId);
        var events = new List<LiveEvent>();
        foreach (var person in await db.People.Where(p => p.LeftAt == null && p.Id != message.SenderId && (keepers.Contains(p.Id) || compliance.Contains(p.Id))).OrderBy(p => p.Id).Select(p => p.Id).ToListAsync(ct))
            events.Add(new LiveEvent(Topic.Me(person), await db.AdvanceAsync<Person>(person, ct), "reports-changed", new ReportsChanged()));
        return events;
    }

    private IQueryable<MessageReport> Handled(HubDb db, Viewer viewer)
    {
        var (me, keepers, compliance) = (viewer.PersonId, db.ConversationMembers.Keepers(), db.ReportsForCompliance(viewer, clock.Now()));
        // What a rule has removed is kept for the decision alone.
        return db.MessageReports.Where(r => viewer.Known && r.Message.SenderId != me && (r.State == ReportState.Open || r.Message.Sequence > r.Message.Conversation.RemovedSequence)
            && (keepers.Any(k => k.ConversationId == r.Message.ConversationId && k.PersonId == me) || compliance.Any(c => c.Id == r.Id)));
    }
}
