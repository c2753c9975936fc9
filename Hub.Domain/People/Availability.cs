namespace Hub.Domain.People;

/// <summary>What somebody says of themselves by hand.</summary>
public enum OwnState { Available, Away, DoNotDisturb }

/// <summary>Who is told when somebody was last at the hub.</summary>
public enum LastSeenAudience
{
    Nobody,
    /// <summary>People of the same unit.</summary>
    Unit,
    /// <summary>Whoever finds the person.</summary>
    Everyone,
}

/// <summary>What one person has set for themselves; the same on every device. No row: nothing was ever set.</summary>
public sealed class Availability
{
    public Guid PersonId { get; set; }
    public OwnState State { get; set; }
    /// <summary>When <see cref="State"/> ends by itself, UTC; null for one that stands until it is changed.</summary>
    public DateTime? Until { get; set; }
    public DateTime SetAt { get; set; }
    public LastSeenAudience LastSeenFor { get; set; }
    /// <summary>When they were last at a page, to a minute; kept only while <see cref="LastSeenFor"/> names somebody.</summary>
    public DateTime? LastSeenAt { get; set; }
    /// <summary>They want to be reached outside their shifts as well (on call).</summary>
    public bool ReachableOffShift { get; set; }

    /// <summary>What stands at that time.</summary>
    public OwnState At(DateTime at) => Until is { } end && end <= at ? OwnState.Available : State;
}

/// <summary>That a person may be woken by another whatever their quiet hours say.</summary>
public sealed class WakeContact
{
    /// <summary>Whose quiet hours they are.</summary>
    public Guid PersonId { get; set; }
    /// <summary>Who may always reach them.</summary>
    public Guid ContactId { get; set; }
    public DateTime AddedAt { get; set; }
}
