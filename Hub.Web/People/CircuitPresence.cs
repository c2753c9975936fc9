using Hub.Domain.People;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace Hub.Web.People;

/// <summary>
/// The session of one open page. It begins with the page's first word, which only a connected page can say, rests while the connection is
/// away and ends with it. Programs have none: a token at work says nothing of whether somebody is there.
/// </summary>
internal sealed class CircuitPresence(PresenceBoard board) : CircuitHandler
{
    private readonly Guid session = Guid.NewGuid();
    private (Guid Person, PresenceDevice Device, bool Away)? last;

    public void Tell(Guid person, PresenceDevice device, bool away)
    {
        last = (person, device, away);
        board.Tell(session, person, device, away);
    }

    public override Task OnConnectionUpAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        if (last is var (person, device, away)) board.Tell(session, person, device, away);
        return Task.CompletedTask;
    }

    public override Task OnConnectionDownAsync(Circuit circuit, CancellationToken cancellationToken) => Leave();

    public override Task OnCircuitClosedAsync(Circuit circuit, CancellationToken cancellationToken) => Leave();

    private Task Leave()
    {
        if (last is { } known) board.Leave(session, known.Person);
        return Task.CompletedTask;
    }
}
