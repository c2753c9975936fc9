using Hub.Domain;
using Hub.Domain.People;
using Hub.Web.Live;

namespace Hub.Web.People;

/// <summary>
/// Every second, reads again what has changed of people who are watched on this node; every minute, notes who is here, for those who let that be known.
/// Apart from <see cref="PresenceClock"/>, whose beat waits for no database.
/// </summary>
internal sealed class AvailabilityClock(PresenceBoard board, PresenceService presence, AvailabilityService availability, TimeProvider clock, ILogger<AvailabilityClock> log) : Clockwork(TimeSpan.FromSeconds(1), log)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private DateTime noted;

    protected override async Task TickAsync(CancellationToken ct)
    {
        await presence.RefreshAsync(ct);
        if (clock.Now() - noted < Minute) return;
        noted = clock.Now();
        if (board.AtPages() is { Count: > 0 } people) await availability.SeenAsync(people, ct);
    }
}
