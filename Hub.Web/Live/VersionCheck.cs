using System.Data.Common;
using Hub.Domain.Live;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hub.Web.Live;

/// <summary>Runs <see cref="LiveBus.CheckVersionsAsync"/> and <see cref="LiveConnections.CheckAsync"/> every <c>Live:CheckSeconds</c> (2 by default); what it finds missing is <see cref="NodeHealth"/>.</summary>
internal sealed class VersionCheck(LiveBus live, LiveConnections connections, NodeHealth health, IEnumerable<INodeLink> links, IConfiguration configuration, ILogger<VersionCheck> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(configuration.GetValue("Live:CheckSeconds", 2.0)));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var database = true;
            try
            {
                await live.CheckVersionsAsync(stoppingToken);
                await connections.CheckAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                database = e is not (DbException or RetryLimitExceededException or TimeoutException) && e.InnerException is not DbException;
                log.LogWarning(e, "Check of versions and connections failed; it is tried again");
            }
            health.Set(database, links.All(l => l.Connected));
        }
    }
}
