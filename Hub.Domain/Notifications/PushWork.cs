using System.Text.Json;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>
/// Whether an entry of the inbox is told to its person's devices, shortly after it came: not what was read meanwhile, nor while it is quiet for them, nor
/// while they are at a page, where they see it. All of it is the database's, so it is decided once; each device then is work of its own (<see cref="PushDelivery"/>).
/// </summary>
public sealed class PushWork(IPushService push, PresenceBoard board, TimeProvider clock) : IDueWork
{
    /// <summary>So long what comes in one go is gathered, and may be read by somebody who is there.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(10);

    /// <summary>Who is at a page is looked at again after this, then after twice as long each time: they may have left without seeing it.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    /// <summary>For so long; who is still at a page after that leaves it unread on purpose.</summary>
    public static readonly TimeSpan Waits = TimeSpan.FromMinutes(15);

    /// <summary>After this nobody is told any more.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromHours(4);

    internal const string Work = "notifications.push";

    string IDueWork.Kind => Work;

    async Task IDueWork.StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var (id, now) = (Guid.Parse(item.Key), clock.Now());
        if (await db.Notifications.Where(n => n.Id == id).Select(n => (Guid?)n.PersonId).FirstOrDefaultAsync(ct) is not { } person) return;
        // Whoever makes the entry count up holds the same row: what came until now is told with this, and later is asked for anew.
        await LockAsync(db, person, ct);
        var came = await InboxService.Unread(db, db.Notifications.Where(n => n.Id == id && n.At > now - Fresh
                && db.People.Any(p => p.Id == person && p.LeftAt == null) && !db.PersonPreferences.Any(p => p.PersonId == person && !p.Push)))
            .Select(n => (DateTime?)n.At).FirstOrDefaultAsync(ct);
        if (came is not { } at || await IsQuietAsync(db, person, item, now, ct)) return;
        if (board.Of(person).State == PresenceState.Online)
        {
            if (now < at + Waits) db.Due(clock, Work, item.Key, Next(at, now), item.Body);
            return;
        }
        var devices = await db.PushDevices.Where(d => d.PersonId == person).Select(d => d.Id).ToListAsync(ct);
        var keys = devices.ConvertAll(d => PushDelivery.Key(id, d));
        // What is at work has perhaps been read before this came, and what was given up would silence all that follow: both begin anew, and whoever holds one ends nothing.
        await db.DueWork.Where(w => w.Kind == PushDelivery.Work && keys.Contains(w.Key) && (w.Holder != null || w.DeadAt != null)).ExecuteUpdateAsync(s => s
            .SetProperty(w => w.Holder, (Guid?)null).SetProperty(w => w.DeadAt, (DateTime?)null).SetProperty(w => w.Attempts, 0).SetProperty(w => w.DueAt, now).SetProperty(w => w.WantedAt, now), ct);
        // A device whose push service is busy is told of all at once when it is not.
        var there = await db.DueWork.Where(w => w.Kind == PushDelivery.Work && keys.Contains(w.Key)).Select(w => w.Key).ToListAsync(ct);
        foreach (var key in keys.Except(there)) db.Due(clock, PushDelivery.Work, key, now, item.Body);
    }

    /// <summary>Has it decided in a moment, in the caller's transaction, in which the rows of the entries' people are locked.</summary>
    internal async Task AskAsync(HubDb db, IReadOnlyCollection<Notification> entries, CancellationToken ct)
    {
        if (!push.Configured || entries.Count == 0) return;
        var people = entries.Select(e => e.PersonId).Distinct().ToList();
        var reached = await db.PushDevices.Where(d => people.Contains(d.PersonId)).Select(d => d.PersonId).Distinct().ToListAsync(ct);
        // Whoever wrote since then, and what was asked for a moment before is one with this, may be somebody who always reaches them.
        var asked = entries.Where(e => reached.Contains(e.PersonId)).ToDictionary(e => e.Id.ToString(), e => JsonSerializer.Serialize(e.At - Delay));
        if (asked.Count > 0) await DueAsync(db, asked, clock.Now() + Delay, ct);
    }

    /// <summary>Has it decided again, where they were at a page when it was to be told, for as long as that counts.</summary>
    internal async Task AgainAsync(HubDb db, Guid person, InboxEntry entry, string body, CancellationToken ct)
    {
        var now = clock.Now();
        if (now >= entry.At + Waits) return;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await LockAsync(db, person, ct);
        await DueAsync(db, new Dictionary<string, string>(StringComparer.Ordinal) { [entry.Id.ToString()] = body }, Next(entry.At, now), ct);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
    }

    /// <summary>Whether it is quiet for them, and who may always reach them is not among those who have written of the entry since it was asked for.</summary>
    internal static async Task<bool> IsQuietAsync(HubDb db, Guid person, DueItem item, DateTime now, CancellationToken ct)
    {
        var (id, since) = (Guid.Parse(item.Key.Split(PushDelivery.Between)[0]), JsonSerializer.Deserialize<DateTime>(item.Body));
        var from = await (from n in db.Notifications from m in db.Messages
            where n.Id == id && m.ConversationId == n.ConversationId && m.Sequence >= n.FirstSequence && m.Sequence <= n.Sequence && (n.ThreadId == null || m.ThreadId == n.ThreadId)
                && m.DeletedAt == null && m.PostedAt >= since
            select m.SenderId).Distinct().ToListAsync(ct);
        return await db.IsQuietAsync(person, now, from, ct: ct);
    }

    // The caller holds the person's row. One that was given up begins anew, as one that is new.
    private async Task DueAsync(HubDb db, IReadOnlyDictionary<string, string> asked, DateTime at, CancellationToken ct)
    {
        var keys = asked.Keys.ToList();
        var there = await db.DueWork.Where(w => w.Kind == Work && keys.Contains(w.Key)).Select(w => new { w.Key, w.DeadAt }).ToListAsync(ct);
        if (there.Exists(w => w.DeadAt is not null))
            await db.DueWork.Where(w => w.Kind == Work && keys.Contains(w.Key) && w.DeadAt != null)
                .ExecuteUpdateAsync(s => s.SetProperty(w => w.DeadAt, (DateTime?)null).SetProperty(w => w.Attempts, 0).SetProperty(w => w.DueAt, at).SetProperty(w => w.WantedAt, at), ct);
        foreach (var key in keys.Except(there.Select(w => w.Key))) db.Due(clock, Work, key, at, asked[key]);
    }

    private static Task<int> LockAsync(HubDb db, Guid person, CancellationToken ct) => db.People.Where(p => p.Id == person).ExecuteUpdateAsync(s => s.SetProperty(p => p.Version, p => p.Version), ct);

    // As long again as it has waited, and once more at the end.
    private static DateTime Next(DateTime came, DateTime now)
    {
        var next = now + (now - came > Again ? now - came : Again);
        return next < came + Waits ? next : came + Waits;
    }
}

/// <summary>
/// Tells one device of one entry, as it stands at that moment. A node that died after the push service took it makes it be sent again: the device shows
/// the second in the place of the first. A subscription that is no more is forgotten.
/// </summary>
internal sealed class PushDelivery(IDbContextFactory<HubDb> hub, InboxService inbox, IPushService push, PushWork decisions, PresenceBoard board, TimeProvider clock) : IDueWork
{
    public const string Work = "notifications.device";

    public const char Between = ':';

    string IDueWork.Kind => Work;

    // A push service that does not answer takes a place for seconds.
    int IDueWork.AtOnce => 16;

    public static string Key(Guid entry, Guid device) => $"{entry}{Between}{device}";

    async Task IDueWork.SendAsync(DueItem item, CancellationToken ct)
    {
        var ids = item.Key.Split(Between);
        var (id, now) = (Guid.Parse(ids[1]), clock.Now());
        await using var db = await hub.CreateDbContextAsync(ct);
        if (await db.PushDevices.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id && !db.PersonPreferences.Any(p => p.PersonId == d.PersonId && !p.Push), ct) is not { } device) return;
        // A push service takes from the hub what is signed by the key for which the browser subscribed, and nothing else.
        if (device.HubKey != PushDeviceService.Short(push.PublicKey))
        {
            await db.PushDevices.Where(d => d.Id == id).ExecuteDeleteAsync(ct);
            return;
        }
        if (await inbox.StillUnreadAsync(new Actor(device.PersonId), Guid.Parse(ids[0]), ct) is not { } entry || (entry.Deleted && entry.Note.Length == 0)) return;
        var kept = entry.At + PushWork.Fresh - now;
        // A push service that is busy may have made it late since it was decided.
        if (kept <= TimeSpan.Zero || await PushWork.IsQuietAsync(db, device.PersonId, item, now, ct)) return;
        if (board.Of(device.PersonId).State == PresenceState.Online)
        {
            await decisions.AgainAsync(db, device.PersonId, entry, item.Body, ct);
            return;
        }
        var (answer, after) = await push.SendAsync(new PushTarget(device.Endpoint, device.P256dh, device.Auth), entry, kept, ct);
        if (answer == PushAnswer.Busy) throw new TryLaterException("The push service is busy.", after);
        if (answer == PushAnswer.Gone) await db.PushDevices.Where(d => d.Id == id).ExecuteDeleteAsync(ct);
        if (answer == PushAnswer.Taken) await db.PushDevices.Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.LastSucceededAt, now), ct);
    }

    Task IDueWork.StoreAsync(HubDb db, DueItem item, CancellationToken ct) => Task.CompletedTask;
}
