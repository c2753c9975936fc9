using System.Globalization;
using System.Runtime.Serialization;
using Hub.Domain.People;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using NodaTime;
using NodaTime.TimeZones;
using Calendar = Ical.Net.Calendar;
using Period = NodaTime.Period;

namespace Hub.Domain.Meetings;

/// <summary>
/// Shifts as iCalendar (RFC 5545). Here and not beside the shifts, because patterns are laid out as series of meetings are: on the local clock, zones
/// afterwards. EXDATE, RDATE and RECURRENCE-ID are followed; an event that is cancelled is no shift.
/// </summary>
internal sealed class ShiftCalendar : IShiftCalendar
{
    // Of one pattern: three years of every day.
    private const int MostOfOne = 1100;

    public ShiftReading? Read(ShiftFile file, DateTime until)
    {
        if (!file.Text.TrimStart('\uFEFF', ' ', '\r', '\n').StartsWith("BEGIN:VCALENDAR", StringComparison.OrdinalIgnoreCase)) return null;
        List<CalendarEvent> events;
        try
        {
            if (Calendar.Load(file.Text) is not { } read) return null;
            events = [.. read.Events];
        }
        catch (Exception e) when (e is SerializationException or ArgumentException or FormatException or InvalidOperationException or OverflowException or IndexOutOfRangeException or NullReferenceException)
        {
            return null;
        }
        var zone = LocalTimes.Zone(file.TimeZone)!;
        // What an event with a RECURRENCE-ID says stands instead of that occurrence of its series.
        var moved = events.Where(e => e.RecurrenceIdentifier is not null).ToLookup(e => e.Uid ?? "", e => Local(e.RecurrenceIdentifier!.StartTime, Zone(e.Start, zone) ?? zone));
        var (shifts, bad) = (new List<FileShift>(), new List<BadShift>());
        foreach (var (index, e) in events.Index())
        {
            if (string.Equals(e.Status, "CANCELLED", StringComparison.OrdinalIgnoreCase)) continue;
            var people = People(e, file.Person);
            var times = Times(e, zone, e.RecurrenceIdentifier is null ? [.. moved[e.Uid ?? ""]] : [], until);
            if (people.Count == 0) bad.Add(new BadShift(index + 1, "shifts.line.nobody"));
            else if (times is null) bad.AddRange(people.Select(p => new BadShift(index + 1, "shifts.line.event", p)));
            else shifts.AddRange(people.SelectMany(p => times.Select(t => new FileShift(index + 1, p, t.From, t.To))));
        }
        return new ShiftReading(shifts, bad);
    }

    public string Write(IEnumerable<ShiftRecord> shifts, string title, DateTime now)
    {
        var lines = new List<string> { "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//HubPortal//Shifts//EN", "CALSCALE:GREGORIAN" };
        foreach (var s in shifts)
        {
            lines.AddRange("BEGIN:VEVENT", $"UID:{s.Id:D}@hubportal", $"DTSTAMP:{IcsFile.Utc(now)}", $"SEQUENCE:{s.Version.ToString(CultureInfo.InvariantCulture)}",
                $"DTSTART:{IcsFile.Utc(s.StartsAt)}", $"DTEND:{IcsFile.Utc(s.EndsAt)}", $"SUMMARY:{IcsFile.Text(title)}", "TRANSP:TRANSPARENT", "END:VEVENT");
        }
        lines.Add("END:VCALENDAR");
        return string.Concat(lines.Select(IcsFile.Fold));
    }

    private static List<string> People(CalendarEvent e, string? otherwise)
    {
        var named = e.Attendees.Select(a => a.Value).OfType<Uri>().Select(u => u.OriginalString)
            .Select(u => u.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? u[7..] : u).Select(u => u.Trim().ToLowerInvariant()).Where(u => u.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        if (named.Count == 0 && otherwise is { Length: > 0 }) named.Add(otherwise.Trim().ToLowerInvariant());
        return named;
    }

    /// <summary>Null for what has no time of day, no end, a zone that nobody knows, or a rule that is none.</summary>
    private static List<Stretch>? Times(CalendarEvent e, DateTimeZone otherwise, HashSet<LocalDateTime> elsewhere, DateTime until)
    {
        if (e.Start is not { HasTime: true } from || Zone(from, otherwise) is not { } zone || !LocalTimes.Holds(from.Value)) return null;
        var start = LocalDateTime.FromDateTime(from.Value);
        if (End(e, start, zone, otherwise) is not { } end || end <= start) return null;
        try
        {
            var left = e.ExceptionDates.GetAllDates().Select(d => Local(d, zone)).Concat(elsewhere).ToHashSet();
            var slots = Series.Slots(start, end, zone, e.RecurrenceRule?.ToString(), DateTime.UnixEpoch, e.RecurrenceRule is null ? DateTime.MaxValue : until).Take(MostOfOne)
                .Where(s => !left.Contains(s.LocalStart)).Select(s => new Stretch(s.StartsAt, s.EndsAt)).ToList();
            var length = Period.Between(start, end, PeriodUnits.Seconds);
            slots.AddRange(e.RecurrenceDates.GetAllDates().Select(d => Local(d, zone)).Select(d => LocalTimes.Span(d, d + length, zone)).Select(s => new Stretch(s.StartsAt, s.EndsAt)));
            return [.. slots.Distinct()];
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static LocalDateTime? End(CalendarEvent e, LocalDateTime start, DateTimeZone zone, DateTimeZone otherwise)
    {
        if (e.End is { HasTime: true } end) return Zone(end, otherwise) is { } at ? (at == zone ? LocalDateTime.FromDateTime(end.Value) : LocalTimes.ToLocal(LocalTimes.ToUtc(LocalDateTime.FromDateTime(end.Value), at), zone)) : null;
        return e.Duration is { } length ? start + Period.FromTicks(length.ToTimeSpanUnspecified().Ticks) : null;
    }

    // The wall clock of the series; a time in another zone (an EXDATE in UTC) is what those clocks show then.
    private static LocalDateTime Local(CalDateTime time, DateTimeZone zone)
    {
        var local = LocalDateTime.FromDateTime(time.Value);
        var own = Zone(time, zone) ?? zone;
        return own == zone ? local : LocalTimes.ToLocal(LocalTimes.ToUtc(local, own), zone);
    }

    private static DateTimeZone? Zone(CalDateTime? time, DateTimeZone otherwise)
    {
        if (time?.TzId is not { Length: > 0 } id) return otherwise;
        return LocalTimes.Zone(id) ?? (TzdbDateTimeZoneSource.Default.WindowsMapping.PrimaryMapping.TryGetValue(id, out var known) ? LocalTimes.Zone(known) : null);
    }
}
