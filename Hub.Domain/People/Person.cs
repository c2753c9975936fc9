using Hub.Domain.Storage;

namespace Hub.Domain.People;

/// <summary>A body that shares the hub. Its <see cref="Audience"/> says who may find its people; by default only its own.</summary>
public sealed class Organisation
{
    public Guid Id { get; set; }
    public required string Name { get; set; }
    /// <summary>Mail domain, lower case.</summary>
    public required string Domain { get; set; }
    /// <summary>Entra tenant, when people of this body sign in with one of their own.</summary>
    public string? TenantId { get; set; }
    /// <summary>Version of the topic <c>articles:{id}</c>, the body's list of published articles; gapless.</summary>
    public long ShelfVersion { get; set; }
    public List<AudienceEntry> Audience { get; set; } = [];
}

/// <summary>A team in the line of command; the supervisor answers for its people.</summary>
public sealed class Unit : IVersioned
{
    public Guid Id { get; set; }
    public Guid OrganisationId { get; set; }
    public Guid? ParentId { get; set; }
    public required string Name { get; set; }
    /// <summary>Ids from the top unit to this one, each followed by a slash: one read gives all ancestors.</summary>
    public required string Path { get; set; }
    public Guid? SupervisorId { get; set; }
    /// <summary>Version of the topic <c>unit:{id}</c>, the shifts and absences of its people and of all below; gapless.</summary>
    public long Version { get; set; }
}

public sealed class Site
{
    public Guid Id { get; set; }
    public Guid OrganisationId { get; set; }
    public required string Name { get; set; }
    public required string Address { get; set; }
}

/// <summary>People across units: a pilot, first aiders, a project.</summary>
public sealed class Group
{
    public Guid Id { get; set; }
    public Guid OrganisationId { get; set; }
    public required string Name { get; set; }
    public List<GroupMember> Members { get; set; } = [];
}

public sealed class GroupMember
{
    public Guid GroupId { get; set; }
    public Guid PersonId { get; set; }
}

public sealed class Person : IVersioned
{
    public Guid Id { get; set; }
    public Guid OrganisationId { get; set; }
    public Organisation Organisation { get; set; } = null!;
    public Guid? UnitId { get; set; }
    public Unit? Unit { get; set; }
    public Guid? SiteId { get; set; }
    public Site? Site { get; set; }
    public ActorKind Kind { get; set; }
    public required string Name { get; set; }
    /// <summary>Lower case, unique.</summary>
    public required string Email { get; set; }
    public string JobTitle { get; set; } = "";
    public string Phone { get; set; } = "";
    /// <summary>Entra object id (<c>oid</c>), bound at the first sign-in.</summary>
    public string? EntraObjectId { get; set; }
    /// <summary>When they left; a person who left can do nothing and keeps their name on what they wrote.</summary>
    public DateTime? LeftAt { get; set; }
    /// <summary>Version of the topic <c>me</c>.</summary>
    public long Version { get; set; }
    public List<GroupMember> Groups { get; set; } = [];
    public List<RoleGrant> Roles { get; set; } = [];
}

/// <summary>A span on duty, UTC, half-open.</summary>
public sealed class Shift
{
    public Guid Id { get; set; }
    public Guid PersonId { get; set; }
    public DateTime StartsAt { get; set; }
    public DateTime EndsAt { get; set; }
    /// <summary>One more with each correction.</summary>
    public int Version { get; set; }
}

public enum AbsenceKind { Leave, Sick, Training }

/// <summary>A span away, UTC, half-open.</summary>
public sealed class Absence
{
    public Guid Id { get; set; }
    public Guid PersonId { get; set; }
    public AbsenceKind Kind { get; set; }
    public DateTime StartsAt { get; set; }
    public DateTime EndsAt { get; set; }
}

/// <summary>Text a person has typed and not sent; found again on every device. One per key.</summary>
public sealed class Draft
{
    public Guid PersonId { get; set; }
    /// <summary>What the text belongs to, for example <c>message:{conversation}</c>; at most 200 characters.</summary>
    public required string Key { get; set; }
    public required string Text { get; set; }
    public DateTime SavedAt { get; set; }
}
