using System.Globalization;
using System.Text;
using NodaTime;
using NodaTime.TimeZones;

namespace Hub.Domain.Meetings;

/// <summary>
/// Writes one meeting as an iCalendar object without METHOD (RFC 5545). The VTIMEZONE lists the zone's real transitions for as
/// long as the series runs (§3.6.5), so that a reader needs no zone database.
/// </summary>
internal static class IcsFile
{
    // A series without an end gets the transitions of this many years; readers with a zone database know the rest.
    private const int YearsOfEndless = 20;

    public static string Write(Meeting m, DateTime now)
    {
        var zone = LocalTimes.Zone(m.TimeZone)!;
        var lines = new List<string> { "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//HubPortal//Meetings//EN", "CALSCALE:GREGORIAN" };
        var utc = zone.Id is "UTC" or "Etc/UTC";
        if (!utc) AddZone(lines, zone, m.FirstStartsAt, m.LastEndsAt ?? m.FirstStartsAt.AddYears(YearsOfEndless));
        lines.Add("BEGIN:VEVENT");
        lines.Add($"UID:{m.Id:D}@hubportal");
        lines.Add($"DTSTAMP:{Utc(now)}");
        lines.Add($"CREATED:{Utc(m.CreatedAt)}");
        lines.Add($"SEQUENCE:{m.Sequence}");
        lines.Add(When("DTSTART", m.LocalStart));
        lines.Add(When("DTEND", m.LocalEnd));
        if (m.Recurrence is { } rule) lines.Add($"RRULE:{Recurrence.ForExport(rule, zone)}");
        lines.Add($"SUMMARY:{Text(m.Title)}");
        if (m.Place.Length > 0) lines.Add($"LOCATION:{Text(m.Place)}");
        if (m.Notes.Length > 0) lines.Add($"DESCRIPTION:{Text(m.Notes)}");
        lines.Add($"STATUS:{(m.CancelledAt is null ? "CONFIRMED" : "CANCELLED")}");
        lines.Add($"ORGANIZER;CN={Quoted(m.Organiser.Name)}:mailto:{m.Organiser.Email}");
        foreach (var a in m.Attendees.OrderBy(a => a.Person.Name, StringComparer.Ordinal).ThenBy(a => a.PersonId))
            lines.Add($"ATTENDEE;CN={Quoted(a.Person.Name)};CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={PartStat(a.Status)};RSVP={(a.Status == AttendeeStatus.NeedsAction ? "TRUE" : "FALSE")}:mailto:{a.Person.Email}");
        lines.Add("END:VEVENT");
        lines.Add("END:VCALENDAR");
        return string.Concat(lines.Select(Fold));

        string When(string name, string local) =>
            utc ? $"{name}:{Compact(local)}Z" : $"{name};TZID={zone.Id}:{Compact(local)}";
    }

    private static void AddZone(List<string> lines, DateTimeZone zone, DateTime from, DateTime to)
    {
        lines.Add("BEGIN:VTIMEZONE");
        lines.Add($"TZID:{zone.Id}");
        var intervals = zone.GetZoneIntervals(Instant.FromDateTimeUtc(from.AddDays(-1)), Instant.FromDateTimeUtc(to.AddDays(1))).ToList();
        var before = intervals[0].HasStart ? zone.GetZoneInterval(intervals[0].Start - Duration.Epsilon) : intervals[0];
        var changes = intervals.Select((z, i) => (From: i == 0 ? before.WallOffset : intervals[i - 1].WallOffset, To: z)).ToList();
        // Changes of one kind are one observance with further onsets; each onset is on the clock as it stood before (§3.6.5).
        foreach (var kind in changes.GroupBy(c => (c.From, c.To.WallOffset, c.To.Name, Daylight: c.To.Savings > Offset.Zero)))
        {
            var name = kind.Key.Daylight ? "DAYLIGHT" : "STANDARD";
            var onsets = kind.Select(c => Onset(c.To, c.From)).ToList();
            lines.Add($"BEGIN:{name}");
            lines.Add($"DTSTART:{onsets[0]}");
            lines.Add($"TZOFFSETFROM:{Shift(kind.Key.From)}");
            lines.Add($"TZOFFSETTO:{Shift(kind.Key.WallOffset)}");
            lines.Add($"TZNAME:{Text(kind.Key.Name)}");
            lines.AddRange(onsets.Skip(1).Select(o => $"RDATE:{o}"));
            lines.Add($"END:{name}");
        }
        lines.Add("END:VTIMEZONE");
    }

    private static string Onset(ZoneInterval interval, Offset before) =>
        interval.HasStart ? interval.Start.WithOffset(before).LocalDateTime.ToDateTimeUnspecified().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture) : "16010101T000000";

    private static string Shift(Offset offset)
    {
        var t = offset.ToTimeSpan();
        return (t < TimeSpan.Zero ? "-" : "+") + t.ToString(t.Seconds == 0 ? "hhmm" : "hhmmss", CultureInfo.InvariantCulture);
    }

    private static string PartStat(AttendeeStatus status) => status switch
    {
        AttendeeStatus.Accepted => "ACCEPTED",
        AttendeeStatus.Declined => "DECLINED",
        AttendeeStatus.Tentative => "TENTATIVE",
        _ => "NEEDS-ACTION",
    };

    internal static string Utc(DateTime t) => t.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Compact(string local) => local.Replace("-", "", StringComparison.Ordinal).Replace(":", "", StringComparison.Ordinal);

    // §3.3.11: these four are escaped; other control characters may not stand in a file.
    internal static string Text(string text)
    {
        var s = new StringBuilder();
        foreach (var c in text.ReplaceLineEndings("\n"))
            _ = c switch
            {
                '\\' or ';' or ',' => s.Append('\\').Append(c),
                '\n' => s.Append("\\n"),
                '\t' => s.Append(c),
                _ when char.IsControl(c) => s,
                _ => s.Append(c),
            };
        return s.ToString();
    }

    // A parameter's value may hold neither quotes nor line breaks (§3.2): RFC 6868 writes them with a caret.
    private static string Quoted(string text) =>
        $"\"{string.Concat(text.Replace("^", "^^", StringComparison.Ordinal).Replace("\"", "^'", StringComparison.Ordinal).Where(c => !char.IsControl(c)))}\"";

    /// <summary>Lines of at most 75 octets (§3.1), never inside a character.</summary>
    internal static string Fold(string line)
    {
        var (folded, width) = (new StringBuilder(), 0);
        foreach (var rune in line.EnumerateRunes())
        {
            if (width + rune.Utf8SequenceLength > 75)
            {
                folded.Append("\r\n ");
                width = 1;
            }
            folded.Append(rune.ToString());
            width += rune.Utf8SequenceLength;
        }
        return folded.Append("\r\n").ToString();
    }
}
