using Hub.Domain.People;
using Hub.Web.Live;

namespace Hub.Web.People;

/// <summary>Looks at <see cref="PresenceBoard"/> every second, and tells the other nodes when this one ends: before its pages are cut, while it can still be heard.</summary>
internal sealed class PresenceClock(PresenceBoard board, IEnumerable<INodeLink> links, IHostApplicationLifetime lifetime, ILogger<PresenceClock> log) : Clockwork(TimeSpan.FromSeconds(1), log)
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ending = lifetime.ApplicationStopping.Register(board.End);
        await base.ExecuteAsync(stoppingToken);
    }

    protected override Task TickAsync(CancellationToken ct)
    {
        board.Look(links.All(l => l.Connected));
        return Task.CompletedTask;
    }
}
