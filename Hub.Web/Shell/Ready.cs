using Hub.Domain.Storage;
using Hub.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Web.Shell;

/// <summary>Ready means: the database answers, and this node is not about to end.</summary>
internal sealed class Ready(IDbContextFactory<HubDb> hub, NodeHealth health) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (health.Draining) return HealthCheckResult.Unhealthy();
        await using var db = await hub.CreateDbContextAsync(cancellationToken);
        return await db.Database.CanConnectAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy();
    }
}
