using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>
/// Makes the inbox entries of a posted message. In batches, each with a transaction of its own, so that no transaction holds many people's rows; each entry
/// is unique for its person, kind and subject, and a counted one knows up to which message it counts: what a node that died had made is not made again.
/// </summary>
public sealed class MessageNotifier(IDbContextFactory<HubDb> hub, LiveBus live, PresenceBoard board, DigestWork digests, PushWork pushes, TimeProvider clock) : IDueWork
{
    private const int Batch = 100;

    string IDueWork.Kind => MessageAlerts.Work;

    async Task IDueWork.SendAsync(DueItem item, CancellationToken ct)
    {
        var id = Guid.Parse(item.Key);
        List<(Guid Person, NotificationKind Kind)> told;
        Message message;
        await using (var db = await hub.CreateDbContextAsync(ct))
        {
            if (await db.Messages.AsNoTracking().Include(m => m.Conversation).FirstOrDefaultAsync(m => m.Id == id && m.DeletedAt == null, ct) is not { } found) return;
            message = found;
            told = await ToldAsync(db, message, ct);
        }
        foreach (var some in told.OrderBy(t => t.Person).Chunk(Batch)) live.Publish(await MakeAsync(message, some, ct));
    }

    Task IDueWork.StoreAsync(HubDb db, DueItem item, CancellationToken ct) => Task.CompletedTask;

    // A mention counts for more than that something is new; in a muted conversation nothing else counts.
    private async Task<List<(Guid Person, NotificationKind Kind)>> ToldAsync(HubDb db, Message message, CancellationToken ct)
    {
        var mentions = await db.MessageMentions.Where(m => m.MessageId == message.Id).Select(m => new MentionTarget(m.Kind, m.TargetId)).ToListAsync(ct);
        var mentioned = await Woken.ByAsync(db, board, message.ConversationId, message.SenderId, mentions, ct);
        var (direct, sender) = (message.Conversation.Kind == ConversationKind.Direct, message.SenderId);
        var followers = await db.ConversationMembers.Where(m => m.ConversationId == message.ConversationId && m.LeftAt == null && m.MutedAt == null && m.PersonId != sender && m.Person.LeftAt == null
            && (direct ? m.Alerts != MemberAlerts.Nothing : m.Alerts == MemberAlerts.Everything)).Select(m => m.PersonId).ToListAsync(ct);
        var following = message.ThreadId is not { } thread ? [] : await db.ThreadFollows.Where(f => f.ThreadId == thread && f.EndedAt == null && f.PersonId != sender && db.ConversationMembers.Any(m =>
            m.ConversationId == message.ConversationId && m.PersonId == f.PersonId && m.LeftAt == null && m.MutedAt == null && m.Person.LeftAt == null && m.Alerts != MemberAlerts.Nothing)).Select(f => f.PersonId).ToListAsync(ct);
        if (direct) return [.. following.Select(p => (p, NotificationKind.Thread)), .. followers.Except(following).Select(p => (p, NotificationKind.Direct))];
        var waiting = await db.PersonPreferences.Where(p => p.AlertWords != "" && p.PersonId != sender && db.ConversationMembers.Any(m =>
            m.ConversationId == message.ConversationId && m.PersonId == p.PersonId && m.LeftAt == null && m.MutedAt == null && m.Person.LeftAt == null && m.Alerts != MemberAlerts.Nothing)).ToListAsync(ct);
        var called = waiting.Where(p => PreferenceService.Says(message.Text, p.AlertWords)).Select(p => p.PersonId).Except(mentioned).ToList();
        // Who wants everything of a channel has what stands in it, not in its threads.
        var others = message is { ThreadId: not null, AlsoToConversation: false } ? [] : followers.Except(mentioned).Except(called).Except(following);
        return
        [
            .. mentioned.Select(p => (p, NotificationKind.Mention)), .. called.Select(p => (p, NotificationKind.Word)),
            .. following.Except(mentioned).Except(called).Select(p => (p, NotificationKind.Thread)), .. others.Select(p => (p, NotificationKind.Message)),
        ];
    }

    private async Task<IReadOnlyList<LiveEvent>> MakeAsync(Message message, IReadOnlyList<(Guid Person, NotificationKind Kind)> told, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var people = told.Select(t => t.Person).ToList();
        // From here their rows are locked, in the order of their ids: what is read of their entries stands until the commit.
        foreach (var person in people) await db.People.Where(p => p.Id == person).ExecuteUpdateAsync(s => s.SetProperty(p => p.Version, p => p.Version), ct);
        Guid[] subjects = [message.Id, message.ConversationId, message.ThreadId ?? message.Id];
        var there = (await db.Notifications.Where(n => people.Contains(n.PersonId) && subjects.Contains(n.SubjectId)).ToListAsync(ct)).ToDictionary(n => (n.PersonId, n.Kind, n.SubjectId));
        var read = await db.ConversationMembers.Where(m => m.ConversationId == message.ConversationId && people.Contains(m.PersonId)).ToDictionaryAsync(m => m.PersonId, m => m.ReadSequence, ct);
        var readThread = message.ThreadId is not { } of ? new Dictionary<Guid, long>() : await db.ThreadFollows.Where(f => f.ThreadId == of && people.Contains(f.PersonId)).ToDictionaryAsync(f => f.PersonId, f => f.ReadSequence, ct);
        var changed = new List<Notification>();
        foreach (var (person, kind) in told)
        {
            var single = kind is NotificationKind.Mention or NotificationKind.Word;
            // What stands in a thread alone is not read by reading the conversation.
            var thread = kind == NotificationKind.Thread || (single && !message.AlsoToConversation) ? message.ThreadId : null;
            var subject = single ? message.Id : thread ?? message.ConversationId;
            var seen = Seen(person, thread);
            // What was before their eyes at once is no news; that somebody was mentioned is kept.
            if (!single && seen >= message.Sequence) continue;
            if (!there.TryGetValue((person, kind, subject), out var entry))
                db.Notifications.Add(entry = new Notification { Id = clock.NewId(), PersonId = person, Kind = kind, SubjectId = subject, ConversationId = message.ConversationId, ThreadId = thread, FirstSequence = message.Sequence });
            else if (entry.FirstSequence <= message.Sequence && message.Sequence <= entry.Sequence) continue;
            else if (message.Sequence > entry.Sequence && (entry.ReadAt is not null || seen >= entry.Sequence)) (entry.FirstSequence, entry.ReadAt) = (message.Sequence, null);
            else entry.FirstSequence = Math.Min(entry.FirstSequence, message.Sequence);
            if (message.Sequence > entry.Sequence) (entry.MessageId, entry.Sequence, entry.At) = (message.Id, message.Sequence, message.PostedAt);
            changed.Add(entry);
        }
        var unread = changed.FindAll(e => Seen(e.PersonId, e.ThreadId) < e.Sequence);
        foreach (var entry in unread) await digests.AskAsync(db, entry.PersonId, entry.At, ct);
        await pushes.AskAsync(db, unread, ct);
        var events = new List<LiveEvent>();
        foreach (var entry in changed) events.Add(new LiveEvent(Topic.Me(entry.PersonId), await db.AdvanceAsync<Person>(entry.PersonId, ct), "inbox-changed", new InboxNews(entry.Id, false)));
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        return events;

        long Seen(Guid person, Guid? thread) => (thread is null ? read : readThread).GetValueOrDefault(person);
    }
}
