using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Hub.Domain.Storage;

/// <summary>Times are UTC on both databases, whole milliseconds (PostgreSQL keeps microseconds, SQLite text).</summary>
internal sealed class UtcMilliseconds() : ValueConverter<DateTime, DateTime>(
    t => t.Kind == DateTimeKind.Local ? t.ToUniversalTime().ToMilliseconds() : t.ToMilliseconds(),
    t => DateTime.SpecifyKind(t, DateTimeKind.Utc));
