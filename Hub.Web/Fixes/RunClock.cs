using Hub.Domain.Fixes;

namespace Hub.Web.Fixes;

/// <summary>Takes up runs that are due, every second; what is due stands in the database, so any node may.</summary>
internal sealed class RunClock(RunEngine engine, ILogger<RunClock> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await engine.WorkAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "A run could not go on; it is tried again when its lease is over");
            }
        }
    }
}
