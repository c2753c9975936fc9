namespace Hub.Domain.People;

/// <summary>What an audience entry points at.</summary>
public enum AudienceKind { Organisation, Unit, Group, Person }

/// <summary>
/// One entry of an Audience: everyone of this body, unit (with all below it), group, or this person. An empty audience
/// reaches nobody: what has one is known to its members alone.
/// </summary>
public sealed class AudienceEntry
{
    public AudienceKind Kind { get; set; }
    public Guid TargetId { get; set; }

    public static AudienceEntry Body(Guid organisationId) => new() { Kind = AudienceKind.Organisation, TargetId = organisationId };
}
