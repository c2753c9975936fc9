using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Running a channel: its name and topic, whether few post in it, and its end. Who is in it and may what: <see cref="MemberService"/>.</summary>
public sealed class ChannelService(IDbContextFactory<HubDb> hub, LiveBus live, SearchIndex index, TimeProvider clock)
{
    /// <summary>Most leaders that <see cref="AboutAsync"/> names.</summary>
    public const int MostLeaders = 200;

    /// <summary>Most characters of a protective marking.</summary>
    public const int MostOfMarking = 60;

    /// <summary>What a channel is, who may find it and who runs it.</summary>
    public async Task<Outcome<ChannelAbout>> AboutAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var seen = db.Conversations.AsNoTracking().VisibleTo(viewer).Where(c => c.Id == id);
        if (await db.Cards(seen, actor.PersonId).FirstOrDefaultAsync(ct) is not { } card) return Refusal.NotFound;
        var more = await seen.Select(c => new
        {
            c.OrganisationId, c.CreatedAt, c.CreatedById, c.ArchivedById, c.Audience,
            Organisation = db.Organisations.Where(o => o.Id == c.OrganisationId).Select(o => o.Name).First(),
        }).AsSingleQuery().FirstOrDefaultAsync(ct);
        if (more is null) return Refusal.NotFound;
        var names = await db.People.Where(p => p.Id == more.CreatedById || p.Id == more.ArchivedById).ToDictionaryAsync(p => p.Id, p => new Author(p.Id, p.Name), ct);
        var members = db.ConversationMembers.AsNoTracking().Where(m => m.ConversationId == id && m.LeftAt == null);
        var leaders = card.Kind == ConversationKind.Direct ? [] : await members.Where(m => m.Role == ConversationRole.Owner || m.Role == ConversationRole.Moderator || m.PosterSince != null || (m.Role == null && m.PersonId == more.CreatedById))
            .OrderBy(m => m.Person.Name).ThenBy(m => m.PersonId).Take(MostLeaders).Rows().ToListAsync(ct);
        var ownerless = card.Kind == ConversationKind.Channel && !await members.Owners().AnyAsync(ct);
        return new ChannelAbout(
            card, more.Organisation, await AudienceService.NamedAsync(db, viewer, more.Audience, ct), [.. leaders.OrderByDescending(m => m.Role)],
            names[more.CreatedById], more.CreatedAt, more.ArchivedById is { } by ? names[by] : null,
            card.Kind == ConversationKind.Channel && card.Role is { } role && (!card.Private || role > ConversationRole.Member),
            ownerless, ownerless && viewer.HasForBody(Role.Administrator, more.OrganisationId), card.Version);
    }

    /// <summary>Gives it another name and topic: an owner or a moderator, who has seen <see cref="ChannelDetails.Version"/>.</summary>
    public async Task<Outcome<ConversationCard>> ChangeAsync(Actor actor, Guid id, ChannelDetails details, CancellationToken ct = default)
    {
        var (name, topic) = (details.Name.Trim(), details.Topic.Trim());
        if (Check(name, topic) is { } wrong) return wrong;
        return await KeepAsync(actor, id, ConversationRole.Moderator, async (db, row) =>
        {
            if (row.Name == name && row.Topic == topic) return (string?)null;
            if (row.DetailsVersion != details.Version) return Refusal.Stale(row.DetailsVersion);
            (row.Name, row.Topic, row.DetailsVersion) = (name, topic, row.DetailsVersion + 1);
            await index.PutAsync(db, SearchKind.Conversation, id, name, topic, ct);
            return "channel.change";
        }, ct);
    }

    /// <summary>Ends the talk in it, or opens it again: an owner. An archived channel is read and searched, and nobody writes in it.</summary>
    public Task<Outcome<ConversationCard>> ArchiveAsync(Actor actor, Guid id, bool archived, CancellationToken ct = default) =>
        KeepAsync(actor, id, ConversationRole.Owner, (_, row) =>
        {
            if (row.ArchivedAt is not null == archived) return Task.FromResult<Outcome<string?>>((string?)null);
            (row.ArchivedAt, row.ArchivedById) = archived ? (clock.Now(), actor.PersonId) : (default(DateTime?), default(Guid?));
            return Task.FromResult<Outcome<string?>>(archived ? "channel.archive" : "channel.unarchive");
        }, ct);

    /// <summary>Says that few post and all may reply in threads, or that all post: an owner. Not for the help channel, where everyone must be heard.</summary>
    public Task<Outcome<ConversationCard>> AnnounceAsync(Actor actor, Guid id, bool announcements, CancellationToken ct = default) =>
        KeepAsync(actor, id, ConversationRole.Owner, (_, row) =>
        {
            if (row.AnnouncedAt is not null == announcements) return Task.FromResult<Outcome<string?>>((string?)null);
            if (row.IsHelp && announcements) return Task.FromResult<Outcome<string?>>(Refusal.Invalid("announcements", "chat.help.announcements"));
            (row.AnnouncedAt, row.AnnouncedById) = announcements ? (clock.Now(), actor.PersonId) : (default(DateTime?), default(Guid?));
            return Task.FromResult<Outcome<string?>>(announcements ? "channel.announce" : "channel.talk");
        }, ct);

    /// <summary>
    /// Gives it a protective marking, such as OFFICIAL-SENSITIVE, or takes it off (null or empty): an owner. It is shown where one reads and writes,
    /// and nothing that is said under it leaves the hub by mail.
    /// </summary>
    public async Task<Outcome<ConversationCard>> MarkAsync(Actor actor, Guid id, string? marking, CancellationToken ct = default)
    {
        if (Check(ref marking) is { } wrong) return wrong;
        return await KeepAsync(actor, id, ConversationRole.Owner, (_, row) =>
        {
            if (row.Marking == marking) return Task.FromResult<Outcome<string?>>((string?)null);
            row.Marking = marking;
            return Task.FromResult<Outcome<string?>>("channel.mark");
        }, ct);
    }

    /// <summary>White space around a marking is left away; an empty one is none.</summary>
    internal static Refusal? Check(ref string? marking)
    {
        marking = marking?.Trim() is { Length: > 0 } some ? some : null;
        return marking is { Length: > MostOfMarking } || (marking?.Any(char.IsControl) ?? false) ? Refusal.Invalid("marking", "chat.marking", MostOfMarking) : null;
    }

    internal static Refusal? Check(string name, string topic) =>
        name.Length is 0 or > 80 ? Refusal.Invalid("name", "chat.name")
        : topic.Length > 500 ? Refusal.Invalid("topic", "chat.topic")
        : name.Contains('\0', StringComparison.Ordinal) || topic.Contains('\0', StringComparison.Ordinal) ? Refusal.Invalid("name", "text.nul") : null;

    /// <summary>
    /// Changes the channel while its row is locked, where the actor's role is read too. What <paramref name="change"/> gives is the word for
    /// the audit trail, or null for what stands already.
    /// </summary>
    private async Task<Outcome<ConversationCard>> KeepAsync(Actor actor, Guid id, ConversationRole least, Func<HubDb, Conversation, Task<Outcome<string?>>> change, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.ChannelAsync(viewer, id, ct) is { } closed) return closed;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(id, ct);
        if (await db.BelowAsync(id, actor.PersonId, least, ct) is { } below) return below;
        var row = await db.Conversations.SingleAsync(c => c.Id == id, ct);
        var done = await change(db, row);
        var cards = db.Cards(db.Conversations.AsNoTracking().Where(c => c.Id == id), actor.PersonId);
        if (done.Refusal is not null || done.Value is null)
        {
            await tx.RollbackAsync(ct);
            return done.Refusal is not { } refusal ? await cards.SingleAsync(ct) : refusal.Kind == RefusalKind.Stale ? Refusal.Stale(await cards.SingleAsync(ct)) : refusal;
        }
        db.Audit(clock, actor, done.Value, "conversation", id);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Conversation(id), version, "conversation-changed",
            new ConversationChanged(id, row.Name, row.Topic, row.ArchivedAt, row.AnnouncedAt is not null, row.Marking, row.DetailsVersion)));
        return await cards.SingleAsync(ct);
    }
}
