namespace Hub.Web.Shell;

/// <summary>Stored times are UTC; people read those of their zone (all bodies of the hub stand in Europe/London).</summary>
internal static class LocalTime
{
    /// <summary>The zone, from the IANA database.</summary>
    public static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    public static DateTime ToLocal(this DateTime utc) => TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc), Zone);
}
