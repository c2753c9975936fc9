using NodaTime;

namespace Hub.Domain.Meetings;

/// <summary>One occurrence in time. <paramref name="LocalStart"/> is as the rule gives it, before a gap moves it.</summary>
internal readonly record struct Slot(LocalDateTime LocalStart, DateTime StartsAt, DateTime EndsAt);

/// <summary>When a meeting or series takes place.</summary>
internal static class Series
{
    /// <summary>Occurrences that touch the half-open time between two instants, in order, lazily.</summary>
    public static IEnumerable<Slot> Slots(LocalDateTime start, LocalDateTime end, DateTimeZone zone, string? rule, DateTime from, DateTime to)
    {
        var length = Period.Between(start, end, PeriodUnits.Seconds);
        // A day's margin on both sides covers every offset and every gap.
        LocalDateTime? earliest = from.Year > 1970 ? LocalTimes.ToLocal(from, zone).PlusDays(-1) - length : null;
        var starts = rule is null ? [start] : Recurrence.Expand(rule, start, zone, earliest);
        foreach (var local in starts)
        {
            var (startsAt, endsAt) = LocalTimes.Span(local, local + length, zone);
            if (startsAt >= to && LocalTimes.ToUtc(local.PlusDays(-1), zone) >= to) yield break;
            if (startsAt < to && endsAt > from) yield return new Slot(local, startsAt, endsAt);
        }
    }

    /// <summary>The occurrence that starts then on the local clock; null where the rule has none.</summary>
    public static Slot? At(string localStart, string localEnd, string timeZone, string rule, LocalDateTime at)
    {
        var (start, end, zone) = (LocalTimes.Read(localStart)!.Value, LocalTimes.Read(localEnd)!.Value, LocalTimes.Zone(timeZone)!);
        if (at < start || Recurrence.Expand(rule, start, zone, at).Take(1).All(s => s != at)) return null;
        var (startsAt, endsAt) = LocalTimes.Span(at, at + Period.Between(start, end, PeriodUnits.Seconds), zone);
        return new Slot(at, startsAt, endsAt);
    }

    /// <summary>As the other, of a meeting's columns as they are stored.</summary>
    public static IEnumerable<Slot> Slots(string localStart, string localEnd, string timeZone, string? rule, DateTime from, DateTime to) =>
        Slots(LocalTimes.Read(localStart)!.Value, LocalTimes.Read(localEnd)!.Value, LocalTimes.Zone(timeZone)!, rule, from, to);
}
