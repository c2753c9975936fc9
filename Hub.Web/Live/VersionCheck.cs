using Hub.Domain.Live;

namespace Hub.Web.Live;

/// <summary>Runs <see cref="LiveBus.CheckVersionsAsync"/> every <c>Live:CheckSeconds</c> (2 by default).</summary>
internal sealed class VersionCheck(LiveBus live, IConfiguration configuration, ILogger<VersionCheck> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(configuration.GetValue("Live:CheckSeconds", 2.0)));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await live.CheckVersionsAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogWarning(e, "Version check failed; it is tried again");
            }
        }
    }
}
