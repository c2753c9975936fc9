using Hub.Domain.Storage;

namespace Hub.Web.Live;

/// <summary>Takes up due work, every second; it stands in the database, so any node may. Each kind goes on by itself: one that hangs stops no other.</summary>
internal sealed class DueClock(DueWorker worker, ILogger<DueClock> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var atWork = new Dictionary<string, Task>(StringComparer.Ordinal);
        var planned = false;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryAsync(async () =>
            {
                if (!planned) await worker.PlanAsync(stoppingToken);
                planned = true;
                foreach (var kind in await worker.DueKindsAsync(stoppingToken))
                    if (!atWork.TryGetValue(kind, out var before) || before.IsCompleted)
                        atWork[kind] = Task.Run(() => TryAsync(() => worker.WorkAsync(kind, stoppingToken), stoppingToken), stoppingToken);
            }, stoppingToken);
        }
    }

    private async Task TryAsync(Func<Task> work, CancellationToken stoppingToken)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            log.LogWarning(e, "Due work could not be taken up; it is tried again in a second");
        }
    }
}
