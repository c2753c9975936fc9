using Hub.Domain.People;
using Hub.Domain.ServiceDesk;
using Hub.Domain.Storage;

namespace Hub.Domain.Fixes;

/// <summary>Something that repairs a problem step by step. People run its published version.</summary>
public sealed class Fix
{
    public Guid Id { get; set; }
    public Guid OrganisationId { get; set; }
    /// <summary>Short name in addresses, lower case, unique.</summary>
    public required string Slug { get; set; }
    public Guid ServiceId { get; set; }
    public Service Service { get; set; } = null!;
    /// <summary>Title and summary of the published version.</summary>
    public required string Title { get; set; }
    public string Summary { get; set; } = "";
    /// <summary>About how long it takes, in minutes.</summary>
    public int Minutes { get; set; }
    public int? PublishedNumber { get; set; }
    public List<AudienceEntry> Audience { get; set; } = [];
    public List<FixVersion> Versions { get; set; } = [];
}

public sealed class FixVersion
{
    public Guid FixId { get; set; }
    public int Number { get; set; }
    /// <summary>The YAML document (docs/fixes.md).</summary>
    public required string Document { get; set; }
    public DateTime SavedAt { get; set; }
    public Guid SavedById { get; set; }
    public DateTime? PublishedAt { get; set; }
    public Guid? PublishedById { get; set; }
}

public enum RunState { Waiting, Working, Fixed, NotFixed, Abandoned }

/// <summary>One person's way through a fix. Everything is stored after each step, so that it goes on from any device.</summary>
public sealed class FixRun : IVersioned
{
    public Guid Id { get; set; }
    public Guid FixId { get; set; }
    public Fix Fix { get; set; } = null!;
    public int Number { get; set; }
    public Guid PersonId { get; set; }
    public Person Person { get; set; } = null!;
    public RunState State { get; set; }
    /// <summary>Step that waits or works; null at the end.</summary>
    public string? StepId { get; set; }
    public DateTime StartedAt { get; set; }
    public DateTime? EndedAt { get; set; }
    /// <summary>While Working: when to look again. A node claims the run by moving it on, so that it is also the lease of an action under way.</summary>
    public DateTime? DueAt { get; set; }
    /// <summary>True if a check proved the outcome; false if it rests on the person's word.</summary>
    public bool Verified { get; set; }
    /// <summary>Title of the outcome step that ended it.</summary>
    public string OutcomeTitle { get; set; } = "";
    /// <summary>When the runner asked for a person: from then on the people who help with this service may read it.</summary>
    public DateTime? HandedOverAt { get; set; }
    public Guid? HandedOverToId { get; set; }
    /// <summary>The devices it is about: of each kind the first by name when it started. They stay the same until it ends, whatever is enrolled meanwhile.</summary>
    public List<Guid> DeviceIds { get; set; } = [];
    /// <summary>Version of the topic <c>run:{id}</c>; gapless.</summary>
    public long Version { get; set; }
    public List<RunStep> Steps { get; set; } = [];
}

public enum RunStepState { Waiting, Intended, Done, Found, Failed }

/// <summary>A step as it happened. An action's row stands as Intended before anything is sent.</summary>
public sealed class RunStep
{
    public Guid RunId { get; set; }
    /// <summary>1, 2, 3 … in the order of the run.</summary>
    public int Number { get; set; }
    public required string StepId { get; set; }
    /// <summary>ask, check, action, instruct or outcome.</summary>
    public required string Kind { get; set; }
    public required string Title { get; set; }
    public RunStepState State { get; set; }
    /// <summary>The person's answer, or the value that decided the branch.</summary>
    public string Value { get; set; } = "";
    /// <summary>What was read or done, in plain words; the runner's own until shared.</summary>
    public string Reading { get; set; } = "";
    /// <summary>Graph operation, for a check or an action.</summary>
    public string Operation { get; set; } = "";
    public DateTime StartedAt { get; set; }
    public DateTime? EndedAt { get; set; }
}
