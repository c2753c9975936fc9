using Hub.Domain.Live;

namespace Hub.Domain.People;

/// <summary>A shift: half-open, UTC. <paramref name="Version"/> goes with a correction.</summary>
public sealed record ShiftRecord(Guid Id, Guid PersonId, DateTime StartsAt, DateTime EndsAt, int Version);

/// <summary>A shift to add, or what one is to be.</summary>
public sealed record ShiftTimes(DateTime StartsAt, DateTime EndsAt);

/// <summary>Event <c>shifts-changed</c> of one's own topic: that one's shifts or absences are others now.</summary>
public sealed record ShiftsChanged : ILivePayload;

/// <summary>Event <c>team-changed</c> of <c>unit:{id}</c>: that shifts or absences of its people, or of units below, are others now.</summary>
public sealed record TeamChanged(Guid UnitId) : ILivePayload;

/// <summary>What a file of shifts is.</summary>
public enum ShiftFormat
{
    /// <summary>RFC 4180, with a line of names first: email, start, end and, if wanted, timezone.</summary>
    Csv,
    /// <summary>RFC 5545: a VEVENT for each shift or pattern, with its people as ATTENDEE.</summary>
    Calendar,
}

/// <summary>A file to import. <paramref name="TimeZone"/> (IANA) is that of times without one, <paramref name="Person"/> whose the events without ATTENDEE are, by address.</summary>
public sealed record ShiftFile(string Text, ShiftFormat Format, string TimeZone = "Europe/London", string? Person = null);

/// <summary>A shift as a file has it: the number of its line (CSV) or event (iCalendar), from 1.</summary>
public sealed record FileShift(int Number, string Email, DateTime StartsAt, DateTime EndsAt);

/// <summary>Why a line or an event cannot be taken: a resource key without its prefix, and what it names.</summary>
public sealed record BadShift(int Number, string Code, string Email = "", string About = "");

/// <summary>What could be read of a file, and what could not.</summary>
public sealed record ShiftReading(IReadOnlyList<FileShift> Shifts, IReadOnlyList<BadShift> Bad);

/// <summary>
/// What an import did, or would do. <paramref name="From"/> and <paramref name="To"/> are the period that the file covers: first start to last end.
/// </summary>
/// <param name="Stored">False if nothing was: it was only checked, or something in the file is wrong.</param>
/// <param name="People">People whose shifts the file tells and were, or would be, taken.</param>
/// <param name="Added">Shifts that are new.</param>
/// <param name="Removed">Shifts that the file replaces.</param>
/// <param name="Unchanged">Shifts that were there already.</param>
/// <param name="From">Start of the period.</param>
/// <param name="To">End of the period.</param>
/// <param name="Bad">What cannot be taken, by number.</param>
public sealed record ShiftImportReport(bool Stored, int People, int Added, int Removed, int Unchanged, DateTime? From, DateTime? To, IReadOnlyList<BadShift> Bad);

/// <summary>Reads and writes shifts as iCalendar. The room of meetings does, which knows recurrence.</summary>
public interface IShiftCalendar
{
    /// <summary>Every shift of the file, patterns laid out until <paramref name="until"/>; null for what is no iCalendar file.</summary>
    ShiftReading? Read(ShiftFile file, DateTime until);

    /// <summary>The shifts as one file; each is called <paramref name="title"/>.</summary>
    string Write(IEnumerable<ShiftRecord> shifts, string title, DateTime now);
}
