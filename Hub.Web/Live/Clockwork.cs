namespace Hub.Web.Live;

/// <summary>
/// What a node does again and again from its start to its end. What goes wrong is logged and tried again the next time, a cancellation that is not the
/// end of the host too: were the loop to end, the whole host would.
/// </summary>
internal abstract class Clockwork(TimeSpan every, ILogger log) : BackgroundService
{
    protected abstract Task TickAsync(CancellationToken ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(every);
        do await TryAsync(() => TickAsync(stoppingToken), stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    protected async Task TryAsync(Func<Task> work, CancellationToken ct)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            log.LogWarning(e, "{Work} failed; it is tried again", GetType().Name);
        }
    }
}
