using Hub.Domain;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web.Api;

/// <summary>Deletes answers that have been kept long enough, at the start and every hour; any node may.</summary>
internal sealed class IdempotencyPurge(IDbContextFactory<HubDb> hub, TimeProvider clock, ILogger<IdempotencyPurge> log) : BackgroundService
{
    public async Task<int> PurgeAsync(CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var since = clock.Now() - Idempotency.Kept;
        return await db.IdempotencyRecords.Where(r => r.CreatedAt < since).ExecuteDeleteAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1));
        do
        {
            try
            {
                await PurgeAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "Old idempotency keys could not be deleted; it is tried again in an hour");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
