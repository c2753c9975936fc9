using System.Globalization;
using Hub.Domain;
using Hub.Web.Shell;

namespace Hub.Web.Chat;

/// <summary>A time that is usual for what is to come later: its name, the instant, and what the clocks show then.</summary>
internal sealed record LaterTime(string Name, DateTime At, string Local);

/// <summary>Times for what is to come later: those that are usual, and those that somebody says as their clock shows them.</summary>
internal static class LaterTimes
{
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];

    /// <summary>In 20 minutes, in one and in three hours, tomorrow and next Monday at eight, and when the next shift begins, if there is one.</summary>
    public static IReadOnlyList<LaterTime> Of(DateTime now, DateTime? shift)
    {
        var today = now.ToLocal().Date;
        var (tomorrow, monday) = (today.AddDays(1), today.AddDays(1 + ((7 + (int)DayOfWeek.Monday - (int)today.AddDays(1).DayOfWeek) % 7)));
        var times = new List<LaterTime> { Named("minutes", now.AddMinutes(20)), Named("hour", now.AddHours(1)), Named("hours", now.AddHours(3)), Named("tomorrow", AtEight(tomorrow)) };
        // On a Sunday that is tomorrow.
        if (monday != tomorrow) times.Add(Named("monday", AtEight(monday)));
        if (shift is { } begins) times.Add(Named("shift", begins));
        return times;
    }

    /// <summary>The instant that is asked for: itself, or as the clocks show it (<c>2027-03-29T08:00</c>); null where neither is given.</summary>
    public static Outcome<DateTime?> Read(DateTime? at, string? local)
    {
        if (local is null) return at;
        if (at is not null || !DateTime.TryParseExact(local, Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var shown) || shown.Year is < 2000 or > 2999) return Refusal.Invalid("local", "later.local");
        return (DateTime?)LocalTime.ToUtc(shown);
    }

    /// <summary>What the clocks show, as a box for date and time has it.</summary>
    public static string Local(DateTime at) => at.ToLocal().ToString(Forms[0], CultureInfo.InvariantCulture);

    private static DateTime AtEight(DateTime day) => LocalTime.ToUtc(day.AddHours(8));

    private static LaterTime Named(string name, DateTime at) => new(name, at, Local(at));
}
