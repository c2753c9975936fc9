using System.Text.Json.Serialization;
using Hub.Domain.Live;

namespace Hub.Domain.Meetings;

/// <summary>What to book, or to change a meeting to. Start and end are local times in an IANA zone, recurrence an RRULE value or null.</summary>
public sealed record MeetingDraft(string? Title, string? Start, string? End, string? TimeZone, IReadOnlyList<string?>? Attendees, string? Recurrence = null, string? Place = null, string? Notes = null);

/// <summary>Somebody invited, with their answer. The organiser is among them.</summary>
public sealed record Invitee(Guid Id, string Name, string Email, AttendeeStatus Status, DateTime? RespondedAt);

/// <summary>A meeting as all who are in it see it. <paramref name="StartsAt"/> and <paramref name="EndsAt"/> are the first occurrence.</summary>
public sealed record MeetingRecord(
    Guid Id, string Title, string Start, string End, string TimeZone, string? Recurrence, DateTime StartsAt, DateTime EndsAt, string Place, string Notes,
    Organiser Organiser, IReadOnlyList<Invitee> Attendees, int Sequence, DateTime? CancelledAt, DateTime CreatedAt, long Version) : ILivePayload
{
    /// <summary>Clashes at the time of booking or changing; given with that answer only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Clash>? Conflicts { get; init; }

    /// <summary>
    /// When the occurrence of that RECURRENCE-ID (its local start) takes place; without one, and where the series has no such, the one
    /// that is on or comes next, or the last.
    /// </summary>
    public (DateTime StartsAt, DateTime EndsAt) Occurrence(string? recurrenceId, DateTime now)
    {
        if (Recurrence is null) return (StartsAt, EndsAt);
        var named = recurrenceId is null ? null : LocalTimes.Read(recurrenceId);
        if (named is { } local && Series.At(Start, End, TimeZone, Recurrence, local) is { } that) return (that.StartsAt, that.EndsAt);
        var slots = Series.Slots(Start, End, TimeZone, Recurrence, now, DateTime.MaxValue).Take(1).ToList();
        var slot = slots.Count > 0 ? slots[0] : Series.Slots(Start, End, TimeZone, Recurrence, StartsAt, now).Last();
        return (slot.StartsAt, slot.EndsAt);
    }

    /// <summary>The record after an event of its topic; null for an event it does not know: load again.</summary>
    public MeetingRecord? Apply(LiveEvent e) => e.Payload switch
    {
        MeetingRecord changed => changed,
        MeetingCancelled c => this with { CancelledAt = c.CancelledAt, Sequence = c.Sequence, Version = e.Version },
        ResponseGiven r => this with
        {
            Attendees = [.. Attendees.Select(a => a.Id == r.PersonId ? a with { Status = r.Status, RespondedAt = r.RespondedAt } : a)], Version = e.Version,
        },
        _ => null,
    };
}

public sealed record Organiser(Guid Id, string Name);

/// <summary>Payload of <c>meeting-cancelled</c>.</summary>
public sealed record MeetingCancelled(Guid MeetingId, string Title, DateTime CancelledAt, int Sequence) : ILivePayload;

/// <summary>Payload of <c>response-given</c>.</summary>
public sealed record ResponseGiven(Guid MeetingId, Guid PersonId, AttendeeStatus Status, DateTime RespondedAt) : ILivePayload;

/// <summary>Payload on a person's own topic: <c>meeting-invited</c>, <c>meeting-changed</c>, <c>meeting-cancelled</c>, <c>meeting-answered</c>.</summary>
public sealed record MeetingNews(Guid MeetingId, string Title, DateTime StartsAt, string TimeZone) : ILivePayload;

/// <summary>
/// One occurrence of a meeting of mine. <paramref name="SeriesId"/> and <paramref name="RecurrenceId"/> (local start in the
/// meeting's zone) are null for a single meeting.
/// </summary>
public sealed record MeetingOccurrence(
    Guid Id, Guid? SeriesId, string? RecurrenceId, DateTime StartsAt, DateTime EndsAt, string TimeZone, string Title, string Place,
    Organiser Organiser, AttendeeStatus MyStatus, int AttendeeCount);

/// <summary>My occurrences of some time, with the version of my own topic that they agree with. <paramref name="Next"/> is set when there are more.</summary>
public sealed record MyCalendar(long Version, IReadOnlyList<MeetingOccurrence> Items, string? Next);

/// <summary>
/// That somebody is busy. <paramref name="MeetingId"/> and <paramref name="Title"/> only where the asker may see that meeting.
/// </summary>
public sealed record Clash(Guid PersonId, string Name, DateTime StartsAt, DateTime EndsAt, Guid? MeetingId, string? Title);
