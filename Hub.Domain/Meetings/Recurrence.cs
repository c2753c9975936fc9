using System.Globalization;
using System.Text.RegularExpressions;
using Ical.Net;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Evaluation;
using NodaTime;

namespace Hub.Domain.Meetings;

/// <summary>
/// Recurrence rules (RFC 5545 §3.3.10), expanded by Ical.Net on the local clock; zones come in afterwards
/// (<see cref="LocalTimes"/>). A rule that never matches ends after a bounded search.
/// </summary>
public static partial class Recurrence
{
    /// <summary>Most occurrences of one series by COUNT, and most that one query gives: two years of every day.</summary>
    public const int MostOccurrences = 730;

    // Generous: a daily rule for 29 February waits up to eight years for its next day.
    private const int MostFruitlessSteps = 10_000;

    // As long as the column is.
    private const int Longest = 500;

    private static readonly string[] Bookable = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"];

    /// <summary>Days of RFC 5545, from Sunday as <see cref="DayOfWeek"/> counts.</summary>
    public static readonly string[] Days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

    /// <summary>Local starts of the rule in order, lazily; at or after <paramref name="from"/> when given. May be endless.</summary>
    /// <exception cref="FormatException">Not a recurrence rule.</exception>
    public static IEnumerable<LocalDateTime> Expand(string rule, LocalDateTime start, DateTimeZone? zone = null, LocalDateTime? from = null)
    {
        var parsed = Parse(rule, zone);
        // Ical.Net 5.2 does not limit BYYEARDAY by BYMONTH (§3.3.10's table); the hub does, and counts what is left.
        var limited = parsed is { ByMonth.Count: > 0, ByYearDay.Count: > 0 };
        var left = limited ? parsed.Count : null;
        if (limited) parsed.Count = null;
        var series = new CalendarEvent { Start = Floating(start), RecurrenceRule = parsed };
        using var occurrences = series.GetOccurrences(from is { } f && f > start ? Floating(f) : null, new EvaluationOptions { MaxUnmatchedIncrementsLimit = MostFruitlessSteps }).GetEnumerator();
        while (left != 0 && Next(occurrences))
        {
            var local = LocalDateTime.FromDateTime(occurrences.Current.Period.StartTime.Value);
            if (limited && !parsed.ByMonth.Contains(local.Month)) continue;
            left--;
            yield return local;
        }
    }

    /// <summary>
    /// The rule as the hub stores it, or null when it cannot be booked: daily or weekly with INTERVAL, COUNT, UNTIL, BYDAY and
    /// WKST. A last day without a time includes all of that day.
    /// </summary>
    public static string? Normalise(string rule)
    {
        var parts = rule.Trim().ToUpperInvariant().Split(';').Select(p => p.Split('=', 2)).ToList();
        if (rule.Length > Longest || parts.Any(p => p.Length != 2 || !Bookable.Contains(p[0])) || parts.DistinctBy(p => p[0]).Count() != parts.Count) return null;
        var named = parts.ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        if (named.GetValueOrDefault("FREQ") is not ("DAILY" or "WEEKLY")) return null;
        if (named.GetValueOrDefault("BYDAY") is { } days && days.Split(',').Except(Days, StringComparer.Ordinal).Any()) return null;
        if (named.GetValueOrDefault("WKST") is { } first && !Days.Contains(first)) return null;
        if (!Within("COUNT", MostOccurrences) || !Within("INTERVAL", 1000)) return null;
        // Ical.Net reads an UNTIL that it does not know as none at all.
        if (named.TryGetValue("UNTIL", out var until) && !LastTime().IsMatch(until)) return null;
        if (until?.Length == 8) parts.Single(p => p[0] == "UNTIL")[1] = until + "T235959";
        var normal = string.Join(';', parts.Select(p => $"{p[0]}={p[1]}"));
        if (normal.Length > Longest) return null;
        try
        {
            var last = Parse(normal, null).Until;
            return until is null || last is { Year: >= LocalTimes.FirstYear and <= LocalTimes.LastYear } ? normal : null;
        }
        catch (FormatException)
        {
            return null;
        }

        bool Within(string name, int most) =>
            !named.TryGetValue(name, out var text) || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 && n <= most);
    }

    /// <summary>The rule for an iCalendar file: UNTIL in UTC, as §3.3.10 asks where DTSTART has a zone.</summary>
    public static string ForExport(string rule, DateTimeZone zone)
    {
        if (Until(rule) is not { } text || text.EndsWith('Z')) return rule;
        var utc = LocalTimes.ToUtc(LocalDateTime.FromDateTime(DateTime.ParseExact(text, "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture)), zone);
        return rule.Replace(text, utc.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    /// <summary>True if the series ends by itself.</summary>
    public static bool Ends(string rule) => Until(rule) is not null || rule.Contains("COUNT=", StringComparison.Ordinal);

    private static string? Until(string rule) =>
        rule.Split(';').Where(p => p.StartsWith("UNTIL=", StringComparison.Ordinal)).Select(p => p[6..]).FirstOrDefault();

    private static RecurrenceRule Parse(string rule, DateTimeZone? zone)
    {
        if (rule.Length == 0) throw new FormatException("An empty rule.");
        try
        {
            // "0MO" names no day that there is; a value named twice counts once.
            var parsed = new RecurrenceRule(ZeroDay().Replace(rule, ""));
            foreach (var list in new[] { parsed.BySecond, parsed.ByMinute, parsed.ByHour, parsed.ByMonthDay, parsed.ByYearDay, parsed.ByWeekNo, parsed.ByMonth, parsed.BySetPosition })
                if (list.Distinct().ToList() is var once && once.Count < list.Count)
                {
                    list.Clear();
                    list.AddRange(once);
                }
            // The clock that is expanded has no zone, so an UNTIL in UTC becomes what the zone's clocks show then.
            if (parsed.Until is { IsUtc: true } until)
                parsed.Until = zone is null ? new CalDateTime(until.Value, null, true) : Floating(LocalTimes.ToLocal(until.Value, zone));
            return parsed;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new FormatException("Not a recurrence rule.", e);
        }
    }

    // Running out of years, or of patience with a rule that never matches, is an end like any other.
    private static bool Next(IEnumerator<Occurrence> occurrences)
    {
        try
        {
            return occurrences.MoveNext();
        }
        catch (Exception e) when (e is EvaluationException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    [GeneratedRegex("(?<==)[+-]?0+[A-Z]{2},|,[+-]?0+[A-Z]{2}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ZeroDay();

    [GeneratedRegex("^[0-9]{8}(T[0-9]{6}Z?)?\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LastTime();

    private static CalDateTime Floating(LocalDateTime local) => new(local.ToDateTimeUnspecified(), null, true);
}
