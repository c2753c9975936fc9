using Hub.Domain.People;
using Hub.Domain.Storage;

namespace Hub.Domain.Meetings;

/// <summary>A meeting or a series (RFC 5545 VEVENT). Times are local in an IANA zone: "half past nine" stays so across clock changes.</summary>
public sealed class Meeting : IVersioned
{
    public Guid Id { get; set; }
    public Guid OrganisationId { get; set; }
    public Guid OrganiserId { get; set; }
    public Person Organiser { get; set; } = null!;
    public required string Title { get; set; }
    public string Notes { get; set; } = "";
    public string Place { get; set; } = "";
    /// <summary>Local start of the first occurrence, <c>yyyy-MM-ddTHH:mm:ss</c>, as given.</summary>
    public required string LocalStart { get; set; }
    /// <summary>Local end of the first occurrence, likewise.</summary>
    public required string LocalEnd { get; set; }
    /// <summary>IANA zone, for example Europe/London.</summary>
    public required string TimeZone { get; set; }
    /// <summary>RRULE value (RFC 5545 §3.3.10), or null.</summary>
    public string? Recurrence { get; set; }
    /// <summary>Instant of the first start, UTC.</summary>
    public DateTime FirstStartsAt { get; set; }
    /// <summary>Instant of the last end, UTC; null for a series without an end.</summary>
    public DateTime? LastEndsAt { get; set; }
    public DateTime CreatedAt { get; set; }
    public DateTime? CancelledAt { get; set; }
    public Guid? CancelledById { get; set; }
    /// <summary>iCalendar SEQUENCE (RFC 5545 §3.8.7.4).</summary>
    public int Sequence { get; set; }
    /// <summary>Version of the topic <c>meeting:{id}</c>; gapless.</summary>
    public long Version { get; set; }
    public List<MeetingAttendee> Attendees { get; set; } = [];
}

/// <summary>PARTSTAT of an attendee (RFC 5545 §3.2.12).</summary>
public enum AttendeeStatus { NeedsAction, Accepted, Declined, Tentative }

/// <summary>That a person is invited. The organiser is an attendee too, accepted from the start.</summary>
public sealed class MeetingAttendee
{
    public Guid MeetingId { get; set; }
    public Meeting Meeting { get; set; } = null!;
    public Guid PersonId { get; set; }
    public Person Person { get; set; } = null!;
    public AttendeeStatus Status { get; set; }
    public DateTime? RespondedAt { get; set; }
}
