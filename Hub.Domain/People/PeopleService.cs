using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Oneself, as API.md's <c>/me</c>.</summary>
public sealed record Me(Guid Id, string Name, string Email, string Organisation, IReadOnlyList<string> Roles, DateTime? OnShiftUntil);

/// <summary>A colleague as others see them.</summary>
public sealed record PersonCard(Guid Id, string Name, string Email, string JobTitle, string Organisation, string Unit, string Site, string Phone);

/// <summary>Somebody the persona page offers.</summary>
public sealed record Persona(Guid Id, string Name, string Email, string JobTitle, string Organisation, IReadOnlyList<Role> Roles);

/// <summary>Who people are and how they are found.</summary>
public sealed class PeopleService(IDbContextFactory<HubDb> hub, TimeProvider clock) : ITopicSource
{
    string ITopicSource.Kind => "me";

    /// <summary>The actor, with roles as <c>KnowledgeManager</c> or <c>KnowledgeManager@organisation:{id}</c>; null for somebody gone.</summary>
    public async Task<Me?> MeAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return null;
        var now = clock.Now();
        var p = await db.People.AsNoTracking().Where(p => p.Id == actor.PersonId)
            .Select(p => new
            {
                p.Email, Organisation = p.Organisation.Name,
                Until = db.Shifts.Where(s => s.PersonId == p.Id && s.StartsAt <= now && s.EndsAt > now).Max(s => (DateTime?)s.EndsAt),
            }).FirstAsync(ct);
        var roles = viewer.Roles.Select(r => r.Scope == ScopeKind.Hub ? r.Role.ToString() : $"{r.Role}@{r.Scope.ToString().ToLowerInvariant()}:{r.ScopeId}");
        return new Me(actor.PersonId, viewer.Name, p.Email, p.Organisation, [nameof(Role.Staff), .. roles], p.Until);
    }

    /// <summary>One colleague.</summary>
    public async Task<Outcome<PersonCard>> GetAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var card = await Cards(db.People.VisibleTo(viewer).Where(p => p.Id == id)).FirstOrDefaultAsync(ct);
        return card is null ? Refusal.NotFound : card;
    }

    /// <summary>
    /// Active colleagues whose name or address contains <paramref name="text"/>, by name; <paramref name="limit"/> is 1–200,
    /// <paramref name="after"/> the last page's cursor.
    /// </summary>
    public async Task<Outcome<Page<PersonCard>>> FindAsync(Actor actor, string text, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        // No name has a NUL in it, and PostgreSQL would refuse the question.
        if (text.Contains('\0', StringComparison.Ordinal)) return new Page<PersonCard>([], null);
        var words = text.ToLowerInvariant();
        var found = db.People.VisibleTo(viewer).Where(p => p.LeftAt == null && p.Kind == ActorKind.Person && (p.Name.ToLower().Contains(words) || p.Email.Contains(words)));
        if (after is not null)
        {
            // The cursor is the last one shown; one who left since then keeps their place.
            var last = Guid.TryParse(after, out var id) ? await db.People.VisibleTo(viewer).Where(p => p.Id == id).Select(p => p.Name).FirstOrDefaultAsync(ct) : null;
            if (last is null) return Refusal.Invalid("after", "after");
            found = found.Where(p => p.Name.CompareTo(last) > 0 || (p.Name == last && p.Id.CompareTo(id) > 0));
        }
        limit = Math.Clamp(limit, 1, 200);
        var cards = await Cards(found.OrderBy(p => p.Name).ThenBy(p => p.Id).Take(limit + 1)).ToListAsync(ct);
        if (cards.Count <= limit) return new Page<PersonCard>(cards, null);
        cards.RemoveAt(limit);
        return new Page<PersonCard>(cards, cards[^1].Id.ToString());
    }

    /// <summary>Everyone the persona page offers, by body and name. For Development's sign-in only.</summary>
    [SystemWork]
    public async Task<IReadOnlyList<Persona>> PersonasAsync(CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.People.AsNoTracking().Where(p => p.LeftAt == null && p.Kind == ActorKind.Person)
            .OrderBy(p => p.Organisation.Name).ThenBy(p => p.Name)
            .Select(p => new Persona(p.Id, p.Name, p.Email, p.JobTitle, p.Organisation.Name,
                p.Roles.Where(r => r.EndedAt == null).Select(r => r.Role).ToList()))
            .AsSplitQuery().ToListAsync(ct);
    }

    /// <summary>The active person with this address; null when there is none. A bot is none.</summary>
    [SystemWork]
    public async Task<Actor?> ActorByEmailAsync(string email, CancellationToken ct = default)
    {
        if (email.Contains('\0', StringComparison.Ordinal)) return null;
        await using var db = await hub.CreateDbContextAsync(ct);
        var address = email.Trim().ToLowerInvariant();
        return await db.People.Where(p => p.Email == address && p.LeftAt == null && p.Kind != ActorKind.Bot)
            .Select(p => new Actor(p.Id, p.Kind, null, null)).FirstOrDefaultAsync(ct);
    }

    /// <summary>Those of <paramref name="ids"/> who may still use the hub; asked again for every open connection.</summary>
    [SystemWork]
    public async Task<IReadOnlySet<Guid>> ActiveAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.People.Where(p => ids.Contains(p.Id) && p.LeftAt == null).Select(p => p.Id).ToHashSetAsync(ct);
    }

    /// <summary>True while the person may use the hub; asked again by every open page. A bot never signs in.</summary>
    [SystemWork]
    public async Task<bool> IsActiveAsync(Guid personId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.People.AnyAsync(p => p.Id == personId && p.LeftAt == null && p.Kind != ActorKind.Bot, ct);
    }

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct) =>
        ids.Contains(actor.PersonId) && await IsActiveAsync(actor.PersonId, ct) ? new HashSet<Guid> { actor.PersonId } : [];

    async Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.People.Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Version, ct);
    }

    private static IQueryable<PersonCard> Cards(IQueryable<Person> people) =>
        people.Select(p => new PersonCard(p.Id, p.Name, p.Email, p.JobTitle, p.Organisation.Name,
            p.Unit == null ? "" : p.Unit.Name, p.Site == null ? "" : p.Site.Name, p.Phone));
}
