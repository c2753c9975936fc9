using Hub.Domain.Fixes;
using Hub.Web.Live;

namespace Hub.Web.Fixes;

/// <summary>Takes up runs that are due, every second; what is due stands in the database, so any node may.</summary>
internal sealed class RunClock(RunEngine engine, ILogger<RunClock> log) : Clockwork(TimeSpan.FromSeconds(1), log)
{
    protected override Task TickAsync(CancellationToken ct) => engine.WorkAsync(ct);
}
