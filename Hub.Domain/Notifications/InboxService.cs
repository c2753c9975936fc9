using System.Globalization;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>
/// One's own inbox. An entry is read when it was marked so, or when its conversation or thread was read so far, anywhere: nobody has to copy the one into the
/// other. What one may not see any more is not in it.
/// </summary>
public sealed class InboxService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>Most unread entries that <see cref="UnreadAsync"/> gives.</summary>
    public const int MostUnread = 200;

    /// <summary>Entries, latest first. <paramref name="after"/> is a page's cursor; <paramref name="limit"/> 1–200.</summary>
    public async Task<Outcome<Page<InboxEntry>>> ListAsync(Actor actor, InboxView view = InboxView.All, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        limit = Math.Clamp(limit, 1, 200);
        var some = Mine(db, viewer);
        if (view == InboxView.Unread) some = Unread(db, some);
        if (view == InboxView.Mentions) some = some.Where(n => n.Kind == NotificationKind.Mention || n.Kind == NotificationKind.Word);
        if (after is not null)
        {
            if (!TryCursor(after, out var at, out var id)) return Refusal.Invalid("after", "after");
            some = some.Where(n => n.At < at || (n.At == at && n.Id.CompareTo(id) < 0));
        }
        var entries = await EntriesAsync(db, viewer, some.OrderByDescending(n => n.At).ThenByDescending(n => n.Id).Take(limit + 1), ct);
        if (entries.Count <= limit) return new Page<InboxEntry>(entries, null);
        entries.RemoveAt(limit);
        return new Page<InboxEntry>(entries, $"{entries[^1].At.Ticks}_{entries[^1].Id}");
    }

    /// <summary>The latest unread entries, at most <see cref="MostUnread"/>, in no order.</summary>
    public async Task<IReadOnlyList<UnreadEntry>> UnreadAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await Unread(db, Mine(db, viewer)).OrderByDescending(n => n.At).Take(MostUnread).Select(n => new UnreadEntry(n.Id, n.ConversationId, n.ThreadId, n.Sequence)).ToListAsync(ct);
    }

    /// <summary>One entry as it is now; null once it is read, or gone.</summary>
    internal async Task<InboxEntry?> StillUnreadAsync(Actor actor, Guid id, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return (await EntriesAsync(db, viewer, Unread(db, Mine(db, viewer)).Where(n => n.Id == id), ct)).FirstOrDefault();
    }

    /// <summary>Marks one read. Doing it again changes nothing.</summary>
    public async Task<Outcome<InboxNews>> ReadAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await Mine(db, viewer).AnyAsync(n => n.Id == id, ct)) return Refusal.NotFound;
        return await MarkAsync(db, viewer.PersonId, db.Notifications.Where(n => n.Id == id), new InboxNews(id, true), ct);
    }

    /// <summary>Marks all read. The conversations themselves stay as far read as they are.</summary>
    public async Task<Outcome<InboxNews>> ReadAllAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        return await MarkAsync(db, viewer.PersonId, db.Notifications.Where(n => n.PersonId == viewer.PersonId), new InboxNews(null, true), ct);
    }

    private static async Task<List<InboxEntry>> EntriesAsync(HubDb db, Viewer viewer, IQueryable<Notification> some, CancellationToken ct)
    {
        var rows = await some.Select(n => new
        {
            n.Id, n.Kind, n.SubjectId, n.ConversationId, n.ThreadId, n.MessageId, n.Sequence, n.At,
            Count = db.Messages.Count(m => m.ConversationId == n.ConversationId && m.Sequence >= n.FirstSequence && m.Sequence <= n.Sequence && (n.ThreadId == null || m.ThreadId == n.ThreadId) && m.SenderId != n.PersonId && m.DeletedAt == null),
            Read = n.ReadAt != null || (n.ThreadId == null
                ? db.ConversationMembers.Any(m => m.ConversationId == n.ConversationId && m.PersonId == n.PersonId && m.ReadSequence >= n.Sequence)
                : db.ThreadFollows.Any(f => f.ThreadId == n.ThreadId && f.PersonId == n.PersonId && f.ReadSequence >= n.Sequence)),
            Name = db.Conversations.Where(c => c.Id == n.ConversationId).Select(c => c.Name).FirstOrDefault() ?? "",
            Marked = db.Conversations.Any(c => c.Id == n.ConversationId && c.Marking != null),
            Message = db.Messages.Where(m => m.Id == n.MessageId).Select(m => new { m.Text, m.SenderId, m.Sender.Name, Bot = m.Sender.Kind == ActorKind.Bot, Deleted = m.DeletedAt != null }).FirstOrDefault(),
        }).ToListAsync(ct);
        var own = await OwnAsync(db, viewer, [.. rows.Where(n => n.Kind is NotificationKind.Reminder or NotificationKind.Later).Select(n => n.SubjectId)], ct);
        return rows.ConvertAll(n => own.TryGetValue(n.SubjectId, out var mine) && n.ConversationId is null ? mine with { Id = n.Id, Kind = n.Kind, At = n.At, Read = n.Read } : new InboxEntry(n.Id, n.Kind, n.ConversationId, n.Sequence, n.Name, Cut(n.Message?.Text ?? ""), n.Message is { Deleted: true },
            n.Message is { } m ? new Author(m.SenderId, m.Name) { Bot = m.Bot } : null, Address(n.ConversationId, n.ThreadId, n.Sequence), n.Count, n.At, n.Read) { ThreadId = n.ThreadId, Marked = n.Marked });
    }

    // What reminders and refused messages say now. What a reminder is about is shown while its owner sees it; that its conversation is marked counts in any case.
    private static async Task<Dictionary<Guid, InboxEntry>> OwnAsync(HubDb db, Viewer viewer, IReadOnlyCollection<Guid> subjects, CancellationToken ct)
    {
        if (subjects.Count == 0) return [];
        var reminders = await db.Reminders.Where(r => r.PersonId == viewer.PersonId && subjects.Contains(r.Id)).Select(r => new
        {
            r.Id, r.Note, Marked = db.Messages.Any(m => m.Id == r.MessageId && m.Conversation.Marking != null),
            Message = db.Messages.VisibleTo(db, viewer).Where(m => m.Id == r.MessageId)
                .Select(m => new { m.ConversationId, m.ThreadId, m.Sequence, m.Text, m.Conversation.Name, m.SenderId, Sender = m.Sender.Name, Bot = m.Sender.Kind == ActorKind.Bot, Deleted = m.DeletedAt != null }).FirstOrDefault(),
        }).ToListAsync(ct);
        var refused = await db.LaterMessages.Where(l => l.PersonId == viewer.PersonId && subjects.Contains(l.Id)).Select(l => new
        {
            l.Id, l.Text, Marked = db.Conversations.Any(c => c.Id == l.ConversationId && c.Marking != null),
            Name = db.Conversations.VisibleTo(viewer).Where(c => c.Id == l.ConversationId).Select(c => c.Name).FirstOrDefault() ?? "",
        }).ToListAsync(ct);
        var found = refused.ToDictionary(l => l.Id, l => new InboxEntry(l.Id, NotificationKind.Later, null, 0, l.Name, Cut(l.Text), false, null, Waiting, 1, default, false) { Marked = l.Marked });
        foreach (var r in reminders)
            found[r.Id] = new InboxEntry(r.Id, NotificationKind.Reminder, null, 0, r.Message?.Name ?? "", Cut(r.Message?.Text ?? ""), r.Message is { Deleted: true }, r.Message is { } m ? new Author(m.SenderId, m.Sender) { Bot = m.Bot } : null,
                r.Message is { } at ? Address(at.ConversationId, at.ThreadId, at.Sequence) : Waiting, 1, default, false) { ReminderId = r.Id, Note = r.Note, Marked = r.Marked };
        return found;
    }

    private async Task<InboxNews> MarkAsync(HubDb db, Guid personId, IQueryable<Notification> which, InboxNews news, CancellationToken ct)
    {
        var now = clock.Now();
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // The person first, as those do who make entries: what is made meanwhile is not read.
        var version = await db.AdvanceAsync<Person>(personId, ct);
        if (await which.Where(n => n.ReadAt == null).ExecuteUpdateAsync(s => s.SetProperty(n => n.ReadAt, now), ct) == 0) return news;
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Me(personId), version, "inbox-changed", news));
        return news;
    }

    /// <summary>What this program knows. An entry of another kind is of a newer node's, which shows it (docs/architecture.md, "Old and new side by side").</summary>
    internal static readonly NotificationKind[] Kinds = Enum.GetValues<NotificationKind>();

    // A reminder that was discarded or waits again, and a refused message that was decided about, are gone from it at once.
    private static IQueryable<Notification> Mine(HubDb db, Viewer viewer) => db.Notifications.AsNoTracking()
        .Where(n => viewer.Known && n.PersonId == viewer.PersonId && Kinds.Contains(n.Kind) && (n.ConversationId == null || db.Conversations.VisibleTo(viewer).Any(c => c.Id == n.ConversationId))
            && (n.MessageId == null || !db.Messages.Any(m => m.Id == n.MessageId && m.Sequence <= m.Conversation.RemovedSequence))
            && (n.Kind != NotificationKind.Reminder || db.Reminders.Any(r => r.Id == n.SubjectId && r.RemindedAt != null))
            && (n.Kind != NotificationKind.Later || db.LaterMessages.Any(l => l.PersonId == n.PersonId && l.Id == n.SubjectId && l.RefusedAt != null)));

    internal static IQueryable<Notification> Unread(HubDb db, IQueryable<Notification> entries) => entries
        .Where(n => n.ReadAt == null && (n.ThreadId == null
            ? !db.ConversationMembers.Any(m => m.ConversationId == n.ConversationId && m.PersonId == n.PersonId && m.ReadSequence >= n.Sequence)
            : !db.ThreadFollows.Any(f => f.ThreadId == n.ThreadId && f.PersonId == n.PersonId && f.ReadSequence >= n.Sequence)));

    // Where what waits is shown.
    private const string Waiting = "/chat/later";

    private static string Address(Guid? conversation, Guid? thread, long sequence) =>
        $"/chat/{conversation}{(thread is null ? "" : $"/thread/{thread}")}?at={sequence.ToString(CultureInfo.InvariantCulture)}";

    private static string Cut(string text)
    {
        var plain = Markdown.MessagePlain(text.Length > 2 * InboxEntry.TextLength ? text[..(2 * InboxEntry.TextLength)] : text);
        return plain.Length <= InboxEntry.TextLength ? plain : string.Concat(plain.EnumerateRunes().Take(InboxEntry.TextLength));
    }

    private static bool TryCursor(string cursor, out DateTime at, out Guid id)
    {
        var parts = cursor.Split('_');
        (at, id) = (default, default);
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) || ticks > DateTime.MaxValue.Ticks) return false;
        at = new DateTime(ticks, DateTimeKind.Utc);
        return Guid.TryParse(parts[1], out id);
    }
}
