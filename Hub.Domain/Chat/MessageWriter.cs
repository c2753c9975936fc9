using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Stores messages. Those that arrive while others are being committed share the next transaction, in the order in which they came:
/// one that comes alone waits for nobody, and a crowd costs one commit (CIRCUITS.md "Below and beside Blazor").
/// </summary>
public sealed class MessageWriter(IDbContextFactory<HubDb> hub, TimeProvider clock, Telemetry telemetry)
{
    /// <summary>Messages of one transaction at most.</summary>
    internal const int MostTogether = 64;

    private static readonly TimeSpan MostForAnotherTry = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Queue<MessageDraft> waiting = [];
    private readonly Counter<long> posts = telemetry.Meter.CreateCounter<long>("hub.chat.posts", "{message}", "Messages posted; a repeated send is not one");
    private readonly Histogram<int> together = telemetry.Meter.CreateHistogram<int>("hub.chat.post.batch", "{message}", "Messages that were committed together");
    private bool working;

    /// <summary>Messages that wait for the next transaction.</summary>
    internal int Waiting
    {
        get
        {
            lock (gate) return waiting.Count;
        }
    }

    /// <summary>Stores the message, or refuses whoever is not in the conversation or may not post there. The caller publishes the events.</summary>
    internal Task<Outcome<StoredMessage>> StoreAsync(MessageDraft draft)
    {
        lock (gate)
        {
            waiting.Enqueue(draft);
            if (!working)
            {
                working = true;
                ThreadPool.UnsafeQueueUserWorkItem(static w => _ = w.WorkAsync(), this, preferLocal: false);
            }
        }
        return draft.Stored.Task;
    }

    /// <summary>
    /// What the first send with this id made, if there was one; a conflict if it said something else. What was sent first counts, also
    /// after an edit or a deletion: a late repeat is still the same send.
    /// </summary>
    internal static async Task<Outcome<StoredMessage>?> EarlierAsync(HubDb db, MessageDraft draft, CancellationToken ct)
    {
        var before = await db.Messages.AsNoTracking().Where(m => m.SenderId == draft.Sender.PersonId && m.ClientMessageId == draft.Message.ClientMessageId)
            .Select(m => new
            {
                m.Id, m.ConversationId, m.RunId, m.ThreadId, m.Files, Removed = m.Sequence <= m.Conversation.RemovedSequence,
                First = db.MessageVersions.Where(v => v.MessageId == m.Id).OrderBy(v => v.Version).Select(v => v.Text).FirstOrDefault()
                    ?? db.HiddenMessages.Where(h => h.MessageId == m.Id && h.ShownAt == null).Select(h => h.Text).FirstOrDefault() ?? m.Text,
            }).FirstOrDefaultAsync(ct);
        if (before is null) return null;
        // What a removed one said nobody knows any more: by its id it is still that send.
        if (before.Removed && before.ConversationId == draft.ConversationId) return new StoredMessage(await db.RecordAsync(before.Id, ct), []);
        if (before.ConversationId != draft.ConversationId || before.First != draft.Message.Text || before.RunId != draft.Message.RunId || before.ThreadId != draft.Message.ThreadId
            || !MessageFiles.Read(before.Files).Select(f => f.Id).SequenceEqual(draft.Message.FileIds)) return Refusal.Conflict("message.used");
        return new StoredMessage(await db.RecordAsync(before.Id, ct), []);
    }

    private async Task WorkAsync()
    {
        while (Next() is { Length: > 0 } batch) await AnswerAsync(batch);
    }

    private async Task AnswerAsync(MessageDraft[] batch)
    {
        var began = clock.GetTimestamp();
        for (var again = false; ; again = true)
        {
            try
            {
                await TogetherAsync(batch);
                return;
            }
            catch (Exception e) when (StorageAway.Is(e))
            {
                // A connection that broke under many: once more on another. What it has committed all the same is found by its id.
                if (!again && clock.GetElapsedTime(began) < MostForAnotherTry) continue;
                foreach (var draft in batch) draft.Stored.TrySetException(e);
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // One of them holds up the others, such as a repeat that was sent in the same moment: each by itself.
                foreach (var draft in batch) await AloneAsync(draft);
                return;
            }
        }
    }

    private MessageDraft[] Next()
    {
        lock (gate)
        {
            MessageDraft[] batch = [.. Enumerable.Range(0, Math.Min(MostTogether, waiting.Count)).Select(_ => waiting.Dequeue())];
            working = batch.Length > 0;
            return batch;
        }
    }

    private async Task AloneAsync(MessageDraft draft)
    {
        try
        {
            await using var db = await hub.CreateDbContextAsync();
            if (await EarlierAsync(db, draft, CancellationToken.None) is { } earlier) draft.Stored.TrySetResult(earlier);
            else await TogetherAsync([draft]);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            draft.Stored.TrySetException(e);
        }
    }

    // Rows are locked in the order of their ids, runs before conversations before people, so that two transactions never wait for each other.
    private async Task TogetherAsync(MessageDraft[] batch)
    {
        using var span = telemetry.Traces.StartActivity("store messages", ActivityKind.Internal, batch[0].Sent, links: batch.Skip(1).Select(d => new ActivityLink(d.Sent)));
        await using var db = await hub.CreateDbContextAsync();
        await using var tx = await db.Database.BeginTransactionAsync();
        var now = clock.Now();
        // One that is under way is on the card, a later change of the run finds the card.
        foreach (var run in batch.Select(d => d.Message.RunId).OfType<Guid>().Distinct().Order())
            await db.FixRuns.Where(r => r.Id == run).ExecuteUpdateAsync(s => s.SetProperty(r => r.Version, r => r.Version));
        if (await RepeatsAsync(db, batch) is { Count: > 0 } repeats)
        {
            await tx.RollbackAsync();
            foreach (var draft in repeats) draft.Stored.TrySetResult((await EarlierAsync(db, draft, CancellationToken.None))!.Value);
            if (batch.Except(repeats).ToArray() is { Length: > 0 } rest) await TogetherAsync(rest);
            return;
        }
        var left = batch.GroupBy(d => d.ConversationId).ToDictionary(g => g.Key, g => new Batch(g.Count(), g.Count(d => d.InThreadAlone), g.Select(d => d.Message.ThreadId).OfType<Guid>().Distinct().ToList()));
        var ids = left.Keys.Order().ToList();
        // One statement takes its rows in an order of its own.
        if (ids.Count > 1 && db is PostgresHubDb) await db.Database.ExecuteSqlAsync($"""SELECT 1 FROM "Conversations" WHERE "Id" = ANY ({ids}) ORDER BY "Id" FOR UPDATE""");
        foreach (var alike in ids.GroupBy(id => (left[id].Messages, left[id].InThreads, Threads: left[id].Threads.Count)))
        {
            var (w, of) = (alike.Key, alike.ToList());
            await db.Conversations.Where(c => of.Contains(c.Id)).ExecuteUpdateAsync(s => s
                .SetProperty(c => c.Version, c => c.Version + w.Messages + w.Threads).SetProperty(c => c.LatestSequence, c => c.LatestSequence + w.Messages)
                .SetProperty(c => c.ThreadMessages, c => c.ThreadMessages + w.InThreads).SetProperty(c => c.LatestAt, c => w.Messages > w.InThreads ? now : c.LatestAt));
        }

        // From here the rows are locked: who is in them is as it stands until the commit.
        var senders = batch.Select(d => d.Sender.PersonId).Distinct().ToList();
        var members = (await db.ConversationMembers.Where(m => ids.Contains(m.ConversationId) && senders.Contains(m.PersonId) && m.LeftAt == null && m.Person.LeftAt == null).ToListAsync())
            .ToDictionary(m => (m.ConversationId, m.PersonId));
        var conversations = await db.Conversations.AsNoTracking().Where(c => ids.Contains(c.Id))
            .Select(c => new { c.Id, c.Version, c.LatestSequence, c.ThreadMessages, c.Kind, c.CreatedById, c.ArchivedAt, c.AnnouncedAt, c.IsHelp, c.RemovedSequence, c.RemovedThreadMessages, Hooked = db.Hooks.Any(h => h.ConversationId == c.Id && h.Kind == HookKind.Outgoing && h.EndedAt == null) }).ToDictionaryAsync(c => c.Id);
        var against = batch.ToDictionary(d => d, Against);
        if (against.Values.Any(r => r is not null))
        {
            await tx.RollbackAsync();
            var inside = batch.ToLookup(d => against[d] is null);
            if (inside[true].Any()) await TogetherAsync([.. inside[true]]);
            // Sent by another node meanwhile, and its sender may no longer post: it is still that send.
            foreach (var draft in inside[false]) draft.Stored.TrySetResult(await EarlierAsync(db, draft, CancellationToken.None) ?? against[draft]!);
            return;
        }
        var files = await MessageFiles.FindAsync(db, batch);
        if (batch.Any(files.Lack))
        {
            await tx.RollbackAsync();
            var whole = batch.ToLookup(d => !files.Lack(d));
            if (whole[true].Any()) await TogetherAsync([.. whole[true]]);
            // As above: another node may have posted it with them meanwhile.
            foreach (var draft in whole[false]) draft.Stored.TrySetResult(await EarlierAsync(db, draft, CancellationToken.None) ?? Refusal.Invalid("fileIds", "message.files"));
            return;
        }
        var alerting = await MessageAlerts.FollowedAsync(db, ids);
        var stored = new List<(MessageDraft Draft, Message Row, List<LiveEvent> Events)>();
        foreach (var draft in batch)
        {
            var w = left[draft.ConversationId] = left[draft.ConversationId].Without(draft);
            var sequence = conversations[draft.ConversationId].LatestSequence - w.Messages;
            var row = new Message
            {
                // Ids go on in time as messages do: search reads them by their ids, the newest first.
                Id = Moment.NewId(now, stored.Count), ConversationId = draft.ConversationId, Sequence = sequence, SenderId = draft.Sender.PersonId, ClientMessageId = draft.Message.ClientMessageId,
                Text = draft.Message.Text, Html = draft.Html, PostedAt = now, Version = 1, RunId = draft.Message.RunId,
                ThreadId = draft.Message.ThreadId, AlsoToConversation = draft.Message is { ThreadId: not null, AlsoToConversation: true },
                ThreadMessages = conversations[draft.ConversationId].ThreadMessages - w.InThreads,
                Files = MessageFiles.Write(files.Of(draft)), Links = MessageLinks.Write(draft.Links),
                Help = conversations[draft.ConversationId].IsHelp && draft.Message.ThreadId is null && draft.Sender.Actor.Kind != ActorKind.Bot ? HelpState.Open : null,
            };
            db.Messages.Add(row);
            db.MessageMentions.AddRange(draft.Mentions.Select(m => new MessageMention { MessageId = row.Id, Kind = m.Kind, TargetId = m.Id }));
            // Who is told of it is worked out afterwards: a post waits for nobody's inbox.
            if (draft.Mentions.Count > 0 || conversations[row.ConversationId].Kind == ConversationKind.Direct || row.ThreadId is not null || alerting.Contains(row.ConversationId)) MessageAlerts.Due(db, clock, row.Id);
            // Whoever writes in the conversation itself has read up to there; who wrote earlier has if nothing else was new.
            if (!draft.InThreadAlone)
            {
                var (member, place) = (members[(draft.ConversationId, draft.Sender.PersonId)], conversations[draft.ConversationId]);
                var (read, readThreads) = member.ReadSequence < place.RemovedSequence ? (place.RemovedSequence, place.RemovedThreadMessages) : (member.ReadSequence, member.ReadThreadMessages);
                if (!draft.Message.Later || sequence - 1 - read == row.ThreadMessages - readThreads) (member.ReadSequence, member.ReadThreadMessages) = (sequence, row.ThreadMessages);
            }
            stored.Add((draft, row, []));
        }
        var told = stored.Where(s => conversations[s.Row.ConversationId].Hooked && s.Draft.Sender.Actor.Kind != ActorKind.Bot).Select(s => (s.Row, (IReadOnlyList<string>)[s.Row.Text])).ToList();
        if (told.Count > 0) await HookDeliveries.DueAsync(db, clock, HookEvent.Posted, told, CancellationToken.None);
        await db.SaveChangesAsync();
        foreach (var (draft, row, _) in stored) await MessageFiles.BindAsync(db, draft.Message, row.Id);
        await MessageIndex.AddAsync(db, [.. stored.Select(s => s.Row)]);
        var threads = await ThreadService.GrowAsync(db, [.. stored.Where(s => s.Row.ThreadId is not null).Select(s => (s.Row, s.Draft.Message.Later))], now);

        var records = new Dictionary<Guid, MessageRecord>();
        foreach (var (draft, row, _) in stored)
            records[row.Id] = row.RunId is not null ? await db.RecordAsync(row.Id, CancellationToken.None)
                : new MessageRecord(row.Id, row.ConversationId, row.Sequence, row.ClientMessageId, row.Text, row.Html, new Author(row.SenderId, draft.Sender.Name) { Bot = draft.Sender.Actor.Kind == ActorKind.Bot }, row.PostedAt, null, null, row.Version, null)
                    { ThreadId = row.ThreadId, AlsoToConversation = row.AlsoToConversation, ThreadMessages = row.ThreadMessages, Files = files.Of(draft), Links = draft.Links, Help = row.Help, Later = draft.Message.Later };
        // Who was written to for the first time has not known of the conversation.
        var first = stored.Where(s => s.Row.Sequence == 1 && conversations[s.Row.ConversationId].Kind == ConversationKind.Direct).ToDictionary(s => s.Row.ConversationId, s => s.Events);
        if (first.Count > 0)
        {
            var begun = first.Keys.ToList();
            var newcomers = await db.ConversationMembers.AsNoTracking().Where(m => begun.Contains(m.ConversationId) && m.PersonId != m.Conversation.CreatedById)
                .OrderBy(m => m.PersonId).Select(m => new { m.ConversationId, m.PersonId }).ToListAsync();
            foreach (var newcomer in newcomers) first[newcomer.ConversationId].AddRange(await ChatService.JoinedEventsAsync(db, newcomer.ConversationId, [newcomer.PersonId], CancellationToken.None));
        }
        await tx.CommitAsync();

        posts.Add(stored.Count);
        together.Record(stored.Count);
        // Versions of a conversation: its posts in their order, then the threads that grew.
        foreach (var grown in threads.GroupBy(t => t.ConversationId))
        {
            var (of, version) = (conversations[grown.Key], conversations[grown.Key].Version - grown.Count());
            foreach (var thread in grown) stored.Last(s => s.Row.ThreadId == thread.Id).Events.Add(new LiveEvent(Topic.Conversation(of.Id), ++version, "thread-grown", thread));
        }
        foreach (var (draft, row, events) in stored)
        {
            var of = conversations[row.ConversationId];
            var version = of.Version - threads.Count(t => t.ConversationId == of.Id) - (of.LatestSequence - row.Sequence);
            draft.Stored.TrySetResult(new StoredMessage(records[row.Id], [new LiveEvent(Topic.Conversation(of.Id), version, "message-posted", records[row.Id]), .. events]));
        }

        Refusal? Against(MessageDraft draft)
        {
            if (!members.TryGetValue((draft.ConversationId, draft.Sender.PersonId), out var me)) return new Refusal(RefusalKind.Forbidden, "chat.join");
            var place = conversations[draft.ConversationId];
            return PostingRule.Against(place.ArchivedAt, place.AnnouncedAt is not null, me.In(place.CreatedById), me.PosterSince is not null, draft.InThreadAlone);
        }
    }

    // Those that were sent before.
    private static async Task<List<MessageDraft>> RepeatsAsync(HubDb db, MessageDraft[] batch)
    {
        var (senders, ids) = (batch.Select(d => d.Sender.PersonId).Distinct().ToList(), batch.Select(d => d.Message.ClientMessageId).ToList());
        var known = await db.Messages.Where(m => senders.Contains(m.SenderId) && ids.Contains(m.ClientMessageId)).Select(m => new { m.SenderId, m.ClientMessageId }).ToListAsync();
        return known.Count == 0 ? [] : [.. batch.Where(d => known.Any(k => k.SenderId == d.Sender.PersonId && k.ClientMessageId == d.Message.ClientMessageId))];
    }

    // What of a conversation's messages in a batch has no sequence yet, and the threads that they are in.
    private sealed record Batch(int Messages, int InThreads, List<Guid> Threads)
    {
        public Batch Without(MessageDraft draft) => this with { Messages = Messages - 1, InThreads = InThreads - (draft.InThreadAlone ? 1 : 0) };
    }
}
