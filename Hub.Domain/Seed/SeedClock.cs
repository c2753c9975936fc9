using NodaTime;

namespace Hub.Domain.Seed;

/// <summary>The clock of the seed: set to when each thing is said to have happened, so that services date it so.</summary>
internal sealed class SeedClock(TimeProvider real) : TimeProvider
{
    private static readonly DateTimeZone London = DateTimeZoneProviders.Tzdb["Europe/London"];
    private DateTimeOffset at = real.GetUtcNow();

    /// <summary>Today in London when the seed began.</summary>
    public LocalDate Today { get; } = Instant.FromDateTimeOffset(real.GetUtcNow()).InZone(London).Date;

    public override DateTimeOffset GetUtcNow() => at;

    public void Set(DateTime utc) => at = new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc));

    /// <summary>Back to the present.</summary>
    public void SetNow() => at = real.GetUtcNow();

    /// <summary>UTC of a local London time, days from today.</summary>
    public DateTime Utc(int day, string time) =>
        Today.PlusDays(day).At(LocalTime.FromHourMinuteSecondTick(int.Parse(time[..2]), int.Parse(time[3..5]), 0, 0))
            .InZoneLeniently(London).ToDateTimeUtc();

    /// <summary>UTC of <c>-2d 14:05</c>; never later than now.</summary>
    public DateTime Utc(string at)
    {
        var time = UtcAhead(at);
        var now = real.GetUtcNow().UtcDateTime;
        return time < now ? time : now;
    }

    /// <summary>UTC of <c>+1d 08:00</c>.</summary>
    public DateTime UtcAhead(string at)
    {
        var parts = at.Split("d ", 2);
        return Utc(int.Parse(parts[0]), parts[1]);
    }
}
