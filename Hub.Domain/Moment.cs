namespace Hub.Domain;

/// <summary>The hub's times: UTC, truncated to milliseconds when taken, so that both databases and JSON agree.</summary>
public static class Moment
{
    /// <summary>Now, UTC, whole milliseconds.</summary>
    public static DateTime Now(this TimeProvider clock) => clock.GetUtcNow().UtcDateTime.ToMilliseconds();

    public static DateTime ToMilliseconds(this DateTime time) =>
        new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMillisecond), DateTimeKind.Utc);

    /// <summary>A version 7 key: time-ordered, so that indexes grow at their end (RFC 9562 §5.7).</summary>
    public static Guid NewId(this TimeProvider clock) => Guid.CreateVersion7(clock.GetUtcNow());

    /// <summary>A version 7 key of that moment (UTC, from 1970 on); keys of one moment stand in the order of <paramref name="place"/>, 0–4095 (RFC 9562 §6.2, method 1).</summary>
    public static Guid NewId(DateTime at, int place) => Placed(Guid.CreateVersion7(new DateTimeOffset(at)).ToByteArray(bigEndian: true), place);

    /// <summary>The least version 7 key of that moment (UTC, from 1970 on): no key that was made later stands before it.</summary>
    public static Guid FirstId(DateTime at)
    {
        var bytes = Guid.CreateVersion7(new DateTimeOffset(at)).ToByteArray(bigEndian: true);
        bytes.AsSpan(8).Clear();
        bytes[8] = 0x80;
        return Placed(bytes, 0);
    }

    // The twelve bits after the time and the version.
    private static Guid Placed(byte[] bytes, int place)
    {
        (bytes[6], bytes[7]) = ((byte)(0x70 | ((place >> 8) & 0xF)), (byte)place);
        return new Guid(bytes, bigEndian: true);
    }
}

/// <summary>A clock moved by <c>Clock:Offset</c> (a TimeSpan, "00:00:00" by default); tests and drills move it, nobody sleeps.</summary>
public sealed class OffsetClock(TimeSpan offset) : TimeProvider
{
    private long offsetTicks = offset.Ticks;

    /// <summary>Moves the clock by <paramref name="by"/> from where it is.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref offsetTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref offsetTicks));
}
