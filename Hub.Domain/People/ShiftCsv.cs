using System.Globalization;
using System.Text;
using NodaTime;

namespace Hub.Domain.People;

/// <summary>
/// Shifts as CSV (RFC 4180: quoted fields may hold separators, quotes and line ends), with commas or, as some spreadsheets write them, semicolons. Times are
/// <c>2026-11-28T07:00</c> or <c>28/11/2026 07:00</c> on the clocks of the line's zone, or carry their offset. A time that a clock change skips moves
/// forward by the gap, one that comes twice is the first.
/// </summary>
internal static class ShiftCsv
{
    private static readonly string[] Local =
        ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "d/M/yyyy HH:mm", "d/M/yyyy HH:mm:ss", "d/M/yyyy H:mm"];

    private static readonly string[] Offset = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.fffK"];

    /// <summary>Null if the first line does not name email, start and end.</summary>
    public static ShiftReading? Read(ShiftFile file)
    {
        var text = file.Text.TrimStart('\uFEFF');
        var separator = text.AsSpan(0, Math.Max(0, text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? end : text.Length)).Contains(',') ? ',' : ';';
        var (shifts, bad) = (new List<FileShift>(), new List<BadShift>());
        string[]? names = null;
        foreach (var (line, fields, whole) in Records(text, separator))
        {
            if (fields is [""]) continue;
            if (names is null)
            {
                names = [.. fields.Select(f => f.Trim().ToLowerInvariant().Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal))];
                if (!whole || !new[] { "email", "start", "end" }.All(names.Contains)) return null;
                continue;
            }
            var email = Field("email").ToLowerInvariant();
            if (!whole) bad.Add(new BadShift(line, "shifts.line.quote", email));
            else if (fields.Count != names.Length) bad.Add(new BadShift(line, "shifts.line.fields", email, names.Length.ToString(CultureInfo.InvariantCulture)));
            else if (Zone(Field("timezone") is { Length: > 0 } own ? own : file.TimeZone) is not { } zone) bad.Add(new BadShift(line, "shifts.line.zone", email, Field("timezone")));
            else if (Time(Field("start"), zone) is not { } startsAt) bad.Add(new BadShift(line, "shifts.line.time", email, Field("start")));
            else if (Time(Field("end"), zone) is not { } endsAt) bad.Add(new BadShift(line, "shifts.line.time", email, Field("end")));
            else shifts.Add(new FileShift(line, email, startsAt, endsAt));

            string Field(string name) => Array.IndexOf(names, name) is var at and >= 0 && at < fields.Count ? fields[at].Trim() : "";
        }
        return names is null ? null : new ShiftReading(shifts, bad);
    }

    /// <summary>The zone of that name in the IANA database; null where it has none.</summary>
    public static DateTimeZone? Zone(string id) => DateTimeZoneProviders.Tzdb.Ids.Contains(id) ? DateTimeZoneProviders.Tzdb[id] : null;

    private static DateTime? Time(string text, DateTimeZone zone)
    {
        if (DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && local.Year is > 1970 and < 2200)
            return LocalDateTime.FromDateTime(local).InZoneLeniently(zone).ToDateTimeUtc();
        return (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > 10)
            && DateTimeOffset.TryParseExact(text, Offset, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) && at.Year is > 1970 and < 2200 ? at.UtcDateTime.ToMilliseconds() : null;
    }

    // Line is where the record begins. A quote that is never closed takes the rest of the file, and says so.
    private static IEnumerable<(int Line, List<string> Fields, bool Whole)> Records(string text, char separator)
    {
        var (fields, field, line, began, quoted) = (new List<string>(), new StringBuilder(), 1, 1, false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n') line++;
            if (quoted)
            {
                if (c != '"') field.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[++i]);
                else quoted = false;
            }
            else if (c == '"' && field.Length == 0) quoted = true;
            else if (c == separator)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else if (c is '\n' or '\r')
            {
                if (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n') continue;
                fields.Add(field.ToString());
                yield return (began, fields, true);
                (fields, began) = ([], c == '\n' ? line : ++line);
                field.Clear();
            }
            else field.Append(c);
        }
        if (field.Length == 0 && fields.Count == 0 && !quoted) yield break;
        fields.Add(field.ToString());
        yield return (began, fields, !quoted);
    }
}
