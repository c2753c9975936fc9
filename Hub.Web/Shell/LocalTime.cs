namespace Hub.Web.Shell;

/// <summary>Stored times are UTC; people read those of their zone (all bodies of the hub stand in Europe/London).</summary>
internal static class LocalTime
{
    /// <summary>The zone, from the IANA database.</summary>
    public static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    public static DateTime ToLocal(this DateTime utc) => TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc), Zone);

    /// <summary>The instant at which the clocks of the zone show that; a time that a change skips moves forward by the gap, one that comes twice is the first.</summary>
    public static DateTime ToUtc(DateTime local)
    {
        var plain = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        // The offset from before the gap moves it by the gap; of two, the greater is the earlier instant.
        var offset = Zone.IsInvalidTime(plain) ? Zone.GetUtcOffset(plain.AddHours(-2)) : Zone.IsAmbiguousTime(plain) ? Zone.GetAmbiguousTimeOffsets(plain).Max() : Zone.GetUtcOffset(plain);
        return DateTime.SpecifyKind(plain - offset, DateTimeKind.Utc);
    }
}
