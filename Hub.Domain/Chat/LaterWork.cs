using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Posts what was to be posted later. The post itself knows a repeat by its id, and what follows it looks at the row again: whichever moment a node dies in, the
/// message is posted once, and its row goes when it stands in the conversation or has its reason.
/// </summary>
public sealed class LaterWork(IDbContextFactory<HubDb> hub, LiveBus live, MessageService messages, TimeProvider clock) : IDueWork
{
    /// <summary>For so long after a node began to post it nobody changes a message: longer than a claim holds.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    internal const string Work = "chat.later";

    string IDueWork.Kind => Work;

    Task IDueWork.SendAsync(DueItem item, CancellationToken ct)
    {
        var parts = item.Key.Split(':');
        return PostAsync(Guid.Parse(parts[0]), Guid.Parse(parts[1]), tell: true, ct);
    }

    Task IDueWork.StoreAsync(HubDb db, DueItem item, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Has it posted at that time, and at no other; in the caller's transaction, in which its writer's row is locked.</summary>
    internal async Task DueAsync(HubDb db, LaterMessage row, DateTime at, CancellationToken ct)
    {
        await ForgetAsync(db, row, ct);
        db.Due(clock, Work, Key(row.PersonId, row.Id), at);
    }

    /// <summary>Nothing is to be done for it any more; as <see cref="DueAsync"/>.</summary>
    internal static Task ForgetAsync(HubDb db, LaterMessage row, CancellationToken ct)
    {
        var key = Key(row.PersonId, row.Id);
        return db.DueWork.Where(w => w.Kind == Work && w.Key == key).ExecuteDeleteAsync(ct);
    }

    /// <summary>Posts it now. Not found for one that is gone, was refused or is to wait. Its writer is told of a refusal where <paramref name="tell"/> says so.</summary>
    internal async Task<Outcome<Posted>> PostAsync(Guid personId, Guid id, bool tell, CancellationToken ct)
    {
        if (await TakeAsync(personId, id, ct) is not (var writer, var message, var conversationId)) return Refusal.NotFound;
        var posted = await messages.PostAsync(writer, conversationId, message, ct);
        await EndAsync(personId, id, posted.Refusal, tell, ct);
        return posted;
    }

    private async Task<(Actor Writer, NewMessage Message, Guid ConversationId)?> TakeAsync(Guid personId, Guid id, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // Whoever changes it waits for the same row.
        await db.People.Where(p => p.Id == personId).ExecuteUpdateAsync(s => s.SetProperty(p => p.Version, p => p.Version), ct);
        var now = clock.Now();
        if (await db.LaterMessages.FirstOrDefaultAsync(l => l.PersonId == personId && l.Id == id && l.RefusedAt == null && l.At <= now, ct) is not { } row) return null;
        row.SendingAt = now;
        await db.SaveChangesAsync(ct);
        var kind = await db.People.Where(p => p.Id == personId).Select(p => p.Kind).SingleAsync(ct);
        // Without what they have taken back or sent otherwise meanwhile.
        var files = await db.StoredFiles.Where(f => f.OwnerId == personId && f.LaterId == id && f.RemovedAt == null && (f.MessageId == null || f.Message!.ClientMessageId == id)).OrderBy(f => f.Position).Select(f => f.Id).ToListAsync(ct);
        await tx.CommitAsync(ct);
        return (new Actor(personId, kind),
            new NewMessage(id, row.Text) { ThreadId = row.ThreadId, AlsoToConversation = row.AlsoToConversation, FileIds = files, Confirmed = row.Confirmed, Later = true }, row.ConversationId);
    }

    private async Task EndAsync(Guid personId, Guid id, Refusal? refusal, bool tell, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Person>(personId, ct);
        // Another node that had it too was faster.
        if (await db.LaterMessages.FirstOrDefaultAsync(l => l.PersonId == personId && l.Id == id && l.RefusedAt == null, ct) is not { } row) return;
        if (refusal is null)
        {
            db.LaterMessages.Remove(row);
        }
        else
        {
            (row.SendingAt, row.RefusedAt, row.Reason) = (null, clock.Now(), refusal.Code);
            row.Wakes = refusal.Current is Waking waking ? waking.People : 0;
            row.Version++;
            if (tell) MessageAlerts.Refused(db, clock, row);
        }
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Me(personId), version, "later-changed", new LaterChanged(id)));
    }

    private static string Key(Guid personId, Guid id) => $"{personId}:{id}";
}
