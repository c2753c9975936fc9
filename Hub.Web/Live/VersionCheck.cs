using Hub.Domain.Live;

namespace Hub.Web.Live;

/// <summary>Runs <see cref="LiveBus.CheckVersionsAsync"/> and <see cref="LiveConnections.CheckAsync"/> every <c>Live:CheckSeconds</c> (2 by default).</summary>
internal sealed class VersionCheck(LiveBus live, LiveConnections connections, IConfiguration configuration, ILogger<VersionCheck> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(configuration.GetValue("Live:CheckSeconds", 2.0)));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await live.CheckVersionsAsync(stoppingToken);
                await connections.CheckAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogWarning(e, "Check of versions and connections failed; it is tried again");
            }
        }
    }
}
