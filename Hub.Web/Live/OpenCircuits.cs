using Microsoft.AspNetCore.Components.Server.Circuits;

namespace Hub.Web.Live;

/// <summary>How many pages are connected to this node.</summary>
public sealed class OpenCircuits
{
    private int count;

    public int Count => Volatile.Read(ref count);

    /// <summary>Counts the circuit it belongs to while its browser is connected.</summary>
    internal sealed class Counting(OpenCircuits circuits) : CircuitHandler
    {
        private bool up;

        public override Task OnConnectionUpAsync(Circuit circuit, CancellationToken cancellationToken)
        {
            if (!up) Interlocked.Increment(ref circuits.count);
            up = true;
            return Task.CompletedTask;
        }

        public override Task OnConnectionDownAsync(Circuit circuit, CancellationToken cancellationToken) => Down();

        public override Task OnCircuitClosedAsync(Circuit circuit, CancellationToken cancellationToken) => Down();

        private Task Down()
        {
            if (up) Interlocked.Decrement(ref circuits.count);
            up = false;
            return Task.CompletedTask;
        }
    }
}
