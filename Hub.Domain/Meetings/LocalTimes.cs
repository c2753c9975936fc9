using System.Collections.Frozen;
using System.Globalization;
using NodaTime;
using NodaTime.TimeZones;

namespace Hub.Domain.Meetings;

/// <summary>Local times in IANA zones (RFC 5545 §3.3.5): skipped ones move forward by the gap, those that come twice are the first.</summary>
public static class LocalTimes
{
    /// <summary>Years that meetings may lie in, both included; the zone rules and both databases hold for all of them.</summary>
    public const int FirstYear = 1970, LastYear = 2200;

    private const string Format = "yyyy-MM-dd'T'HH:mm:ss";
    private static readonly string[] Accepted = [Format, "yyyy-MM-dd'T'HH:mm"];
    private static readonly ZoneLocalMappingResolver Resolver =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnForwardShifted);

    // By its list: the provider also makes zones up, such as "UTC+05:30", that no other program knows.
    private static readonly FrozenSet<string> Ids = DateTimeZoneProviders.Tzdb.Ids.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The zone, or null when the IANA database has none of that name.</summary>
    public static DateTimeZone? Zone(string id) => Ids.Contains(id) ? DateTimeZoneProviders.Tzdb[id] : null;

    /// <summary>Whether the instant lies in the years that meetings may lie in.</summary>
    public static bool Holds(DateTime utc) => utc.Year is >= FirstYear and <= LastYear;

    /// <summary>Reads <c>2027-03-28T09:30:00</c>, seconds optional, no offset; null for anything else and outside 1970–2200.</summary>
    public static LocalDateTime? Read(string? text) =>
        DateTime.TryParseExact(text, Accepted, CultureInfo.InvariantCulture, DateTimeStyles.None, out var t) && Holds(t)
            ? LocalDateTime.FromDateTime(t) : null;

    public static string Write(LocalDateTime local) => local.ToDateTimeUnspecified().ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>The instant, UTC.</summary>
    public static DateTime ToUtc(LocalDateTime local, DateTimeZone zone) => local.InZone(zone, Resolver).ToDateTimeUtc();

    /// <summary>
    /// Instants of start and end. The wall clock counts, so half past nine to ten stays so; only where a gap would put the end
    /// before the start does the length count instead.
    /// </summary>
    public static (DateTime StartsAt, DateTime EndsAt) Span(LocalDateTime start, LocalDateTime end, DateTimeZone zone)
    {
        var (from, to) = (ToUtc(start, zone), ToUtc(end, zone));
        return to > from ? (from, to) : (from, from + (end.ToDateTimeUnspecified() - start.ToDateTimeUnspecified()));
    }

    /// <summary>The instant on the zone's clocks.</summary>
    public static LocalDateTime ToLocal(DateTime utc, DateTimeZone zone) =>
        Instant.FromDateTimeUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc)).InZone(zone).LocalDateTime;
}
