using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// What one wants to be reminded of: one's own alone. When its time has come it stands in the inbox, with what it is about as one may see it then; here are those that wait.
/// </summary>
public sealed class ReminderService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>Reminders of one person that wait at most.</summary>
    public const int Most = 200;

    /// <summary>Characters of a note at most.</summary>
    public const int MostCharacters = 500;

    /// <summary>How far ahead a reminder is at most.</summary>
    public static readonly TimeSpan Latest = TimeSpan.FromDays(366);

    /// <summary>Those that wait, in the order of their times: all of them, there are at most <see cref="Most"/>.</summary>
    public async Task<Outcome<IReadOnlyList<ReminderRecord>>> ListAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await RecordsAsync(db, viewer, Mine(db, viewer).Where(r => r.RemindedAt == null), ct);
    }

    /// <summary>One, also when it has come.</summary>
    public async Task<Outcome<ReminderRecord>> GetAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await RecordsAsync(db, viewer, Mine(db, viewer).Where(r => r.Id == id), ct) is [var found] ? found : Refusal.NotFound;
    }

    /// <summary>Makes a reminder of a message that one sees, or of a note alone.</summary>
    public async Task<Outcome<ReminderRecord>> CreateAsync(Actor actor, NewReminder reminder, CancellationToken ct = default)
    {
        var (note, at) = (reminder.Note.Trim(), reminder.At.ToMilliseconds());
        if (Against(note, reminder.MessageId) is { } wrong) return wrong;
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known || (reminder.MessageId is { } message && !await db.Messages.VisibleTo(db, viewer).AnyAsync(m => m.Id == message, ct))) return Refusal.NotFound;
        if (Against(at) is { } untimely) return untimely;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Person>(viewer.PersonId, ct);
        if (await Mine(db, viewer).CountAsync(r => r.RemindedAt == null, ct) >= Most) return new Refusal(RefusalKind.Conflict, "reminder.most", Most);
        var row = new Reminder { Id = clock.NewId(), PersonId = viewer.PersonId, MessageId = reminder.MessageId, Note = note, At = at, CreatedAt = clock.Now(), Version = 1 };
        db.Reminders.Add(row);
        MessageAlerts.Remind(db, clock, row);
        await db.SaveChangesAsync(ct);
        var made = (await RecordsAsync(db, viewer, Mine(db, viewer).Where(r => r.Id == row.Id), ct))[0];
        await tx.CommitAsync(ct);
        Publish(viewer, version, row.Id);
        return made;
    }

    /// <summary>Changes note or time. One that has come waits again once it has another time.</summary>
    public async Task<Outcome<ReminderRecord>> ChangeAsync(Actor actor, Guid id, ReminderChange change, CancellationToken ct = default)
    {
        var done = await ForOneAsync(actor, id, change.Version, async (db, row) =>
        {
            if (change.Note?.Trim() is { } note)
            {
                if (Against(note, row.MessageId) is { } wrong) return wrong;
                row.Note = note;
            }
            if (change.At?.ToMilliseconds() is { } at && (at != row.At || row.RemindedAt is not null))
            {
                if (Against(at) is { } untimely) return untimely;
                (row.At, row.RemindedAt) = (at, null);
                await MessageAlerts.ForgetAsync(db, row, ct);
                MessageAlerts.Remind(db, clock, row);
            }
            row.Version++;
            return null;
        }, ct);
        return done.Refusal is { } refusal ? refusal : done.Value!;
    }

    /// <summary>It is done, or no longer wanted: it is gone, from the inbox too.</summary>
    public async Task<Outcome<bool>> DiscardAsync(Actor actor, Guid id, int version, CancellationToken ct = default)
    {
        var done = await ForOneAsync(actor, id, version, async (db, row) =>
        {
            await MessageAlerts.ForgetAsync(db, row, ct);
            db.Reminders.Remove(row);
            return null;
        }, ct);
        return done.Refusal is { } refusal ? refusal : true;
    }

    private async Task<Outcome<ReminderRecord?>> ForOneAsync(Actor actor, Guid id, int version, Func<HubDb, Reminder, Task<Refusal?>> change, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var one = Mine(db, viewer).Where(r => r.Id == id);
        if (!await one.AnyAsync(ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var advanced = await db.AdvanceAsync<Person>(viewer.PersonId, ct);
        if (await one.FirstOrDefaultAsync(ct) is not { } row) return Refusal.NotFound;
        if (row.Version != version) return Refusal.Stale((await RecordsAsync(db, viewer, one, ct))[0]);
        if (await change(db, row) is { } refusal) return refusal;
        await db.SaveChangesAsync(ct);
        var now = (await RecordsAsync(db, viewer, one, ct)).FirstOrDefault();
        await tx.CommitAsync(ct);
        Publish(viewer, advanced, id);
        return now;
    }

    private Refusal? Against(DateTime at) =>
        at <= clock.Now() ? Refusal.Invalid("at", "reminder.past") : at > clock.Now() + Latest ? Refusal.Invalid("at", "reminder.far", Latest.Days) : null;

    private static Refusal? Against(string note, Guid? messageId) =>
        note.Length == 0 && messageId is null ? Refusal.Invalid("note", "reminder.empty")
        : note.Length > MostCharacters ? Refusal.Invalid("note", "reminder.tooLong", MostCharacters)
        : note.Contains('\0', StringComparison.Ordinal) ? Refusal.Invalid("note", "text.nul") : null;

    private void Publish(Viewer viewer, long version, Guid id) => live.Publish(new LiveEvent(Topic.Me(viewer.PersonId), version, "later-changed", new LaterChanged(id)));

    private static IQueryable<Reminder> Mine(HubDb db, Viewer viewer) => db.Reminders.Where(r => viewer.Known && r.PersonId == viewer.PersonId);

    private static async Task<List<ReminderRecord>> RecordsAsync(HubDb db, Viewer viewer, IQueryable<Reminder> some, CancellationToken ct)
    {
        var rows = await some.AsNoTracking().OrderBy(r => r.At).ThenBy(r => r.Id).ToListAsync(ct);
        var about = rows.Where(r => r.MessageId is not null).Select(r => r.MessageId!.Value).Distinct().ToList();
        var messages = about.Count == 0 ? [] : await db.Messages.AsNoTracking().VisibleTo(db, viewer).Where(m => about.Contains(m.Id)).Select(ChatViewing.Record(db)).ToDictionaryAsync(m => m.Id, ct);
        var names = await db.NamesAsync(messages.Values.Select(m => m.ConversationId).Distinct().ToList(), viewer.PersonId, ct);
        return rows.ConvertAll(r => new ReminderRecord(r.Id, r.MessageId, r.Note, r.At, r.Version, r.RemindedAt,
            r.MessageId is { } id && messages.TryGetValue(id, out var message) ? new MessageInPlace(message, names[message.ConversationId]) : null));
    }
}
