using Hub.Domain.People;
using Hub.Web.Live;

namespace Hub.Web.People;

/// <summary>Looks at <see cref="PresenceBoard"/> every second, and tells the other nodes when this one ends: before its pages are cut, while it can still be heard.</summary>
internal sealed class PresenceClock(PresenceBoard board, IEnumerable<INodeLink> links, IHostApplicationLifetime lifetime, ILogger<PresenceClock> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ending = lifetime.ApplicationStopping.Register(board.End);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                board.Look(links.All(l => l.Connected));
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "Presence could not be looked at; it is tried again");
            }
        }
    }
}
