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
}

/// <summary>A clock moved by <c>Clock:Offset</c> (a TimeSpan, "00:00:00" by default); tests and drills move it, nobody sleeps.</summary>
public sealed class OffsetClock(TimeSpan offset) : TimeProvider
{
    private long offsetTicks = offset.Ticks;

    /// <summary>Moves the clock by <paramref name="by"/> from where it is.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref offsetTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref offsetTicks));
}
