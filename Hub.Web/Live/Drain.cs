using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting.Systemd;

namespace Hub.Web.Live;

/// <summary>
/// SIGTERM empties the node before it ends: /readyz turns red; once the balancer has seen that (<c>Drain:NoticeSeconds</c>, 3; not
/// waited for by a node that is alone), the pages pause and resume on another node; when the last has gone, at most
/// <c>Drain:MostSeconds</c> (20) later, the hub stops. SIGINT, and a second signal, stop it at once. A unit of Type=notify is told (sd_notify(3)).
/// </summary>
internal sealed class Drain(NodeHealth health, OpenCircuits circuits, IEnumerable<INodeLink> links, IHostApplicationLifetime lifetime, ISystemdNotifier systemd, IConfiguration configuration, TimeProvider clock, ILogger<Drain> log)
    : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> signals = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => systemd.Notify(ServiceState.Ready));
        lifetime.ApplicationStopping.Register(() => systemd.Notify(ServiceState.Stopping));
        signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            if (health.Draining) lifetime.StopApplication();
            else _ = RunAsync();
        }));
        foreach (var now in new[] { PosixSignal.SIGINT, PosixSignal.SIGQUIT })
            signals.Add(PosixSignalRegistration.Create(now, signal =>
            {
                signal.Cancel = true;
                lifetime.StopApplication();
            }));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var signal in signals) signal.Dispose();
    }

    private async Task RunAsync()
    {
        health.Drain();
        systemd.Notify(ServiceState.Stopping);
        try
        {
            log.LogInformation("Told to end: {Circuits} pages go on elsewhere first", circuits.Count);
            if (links.Any()) await Task.Delay(Seconds("Drain:NoticeSeconds", 3), clock, lifetime.ApplicationStopping);
            health.Move();
            var until = clock.GetUtcNow() + Seconds("Drain:MostSeconds", 20);
            while (circuits.Count > 0 && clock.GetUtcNow() < until) await Task.Delay(TimeSpan.FromMilliseconds(100), clock, lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            // Told to end at once.
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    private TimeSpan Seconds(string name, double seconds) => TimeSpan.FromSeconds(configuration.GetValue(name, seconds));
}
