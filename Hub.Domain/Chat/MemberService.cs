using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Who is in a channel and may what there, and whether one hears of it. Joining and leaving by oneself: <see cref="ChatService"/>.</summary>
public sealed class MemberService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>Most people whom one call brings in.</summary>
    public const int MostInvited = 50;

    /// <summary>
    /// Members whose name contains <paramref name="text"/>, by name; <paramref name="limit"/> is 1–200, <paramref name="after"/> the last page's
    /// cursor. Whoever may read the conversation may know who is in it.
    /// </summary>
    public async Task<Outcome<Page<ChannelMember>>> ListAsync(Actor actor, Guid id, string text = "", string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == id, ct)) return Refusal.NotFound;
        if (text.Contains('\0', StringComparison.Ordinal)) return new Page<ChannelMember>([], null);
        var words = text.Trim().ToLowerInvariant();
        var found = db.ConversationMembers.AsNoTracking().Where(m => m.ConversationId == id && m.LeftAt == null && m.Person.Name.ToLower().Contains(words));
        if (after is not null)
        {
            // The cursor is the last one shown; one who left since then keeps their place.
            var last = Guid.TryParse(after, out var person) ? await db.ConversationMembers.Where(m => m.ConversationId == id && m.PersonId == person).Select(m => m.Person.Name).FirstOrDefaultAsync(ct) : null;
            if (last is null) return Refusal.Invalid("after", "chat.cursor");
            found = found.Where(m => m.Person.Name.CompareTo(last) > 0 || (m.Person.Name == last && m.PersonId.CompareTo(person) > 0));
        }
        limit = Math.Clamp(limit, 1, 200);
        var rows = await found.OrderBy(m => m.Person.Name).ThenBy(m => m.PersonId).Take(limit + 1).Rows().ToListAsync(ct);
        if (rows.Count <= limit) return new Page<ChannelMember>(rows, null);
        rows.RemoveAt(limit);
        return new Page<ChannelMember>(rows, rows[^1].Id.ToString());
    }

    /// <summary>
    /// Brings people in whom the actor finds: into a private channel its owners and moderators, into another one everyone who is in it. What was
    /// said before counts as read. Gives those who were not in it yet.
    /// </summary>
    public async Task<Outcome<IReadOnlyList<Author>>> InviteAsync(Actor actor, Guid id, IReadOnlyList<Guid> people, CancellationToken ct = default)
    {
        var asked = people.Distinct().Order().ToList();
        if (asked.Count is 0 or > MostInvited) return Refusal.Invalid("people", "chat.invite.most", MostInvited);
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.ChannelAsync(viewer, id, ct) is { } closed) return closed;
        var named = await db.People.VisibleTo(viewer).Where(p => p.LeftAt == null && asked.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => new Author(p.Id, p.Name), ct);
        if (named.Count != asked.Count) return Refusal.Invalid("people", "chat.people");

        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(id, ct);
        var open = await db.Conversations.AnyAsync(c => c.Id == id && c.Audience.Any(), ct);
        if (await db.BelowAsync(id, actor.PersonId, open ? ConversationRole.Member : ConversationRole.Moderator, ct) is { } below) return below;
        var at = await db.Conversations.Where(c => c.Id == id).Select(c => new { c.LatestSequence, c.ThreadMessages }).SingleAsync(ct);
        var rows = await db.ConversationMembers.Where(m => m.ConversationId == id && asked.Contains(m.PersonId)).ToDictionaryAsync(m => m.PersonId, ct);
        var added = asked.Where(p => !rows.TryGetValue(p, out var row) || row.LeftAt is not null).ToList();
        if (added.Count == 0) return Array.Empty<Author>();
        foreach (var person in added)
        {
            if (!rows.TryGetValue(person, out var row)) db.ConversationMembers.Add(row = new ConversationMember { ConversationId = id, PersonId = person });
            (row.JoinedAt, row.LeftAt, row.Role) = (clock.Now(), null, ConversationRole.Member);
            (row.ReadSequence, row.ReadThreadMessages) = (at.LatestSequence, at.ThreadMessages);
        }
        db.Audit(clock, actor, "channel.invite", "conversation", id, string.Join(' ', added));
        await db.SaveChangesAsync(ct);
        var events = await ChatService.JoinedEventsAsync(db, id, added, ct);
        await tx.CommitAsync(ct);
        Author[] told = [.. added.Select(p => named[p])];
        live.Publish(new LiveEvent(Topic.Conversation(id), version, "members-added", new MembersAdded(told)));
        live.Publish(events);
        return told;
    }

    /// <summary>
    /// Takes somebody out of a channel, who from then on sees what its audience sees: a moderator takes out members, an owner everyone. Doing it
    /// again changes nothing. To go oneself is to leave.
    /// </summary>
    public async Task<Outcome<bool>> RemoveAsync(Actor actor, Guid id, Guid personId, CancellationToken ct = default)
    {
        if (personId == actor.PersonId) return Refusal.Invalid("person", "chat.member.self");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.ChannelAsync(viewer, id, ct) is { } closed) return closed;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(id, ct);
        if (await db.BelowAsync(id, actor.PersonId, ConversationRole.Moderator, ct) is { } below) return below;
        var found = await db.ConversationMembers.Where(m => m.ConversationId == id && m.PersonId == personId && m.LeftAt == null)
            .Select(m => new { Row = m, m.Person.Name, m.Person.Kind, m.Conversation.CreatedById }).FirstOrDefaultAsync(ct);
        if (found is null) return false;
        if (found.Kind == ActorKind.Bot) return Refusal.Invalid("person", "chat.member.bot");
        if (found.Row.In(found.CreatedById) > ConversationRole.Member && await db.BelowAsync(id, actor.PersonId, ConversationRole.Owner, ct) is { } above) return above;
        End(found.Row, clock.Now());
        db.Audit(clock, actor, "channel.remove", "conversation", id, personId.ToString());
        await db.SaveChangesAsync(ct);
        var theirs = await db.AdvanceAsync<Person>(personId, ct);
        await tx.CommitAsync(ct);
        await live.RecheckAsync(Topic.Conversation(id), personId, ct);
        live.Publish(new LiveEvent(Topic.Conversation(id), version, "member-left", new MemberChange(personId, found.Name)));
        live.Publish(new LiveEvent(Topic.Me(personId), theirs, "conversation-left", new ConversationLeft(id)));
        return true;
    }

    /// <summary>
    /// Says what a member may do: an owner. Where no owner is left, an administrator of the body names one of the members, also without being in
    /// the channel. The last owner stays one. What is null stays as it is.
    /// </summary>
    public async Task<Outcome<ChannelMember>> SetAsync(Actor actor, Guid id, Guid personId, ConversationRole? role, bool? poster = null, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var body = await db.Conversations.Where(c => c.Id == id && c.Kind == ConversationKind.Channel).Select(c => (Guid?)c.OrganisationId).FirstOrDefaultAsync(ct);
        var names = body is { } of && role == ConversationRole.Owner && poster is null && viewer.HasForBody(Role.Administrator, of);
        var closed = await db.ChannelAsync(viewer, id, ct);
        if (closed is not null && !names) return closed;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(id, ct);
        var members = db.ConversationMembers.Where(m => m.ConversationId == id && m.LeftAt == null);
        if (await db.BelowAsync(id, actor.PersonId, ConversationRole.Owner, ct) is { } below && (!names || await members.Owners().AnyAsync(ct))) return closed ?? below;
        var found = await members.Where(m => m.PersonId == personId && m.Person.LeftAt == null).Select(m => new { Row = m, m.Person.Kind, m.Conversation.CreatedById }).FirstOrDefaultAsync(ct);
        if (found is null) return Refusal.Invalid("person", "chat.member.not");
        if (found.Kind == ActorKind.Bot && role is not null) return Refusal.Invalid("person", "chat.member.bot");
        var (row, before) = (found.Row, found.Row.In(found.CreatedById));
        var (now, posts) = (role ?? before, poster ?? row.PosterSince is not null);
        if (before == ConversationRole.Owner && now != before && !await db.HasOtherOwnerAsync(id, personId, ct)) return new Refusal(RefusalKind.Forbidden, "chat.owner.last");
        if (now == before && posts == row.PosterSince is not null) return await members.Where(m => m.PersonId == personId).Rows().SingleAsync(ct);
        row.Role = now;
        if (posts != row.PosterSince is not null) row.PosterSince = posts ? clock.Now() : null;
        db.Audit(clock, actor, "channel.role", "conversation", id, $"{personId} {now}{(posts ? " poster" : "")}");
        await db.SaveChangesAsync(ct);
        // What is reported there is theirs to handle from now on, or no longer.
        long? theirs = (before == ConversationRole.Member) == (now == ConversationRole.Member) ? null : await db.AdvanceAsync<Person>(personId, ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Conversation(id), version, "member-changed", new MemberRole(personId, now, posts)));
        if (theirs is { } told) live.Publish(new LiveEvent(Topic.Me(personId), told, "reports-changed", new ReportsChanged()));
        return await members.Where(m => m.PersonId == personId).Rows().SingleAsync(ct);
    }

    /// <summary>Says that one wants to hear nothing of a conversation, or wants to again, on every device.</summary>
    public async Task<Outcome<ConversationMuted>> MuteAsync(Actor actor, Guid id, bool muted, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == id, ct)) return Refusal.NotFound;
        DateTime? at = muted ? clock.Now() : null;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var mine = db.ConversationMembers.Where(m => m.ConversationId == id && m.PersonId == actor.PersonId && m.LeftAt == null);
        if (await mine.Where(m => m.MutedAt == null == muted).ExecuteUpdateAsync(s => s.SetProperty(m => m.MutedAt, at), ct) == 0)
            return await mine.Select(m => new ConversationMuted(id, m.MutedAt)).FirstOrDefaultAsync(ct) is { } before ? before : new Refusal(RefusalKind.Forbidden, "chat.join");
        var version = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        await tx.CommitAsync(ct);
        var told = new ConversationMuted(id, at);
        live.Publish(new LiveEvent(Topic.Me(actor.PersonId), version, "conversation-muted", told));
        return told;
    }

    /// <summary>They are in it no more: what they were there goes with it.</summary>
    internal static void End(ConversationMember member, DateTime at) =>
        (member.LeftAt, member.Role, member.PosterSince, member.MutedAt) = (at, ConversationRole.Member, null, null);
}
