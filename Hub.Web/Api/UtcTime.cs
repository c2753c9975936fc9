using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Hub.Domain;

namespace Hub.Web.Api;

/// <summary>Times of the API: RFC 3339, written in UTC with milliseconds and Z, read with any offset but never without one.</summary>
internal sealed partial class UtcTime : JsonConverter<DateTime>
{
    /// <summary>Null for what is no time, or a time in nobody knows which zone.</summary>
    public static DateTime? Parse(string? text) =>
        text is not null && WithOffset().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var t)
            ? t.UtcDateTime.ToMilliseconds() : null;

    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString()) ?? throw new JsonException("Not an RFC 3339 time.");

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WithOffset();
}
