using System.Reflection;
using Hub.Domain;
using Hub.Domain.Live;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;

namespace Hub.Web.Live;

/// <summary>
/// Says every five seconds, and when its state changes, that this node lives, and at a clean stop that it has ended. Named after the machine and
/// port, or as <c>Node:Name</c> says. While the database does not answer it says so to nobody, and the log once.
/// </summary>
internal sealed class NodeBeat(NodeService nodes, NodeHealth health, OpenCircuits circuits, IEnumerable<INodeLink> links, IServer server, IHostApplicationLifetime lifetime, IConfiguration configuration, TimeProvider clock, ILogger<NodeBeat> log)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly Guid id = clock.NewId();
    private readonly DateTime startedAt = clock.Now();
    private bool unheard;

    /// <summary>The build: what nodes of the same version have in common.</summary>
    public static string Version { get; } = typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // It has a moment of its own: what stopped before it may have taken all the time there was.
        using var moment = new CancellationTokenSource(TimeSpan.FromSeconds(3), clock);
        try
        {
            await SayAsync(NodeState.Ended, moment.Token);
        }
        catch (OperationCanceledException)
        {
            log.LogWarning("This node could not say that it ends; it is not heard of instead");
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        wake.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        health.Changed += Wake;
        using var started = lifetime.ApplicationStarted.Register(() => Wake(this, EventArgs.Empty));
        try
        {
            while (true)
            {
                await SayAsync(health.Draining ? NodeState.Draining : lifetime.ApplicationStarted.IsCancellationRequested ? NodeState.Ready : NodeState.Starting, stoppingToken);
                await wake.WaitAsync(Every, stoppingToken);
            }
        }
        finally
        {
            health.Changed -= Wake;
        }
    }

    private async Task SayAsync(NodeState state, CancellationToken ct)
    {
        var link = !links.Any() ? NodeLink.Alone : links.All(l => l.Connected) ? NodeLink.Together : NodeLink.Late;
        try
        {
            await nodes.BeatAsync(new Node { Id = id, Name = Name(), Version = Version, StartedAt = startedAt, State = state, Pages = circuits.Count, Link = link }, ct);
            unheard = false;
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            if (!unheard) log.LogWarning(e, "This node could not say that it lives; others do not hear of it until the database answers");
            unheard = true;
        }
    }

    // The port is known once the server listens.
    private string Name()
    {
        if (configuration["Node:Name"] is { Length: > 0 } name) return name.Length > 200 ? name[..200] : name;
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        return address is null ? Environment.MachineName : $"{Environment.MachineName}:{BindingAddress.Parse(address).Port}";
    }

    private void Wake(object? sender, EventArgs e)
    {
        lock (wake)
            if (wake.CurrentCount == 0) wake.Release();
    }
}
