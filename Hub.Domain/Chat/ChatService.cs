using System.Security.Cryptography;
using System.Text;
using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Conversations: finding, making, joining, leaving them, and what is one's own of them. Messages: <see cref="MessageService"/>; who runs
/// a channel: <see cref="ChannelService"/> and <see cref="MemberService"/>.
/// </summary>
public sealed class ChatService(IDbContextFactory<HubDb> hub, LiveBus live, SearchIndex index, TimeProvider clock)
{
    /// <summary>Most people that a new channel may name.</summary>
    public const int MostPeople = 300;

    /// <summary>Most entries of a new channel's audience.</summary>
    public const int MostAudience = 100;

    /// <summary>Most others that a direct conversation is with.</summary>
    public const int MostDirect = 8;

    /// <summary>
    /// Conversations one is in (<paramref name="joined"/>), or channels one could join, latest first. A direct conversation that
    /// somebody else opened is there once something is said in it.
    /// <paramref name="after"/> is a page's cursor; <paramref name="limit"/> 1–200. Without <paramref name="counted"/> each card's <see cref="ConversationCard.Members"/> is 0:
    /// for many large channels counting costs more than all the rest.
    /// </summary>
    public async Task<Outcome<Page<ConversationCard>>> ListAsync(Actor actor, bool joined = true, string? after = null, int limit = 50, bool counted = true, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        limit = Math.Clamp(limit, 1, 200);
        // One's own are found by who is in them: most conversations are other people's.
        var some = joined ? db.ConversationMembers.Where(m => viewer.Known && m.PersonId == viewer.PersonId && m.LeftAt == null).Select(m => m.Conversation)
            : db.Conversations.VisibleTo(viewer).Where(c => !c.Members.Any(m => m.PersonId == viewer.PersonId && m.LeftAt == null));
        var visible = some.AsNoTracking()
            .Where(c => c.Kind != ConversationKind.Direct || c.LatestSequence > 0 || c.CreatedById == viewer.PersonId);
        if (after is not null)
        {
            if (!ChannelDirectory.TryCursor(after, out DateTime at, out var id)) return Refusal.Invalid("after", "chat.cursor");
            visible = visible.Where(c => c.LatestAt < at || (c.LatestAt == at && c.Id.CompareTo(id) < 0));
        }
        var cards = await db.Cards(visible.OrderByDescending(c => c.LatestAt).ThenByDescending(c => c.Id).Take(limit + 1), viewer.PersonId, counted).ToListAsync(ct);
        if (cards.Count <= limit) return new Page<ConversationCard>(cards, null);
        cards.RemoveAt(limit);
        return new Page<ConversationCard>(cards, ChannelDirectory.Cursor(cards[^1].LatestAt.Ticks, cards[^1].Id));
    }

    public async Task<Outcome<ConversationCard>> GetAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var card = await db.Cards(db.Conversations.AsNoTracking().VisibleTo(viewer).Where(c => c.Id == id), viewer.PersonId).FirstOrDefaultAsync(ct);
        return card is null ? Refusal.NotFound : card;
    }

    /// <summary>The help channel that one may find, the oldest if there are several: where a person answers.</summary>
    public async Task<Outcome<Guid>> HelpChannelAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.HelpChannelAsync(viewer, ct) is { } found ? found : Refusal.NotFound;
    }

    /// <summary>Makes a channel; its maker and the named people are in it from the start.</summary>
    public async Task<Outcome<ConversationCard>> CreateChannelAsync(Actor actor, NewChannel channel, CancellationToken ct = default)
    {
        var (name, topic) = (channel.Name.Trim(), channel.Topic.Trim());
        if (ChannelService.Check(name, topic) is { } wrong) return wrong;
        if (channel is { IsHelp: true, Announcements: true }) return Refusal.Invalid("announcements", "chat.help.announcements");
        if (channel.People is { Count: > MostPeople }) return Refusal.Invalid("people", "chat.people.most", MostPeople);
        if (channel.Audience is { Count: > MostAudience }) return Refusal.Invalid("audience", "chat.audience.most", MostAudience);
        var marking = channel.Marking;
        if (ChannelService.Check(ref marking) is { } unfit) return unfit;
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known || (channel.IsHelp && !viewer.Has(Role.Administrator) && !viewer.Has(Role.ServiceOwner))) return Refusal.Forbidden;
        var people = (channel.People ?? []).Append(viewer.PersonId).Distinct().Order().ToList();
        if (await db.People.VisibleTo(viewer).CountAsync(p => p.LeftAt == null && people.Contains(p.Id), ct) != people.Count)
            return Refusal.Invalid("people", "chat.people");
        var audience = channel.Audience ?? (channel.People is { Count: > 0 } ? [] : [ChannelAudience.OwnBody]);
        audience = [.. audience.Select(a => a == ChannelAudience.OwnBody ? a with { Id = viewer.OrganisationId } : a)];
        if (!await db.MayNameAsync(viewer, audience.Select(a => (a.Kind, a.Id)), ct)) return Refusal.Invalid("audience", "chat.audience");

        var row = Fresh(viewer, ConversationKind.Channel, name, people);
        (row.Topic, row.IsHelp, row.Marking) = (topic, channel.IsHelp, marking);
        if (channel.Announcements) (row.AnnouncedAt, row.AnnouncedById) = (row.CreatedAt, viewer.PersonId);
        row.Audience = [.. audience.DistinctBy(a => a.Id).Select(a => new AudienceEntry { Kind = a.Kind, TargetId = a.Id })];
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        db.Conversations.Add(row);
        await index.PutAsync(db, SearchKind.Conversation, row.Id, name, topic, ct);
        db.Audit(clock, actor, "channel.create", "conversation", row.Id);
        await db.SaveChangesAsync(ct);
        var events = await JoinedEventsAsync(db, row.Id, people, ct);
        await tx.CommitAsync(ct);
        live.Publish(events);
        return await db.Cards(db.Conversations.Where(c => c.Id == row.Id), viewer.PersonId).SingleAsync(ct);
    }

    /// <summary>The one direct conversation with somebody, made when there is none yet.</summary>
    public Task<Outcome<Opened>> OpenDirectAsync(Actor actor, Guid personId, CancellationToken ct = default) => OpenDirectAsync(actor, [personId], ct);

    /// <summary>
    /// The one direct conversation of oneself and 1–8 others, made when there is none yet. Who is in it never changes: for other people
    /// it is another conversation.
    /// </summary>
    public async Task<Outcome<Opened>> OpenDirectAsync(Actor actor, IReadOnlyList<Guid> others, CancellationToken ct = default)
    {
        var asked = others.Distinct().Order().ToList();
        if (asked.Count > MostDirect) return Refusal.Invalid("people", "chat.direct.most", MostDirect);
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var people = asked.Append(actor.PersonId).Order().ToList();
        var pair = PairKey(people);
        var mine = db.Conversations.VisibleTo(viewer).Where(c => c.PairKey == pair);
        if (await db.Cards(mine, actor.PersonId).FirstOrDefaultAsync(ct) is { } there) return new Opened(there, false);
        if (asked.Count == 0 || asked.Contains(actor.PersonId) || await db.People.VisibleTo(viewer).CountAsync(p => asked.Contains(p.Id) && p.LeftAt == null, ct) != asked.Count)
            return Refusal.Invalid("people", "chat.people");

        var row = Fresh(viewer, ConversationKind.Direct, "", people);
        row.PairKey = pair;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        db.Conversations.Add(row);
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException e) when (!StorageAway.Is(e))
        {
            // The other one opened it in the same moment: the unique pair key keeps it one conversation.
            await tx.RollbackAsync(ct);
            db.ChangeTracker.Clear();
            if (await db.Cards(mine, actor.PersonId).FirstOrDefaultAsync(ct) is { } theirs) return new Opened(theirs, false);
            throw;
        }
        var events = await JoinedEventsAsync(db, row.Id, [actor.PersonId], ct);
        await tx.CommitAsync(ct);
        live.Publish(events);
        return new Opened(await db.Cards(mine, actor.PersonId).SingleAsync(ct), true);
    }

    /// <summary>Joins what one may find; what was said before counts as read. Doing it again changes nothing.</summary>
    public async Task<Outcome<ConversationCard>> JoinAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var seen = db.Conversations.AsNoTracking().VisibleTo(viewer).Where(c => c.Id == id);
        if (await db.Cards(seen, actor.PersonId).FirstOrDefaultAsync(ct) is not { } found) return Refusal.NotFound;
        if (found.Joined) return found;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(id, ct);
        var me = await db.ConversationMembers.FirstOrDefaultAsync(m => m.ConversationId == id && m.PersonId == actor.PersonId, ct);
        // Another device of theirs joined in the same moment. It is read while the row is locked, and what locked it is taken back.
        if (me is { LeftAt: null }) return await db.Cards(seen, actor.PersonId).SingleAsync(ct) with { Version = version - 1 };
        if (me is null) db.ConversationMembers.Add(me = new ConversationMember { ConversationId = id, PersonId = actor.PersonId });
        (me.JoinedAt, me.LeftAt) = (clock.Now(), null);
        var at = await seen.Select(c => new { c.LatestSequence, c.ThreadMessages }).SingleAsync(ct);
        (me.ReadSequence, me.ReadThreadMessages) = (at.LatestSequence, at.ThreadMessages);
        // A channel in which nobody is belongs to whoever comes.
        me.Role = await db.HasOthersAsync(id, actor.PersonId, ct) ? ConversationRole.Member : ConversationRole.Owner;
        await db.SaveChangesAsync(ct);
        var events = await JoinedEventsAsync(db, id, [actor.PersonId], ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Conversation(id), version, "member-joined", new MemberChange(actor.PersonId, viewer.Name)));
        live.Publish(events);
        return (ConversationCard)events[0].Payload;
    }

    /// <summary>Leaves a channel; a direct conversation stays, and the last owner while others are in it. Leaving again changes nothing.</summary>
    public async Task<Outcome<bool>> LeaveAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var kind = await db.Conversations.VisibleTo(viewer).Where(c => c.Id == id).Select(c => (ConversationKind?)c.Kind).FirstOrDefaultAsync(ct);
        if (kind is null) return Refusal.NotFound;
        if (kind == ConversationKind.Direct) return new Refusal(RefusalKind.Forbidden, "chat.direct.leave");
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(id, ct);
        var me = await db.ConversationMembers.FirstOrDefaultAsync(m => m.ConversationId == id && m.PersonId == actor.PersonId && m.LeftAt == null, ct);
        // Who has just left what they cannot find sees it no more.
        if (me is null) return await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == id, ct) ? false : Refusal.NotFound;
        var owner = me.In(await db.Conversations.Where(c => c.Id == id).Select(c => c.CreatedById).SingleAsync(ct)) == ConversationRole.Owner;
        if (owner && !await db.HasOtherOwnerAsync(id, actor.PersonId, ct) && await db.HasOthersAsync(id, actor.PersonId, ct)) return new Refusal(RefusalKind.Forbidden, "chat.owner.last");
        MemberService.End(me, clock.Now());
        await db.SaveChangesAsync(ct);
        var mine = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        await tx.CommitAsync(ct);
        await live.RecheckAsync(Topic.Conversation(id), actor.PersonId, ct);
        live.Publish(new LiveEvent(Topic.Conversation(id), version, "member-left", new MemberChange(actor.PersonId, viewer.Name)));
        live.Publish(new LiveEvent(Topic.Me(actor.PersonId), mine, "conversation-left", new ConversationLeft(id)));
        return true;
    }

    /// <summary>Moves one's read marker forward, at most to the newest message; it never moves back.</summary>
    public async Task<Outcome<ConversationRead>> ReadAsync(Actor actor, Guid id, long sequence, CancellationToken ct = default)
    {
        if (sequence < 0) return Refusal.Invalid("sequence", "chat.sequence");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Conversations.VisibleTo(viewer).Where(c => c.Id == id).Select(c => new { c.LatestSequence, c.RemovedSequence }).FirstOrDefaultAsync(ct) is not { } place) return Refusal.NotFound;
        // What was removed is not unread.
        var to = Math.Max(Math.Min(sequence, place.LatestSequence), place.RemovedSequence);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var mine = db.ConversationMembers.Where(m => m.ConversationId == id && m.PersonId == actor.PersonId && m.LeftAt == null);
        var inThreads = await db.Messages.Where(m => m.ConversationId == id && m.Sequence == to).Select(m => m.ThreadMessages).FirstOrDefaultAsync(ct);
        if (await mine.Where(m => m.ReadSequence < to).ExecuteUpdateAsync(s => s.SetProperty(m => m.ReadSequence, to).SetProperty(m => m.ReadThreadMessages, inThreads), ct) == 0)
            return await mine.Select(m => new ConversationRead(id, m.ReadSequence) { ThreadMessages = m.ReadThreadMessages }).FirstOrDefaultAsync(ct) is { } at ? at : new Refusal(RefusalKind.Forbidden, "chat.join");
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        await tx.CommitAsync(ct);
        var read = new ConversationRead(id, to) { ThreadMessages = inThreads };
        live.Publish(new LiveEvent(Topic.Me(actor.PersonId), version, "conversation-read", read));
        return read;
    }

    /// <summary>
    /// Moves one's read marker back before a message that stands in the conversation itself: it and all that came after are unread again, on every device.
    /// For who is in the conversation.
    /// </summary>
    public async Task<Outcome<ConversationRead>> UnreadFromAsync(Actor actor, Guid messageId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var at = await db.Messages.VisibleTo(db, viewer).Standing().Where(m => m.Id == messageId)
            .Select(m => new { m.ConversationId, m.Sequence, m.ThreadMessages, Alone = m.ThreadId != null && !m.AlsoToConversation }).FirstOrDefaultAsync(ct);
        if (at is null) return Refusal.NotFound;
        if (at.Alone) return Refusal.Invalid("id", "message.unread.thread");
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        if (await db.ConversationMembers.Where(m => m.ConversationId == at.ConversationId && m.PersonId == actor.PersonId && m.LeftAt == null)
            .ExecuteUpdateAsync(s => s.SetProperty(m => m.ReadSequence, at.Sequence - 1).SetProperty(m => m.ReadThreadMessages, at.ThreadMessages), ct) == 0) return new Refusal(RefusalKind.Forbidden, "chat.join");
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        await tx.CommitAsync(ct);
        var read = new ConversationRead(at.ConversationId, at.Sequence - 1) { ThreadMessages = at.ThreadMessages, Unread = true };
        live.Publish(new LiveEvent(Topic.Me(actor.PersonId), version, "conversation-read", read));
        return read;
    }

    // Two ids stand there as they are; more of them would not fit.
    private static string PairKey(List<Guid> people)
    {
        var joined = string.Join(':', people);
        return people.Count <= 2 ? joined : $"set:{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(joined)))}";
    }

    private Conversation Fresh(Viewer viewer, ConversationKind kind, string name, IEnumerable<Guid> people)
    {
        var (id, now) = (clock.NewId(), clock.Now());
        return new Conversation
        {
            Id = id, Kind = kind, OrganisationId = viewer.OrganisationId, CreatedById = viewer.PersonId, CreatedAt = now, Name = name, LatestAt = now,
            Members = [.. people.Select(p => new ConversationMember
            {
                ConversationId = id, PersonId = p, JoinedAt = now,
                Role = kind == ConversationKind.Channel && p == viewer.PersonId ? ConversationRole.Owner : ConversationRole.Member,
            })],
        };
    }

    // Person rows are advanced in the order of their ids, so that two transactions never wait for each other.
    internal static async Task<List<LiveEvent>> JoinedEventsAsync(HubDb db, Guid id, IReadOnlyList<Guid> people, CancellationToken ct)
    {
        var events = new List<LiveEvent>();
        foreach (var person in people)
        {
            var version = await db.AdvanceAsync<Person>(person, ct);
            var card = await db.Cards(db.Conversations.AsNoTracking().Where(c => c.Id == id), person).SingleAsync(ct);
            events.Add(new LiveEvent(Topic.Me(person), version, "conversation-joined", card));
        }
        return events;
    }
}
