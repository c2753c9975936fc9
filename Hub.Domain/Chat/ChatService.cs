using System.Globalization;
using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Conversations: finding, making, joining, leaving them, and how far one has read. Messages: <see cref="MessageService"/>.</summary>
public sealed class ChatService(IDbContextFactory<HubDb> hub, LiveBus live, SearchIndex index, TimeProvider clock)
{
    /// <summary>Most people that a new channel may name.</summary>
    public const int MostPeople = 300;

    /// <summary>Most entries of a new channel's audience.</summary>
    public const int MostAudience = 100;

    /// <summary>
    /// Conversations one is in (<paramref name="joined"/>), or channels one could join, latest first. A direct conversation that
    /// somebody else opened is there once something is said in it.
    /// <paramref name="after"/> is a page's cursor; <paramref name="limit"/> 1–200.
    /// </summary>
    public async Task<Outcome<Page<ConversationCard>>> ListAsync(Actor actor, bool joined = true, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        limit = Math.Clamp(limit, 1, 200);
        var visible = db.Conversations.AsNoTracking().VisibleTo(viewer)
            .Where(c => c.Members.Any(m => m.PersonId == viewer.PersonId && m.LeftAt == null) == joined)
            .Where(c => c.Kind != ConversationKind.Direct || c.LatestSequence > 0 || c.CreatedById == viewer.PersonId);
        if (after is not null)
        {
            if (!TryCursor(after, out var at, out var id)) return Refusal.Invalid("after", "chat.cursor");
            visible = visible.Where(c => c.LatestAt < at || (c.LatestAt == at && c.Id.CompareTo(id) < 0));
        }
        var cards = await db.Cards(visible.OrderByDescending(c => c.LatestAt).ThenByDescending(c => c.Id).Take(limit + 1), viewer.PersonId).ToListAsync(ct);
        if (cards.Count <= limit) return new Page<ConversationCard>(cards, null);
        cards.RemoveAt(limit);
        return new Page<ConversationCard>(cards, $"{cards[^1].LatestAt.Ticks}_{cards[^1].Id}");
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
        if (name.Length is 0 or > 80) return Refusal.Invalid("name", "chat.name");
        if (topic.Length > 500) return Refusal.Invalid("topic", "chat.topic");
        if (name.Contains('\0', StringComparison.Ordinal) || topic.Contains('\0', StringComparison.Ordinal)) return Refusal.Invalid("name", "text.nul");
        if (channel.People is { Count: > MostPeople }) return Refusal.Invalid("people", "chat.people.most", MostPeople);
        if (channel.Audience is { Count: > MostAudience }) return Refusal.Invalid("audience", "chat.audience.most", MostAudience);
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
        (row.Topic, row.IsHelp) = (topic, channel.IsHelp);
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
    public async Task<Outcome<Opened>> OpenDirectAsync(Actor actor, Guid personId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var pair = string.Join(':', new[] { actor.PersonId, personId }.Order());
        var mine = db.Conversations.VisibleTo(viewer).Where(c => c.PairKey == pair);
        if (await db.Cards(mine, actor.PersonId).FirstOrDefaultAsync(ct) is { } there) return new Opened(there, false);
        if (personId == actor.PersonId || !await db.People.VisibleTo(viewer).AnyAsync(p => p.Id == personId && p.LeftAt == null, ct))
            return Refusal.Invalid("people", "chat.people");

        Guid[] people = [.. new[] { actor.PersonId, personId }.Order()];
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
        await db.SaveChangesAsync(ct);
        var events = await JoinedEventsAsync(db, id, [actor.PersonId], ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Conversation(id), version, "member-joined", new MemberChange(actor.PersonId, viewer.Name)));
        live.Publish(events);
        return (ConversationCard)events[0].Payload;
    }

    /// <summary>Leaves a channel; a direct conversation stays. Leaving again changes nothing.</summary>
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
        if (me is null) return false;
        me.LeftAt = clock.Now();
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
        var latest = await db.Conversations.VisibleTo(viewer).Where(c => c.Id == id).Select(c => (long?)c.LatestSequence).FirstOrDefaultAsync(ct);
        if (latest is null) return Refusal.NotFound;
        var to = Math.Min(sequence, latest.Value);
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

    private Conversation Fresh(Viewer viewer, ConversationKind kind, string name, IEnumerable<Guid> people)
    {
        var (id, now) = (clock.NewId(), clock.Now());
        return new Conversation
        {
            Id = id, Kind = kind, OrganisationId = viewer.OrganisationId, CreatedById = viewer.PersonId, CreatedAt = now, Name = name, LatestAt = now,
            Members = [.. people.Select(p => new ConversationMember { ConversationId = id, PersonId = p, JoinedAt = now })],
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

    internal static bool TryCursor(string cursor, out DateTime at, out Guid id)
    {
        var parts = cursor.Split('_');
        (at, id) = (default, default);
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) || ticks > DateTime.MaxValue.Ticks) return false;
        at = new DateTime(ticks, DateTimeKind.Utc);
        return Guid.TryParse(parts[1], out id);
    }
}
