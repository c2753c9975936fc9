using System.Globalization;
using Hub.Domain.Meetings;
using Microsoft.Extensions.Localization;
using NodaTime;

namespace Hub.Web.Meetings;

/// <summary>The reader's zone, as their browser tells it; London until it has.</summary>
public sealed record MyTime(DateTimeZone Zone)
{
    public const string Default = "Europe/London";

    /// <summary>Zones that the form offers first; the reader's own and the meeting's are added.</summary>
    public static readonly IReadOnlyList<string> Common =
    [
        "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Paris", "Europe/Berlin", "Europe/Madrid", "Europe/Rome", "Europe/Warsaw", "Europe/Athens",
        "Europe/Helsinki", "Europe/Kyiv", "Europe/Istanbul", "Africa/Lagos", "Africa/Johannesburg", "America/New_York", "America/Chicago", "America/Denver",
        "America/Los_Angeles", "America/Toronto", "America/Sao_Paulo", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Singapore", "Asia/Hong_Kong",
        "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "UTC",
    ];

    public static MyTime Of(string? id) => new(LocalTimes.Zone(id ?? Default) ?? LocalTimes.Zone(Default)!);

    public DateTime Local(DateTime utc) => LocalTimes.ToLocal(utc, Zone).ToDateTimeUnspecified();

    /// <summary>The instant at which the day begins here.</summary>
    public DateTime Midnight(DateOnly day) => LocalTimes.ToUtc(LocalDateTime.FromDateTime(day.ToDateTime(TimeOnly.MinValue)), Zone);

    public DateOnly Day(DateTime utc) => DateOnly.FromDateTime(Local(utc));

    /// <summary>Whether it takes place on that day here, in part or whole. One that ends at midnight is not on the day that begins then.</summary>
    public bool Covers(MeetingOccurrence o, DateOnly day) => Day(o.StartsAt) <= day && (Day(o.EndsAt.AddTicks(-1)) >= day || Day(o.StartsAt) == day);

    public string Clock(DateTime utc) => Local(utc).ToString("HH:mm", CultureInfo.CurrentCulture);

    /// <summary>"Monday, 22 March 2027, 09:30–10:00", with the second day where there is one.</summary>
    public string Span(DateTime from, DateTime to)
    {
        var (a, b) = (Local(from), Local(to));
        var end = a.Date == b.Date ? b.ToString("HH:mm", CultureInfo.CurrentCulture) : b.ToString("ddd d MMM, HH:mm", CultureInfo.CurrentCulture);
        return $"{a.ToString("dddd, d MMMM yyyy, HH:mm", CultureInfo.CurrentCulture)}–{end}";
    }

    /// <summary>"Every week on Mon, Wed, 6 times".</summary>
    internal static string Rule(string rule, IStringLocalizer<MeetingsText> t)
    {
        var parts = rule.Split(';').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        var every = int.Parse(parts.GetValueOrDefault("INTERVAL", "1"), CultureInfo.InvariantCulture);
        var daily = parts["FREQ"] == "DAILY";
        string text = every == 1 ? t[daily ? "Rule.Daily" : "Rule.Weekly"] : t[daily ? "Rule.EveryDays" : "Rule.EveryWeeks", every];
        if (parts.TryGetValue("BYDAY", out var days))
            text = t["Rule.On", text, string.Join(", ", days.Split(',').Select(d => Array.IndexOf(Recurrence.Days, d)).Where(d => d >= 0).Select(d => CultureInfo.CurrentCulture.DateTimeFormat.GetAbbreviatedDayName((DayOfWeek)d)))];
        if (parts.TryGetValue("COUNT", out var count)) text = t["Rule.Count", text, count];
        if (parts.TryGetValue("UNTIL", out var until) && DateTime.TryParseExact(until.Split('T')[0], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var last))
            text = t["Rule.Until", text, last.ToString("d MMMM yyyy", CultureInfo.CurrentCulture)];
        return text;
    }
}
