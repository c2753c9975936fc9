using System.Net.Sockets;
using System.Text;

namespace Hub.Web.Live;

/// <summary>
/// Tells systemd how the hub stands, where a unit of Type=notify runs it (sd_notify(3): a datagram to the socket in <c>NOTIFY_SOCKET</c>).
/// Units that are to start after the hub, and <c>systemctl start</c>, wait until it listens.
/// </summary>
internal sealed class Supervisor(IConfiguration configuration, ILogger<Supervisor> log)
{
    public void Ready() => Tell("READY=1");

    public void Stopping() => Tell("STOPPING=1");

    private void Tell(string state)
    {
        if (configuration["NOTIFY_SOCKET"] is not { Length: > 1 } path) return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An @ stands for the NUL that an abstract name begins with.
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException e)
        {
            log.LogWarning(e, "systemd could not be told {State}", state);
        }
    }
}
