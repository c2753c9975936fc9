using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>A person to add.</summary>
public sealed record NewPerson(Guid OrganisationId, string Name, string Email, string JobTitle, Guid? UnitId = null, Guid? SiteId = null, string Phone = "", ActorKind Kind = ActorKind.Person);

/// <summary>
/// Bodies, units, sites, groups and people as the staff system tells them. The hub's own work: no person calls it, sign-in,
/// seeds and imports do.
/// </summary>
[SystemWork]
public sealed class DirectoryService(IDbContextFactory<HubDb> hub, LiveBus live, SearchIndex index, TimeProvider clock)
{
    /// <summary>Adds a body whose people are found by its own alone, until <see cref="OpenDirectoryAsync"/>.</summary>
    public async Task<Guid> AddOrganisationAsync(string name, string domain, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var id = clock.NewId();
        db.Organisations.Add(new Organisation { Id = id, Name = name, Domain = domain, Audience = [AudienceEntry.Body(id)] });
        await db.SaveChangesAsync(ct);
        return id;
    }

    /// <summary>Lets everyone of <paramref name="toOrganisationId"/> find people of <paramref name="organisationId"/>.</summary>
    public async Task OpenDirectoryAsync(Guid organisationId, Guid toOrganisationId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var body = await db.Organisations.SingleAsync(o => o.Id == organisationId, ct);
        if (body.Audience.All(a => a.TargetId != toOrganisationId)) body.Audience.Add(AudienceEntry.Body(toOrganisationId));
        db.Audit(clock, null, "directory.open", "organisation", organisationId, toOrganisationId.ToString());
        await db.SaveChangesAsync(ct);
    }

    public async Task<Guid> AddSiteAsync(Guid organisationId, string name, string address, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var site = new Site { Id = clock.NewId(), OrganisationId = organisationId, Name = name, Address = address };
        db.Sites.Add(site);
        await db.SaveChangesAsync(ct);
        return site.Id;
    }

    public async Task<Guid> AddUnitAsync(Guid organisationId, Guid? parentId, string name, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var id = clock.NewId();
        var above = parentId is null ? "" : await db.Units.Where(u => u.Id == parentId).Select(u => u.Path).SingleAsync(ct);
        db.Units.Add(new Unit { Id = id, OrganisationId = organisationId, ParentId = parentId, Name = name, Path = $"{above}{id}/" });
        await db.SaveChangesAsync(ct);
        return id;
    }

    public async Task SetSupervisorAsync(Guid unitId, Guid personId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await db.Units.Where(u => u.Id == unitId).ExecuteUpdateAsync(s => s.SetProperty(u => u.SupervisorId, personId), ct);
    }

    public async Task<Guid> AddGroupAsync(Guid organisationId, string name, IEnumerable<Guid> people, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var group = new Group { Id = clock.NewId(), OrganisationId = organisationId, Name = name };
        group.Members = [.. people.Distinct().Select(p => new GroupMember { GroupId = group.Id, PersonId = p })];
        db.Groups.Add(group);
        await db.SaveChangesAsync(ct);
        return group.Id;
    }

    /// <summary>Adds a person and makes them findable.</summary>
    public async Task<Guid> AddPersonAsync(NewPerson person, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var row = new Person
        {
            Id = clock.NewId(), OrganisationId = person.OrganisationId, UnitId = person.UnitId, SiteId = person.SiteId, Kind = person.Kind,
            Name = person.Name, Email = person.Email.ToLowerInvariant(), JobTitle = person.JobTitle, Phone = person.Phone,
        };
        db.People.Add(row);
        // The part before the @ alone: everybody of a body has the rest.
        await index.PutAsync(db, SearchKind.Person, row.Id, row.Name, $"{row.JobTitle} {row.Email.Split('@')[0]}", ct);
        await db.SaveChangesAsync(ct);
        return row.Id;
    }

    public async Task AddShiftsAsync(IEnumerable<(Guid PersonId, DateTime StartsAt, DateTime EndsAt)> shifts, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        db.Shifts.AddRange(shifts.Select(s => new Shift { Id = clock.NewId(), PersonId = s.PersonId, StartsAt = s.StartsAt, EndsAt = s.EndsAt }));
        await db.SaveChangesAsync(ct);
    }

    public async Task AddAbsenceAsync(Guid personId, AbsenceKind kind, DateTime startsAt, DateTime endsAt, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        db.Absences.Add(new Absence { Id = clock.NewId(), PersonId = personId, Kind = kind, StartsAt = startsAt, EndsAt = endsAt });
        await db.SaveChangesAsync(ct);
    }

    /// <summary>They left: nothing opens to them any more, and what they watch ends; their name stays on what they wrote.</summary>
    public async Task LeaveAsync(Guid personId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var now = clock.Now();
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        if (await db.People.Where(p => p.Id == personId && p.LeftAt == null).ExecuteUpdateAsync(s => s.SetProperty(p => p.LeftAt, now), ct) == 0) return;
        // No event goes with it, since nobody is left to be told: the version moves so that other nodes end their watches too.
        await db.AdvanceAsync<Person>(personId, ct);
        db.Audit(clock, null, "person.leave", "person", personId);
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        await live.RecheckAsync(personId: personId, ct: ct);
    }
}
