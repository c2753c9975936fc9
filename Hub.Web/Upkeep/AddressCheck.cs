using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace Hub.Web.Upkeep;

/// <summary>The address at which people come in (<c>--address</c> or <c>Hub:Address</c>), through whatever stands before the nodes.</summary>
internal static class AddressCheck
{
    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        if ((at.Settings["address"] ?? at.Settings["Hub:Address"]) is not { Length: > 0 } given)
        {
            yield return Finding.Warn("address", "Not looked at: name the address at which people come in, as --address https://hub.example or the setting Hub:Address, while the hub runs.");
            yield break;
        }
        if (!Uri.TryCreate(given, UriKind.Absolute, out var address) || (address.Scheme != "https" && address.Scheme != "http"))
        {
            yield return Finding.Wrong("address", $"\"{given}\" is none: it is such as https://hub.example.");
            yield break;
        }
        using var client = new HttpClient(at.Web());
        var alive = await AliveAsync(client, address, ct);
        yield return alive;
        if (alive.Verdict == Verdict.Wrong) yield break;
        yield return await ReadyAsync(client, address, ct);
        var (socket, scheme) = await SocketAsync(client, address, ct);
        yield return socket;
        if (scheme is null) yield break;
        yield return scheme == address.Scheme ? Finding.Ok("scheme", $"The hub knows that people come by {scheme}.")
            : Finding.Wrong("scheme", $"People come by {address.Scheme}, and the hub takes it for {scheme}: cookies and the way back from sign-in go wrong. The balancer has to send X-Forwarded-Proto, and the hub to trust it.");
    }

    private static async Task<Finding> AliveAsync(HttpClient client, Uri address, CancellationToken ct)
    {
        var (status, body, problem) = await GetAsync(client, address, "/healthz", ct);
        return problem is not null ? Finding.Wrong("address", $"{address} cannot be reached: {problem}")
            : status is >= 300 and < 400 ? Finding.Wrong("address", $"{address} answers with a redirect, so the hub does not see that people come by {address.Scheme}: the balancer has to send X-Forwarded-Proto, and the hub to trust it.")
            : status == 200 && body == "Healthy" ? Finding.Ok("address", $"A hub answers at {address}.")
            : Finding.Wrong("address", $"Something else than a hub answers at {address} ({status}), or no node is there behind the balancer.");
    }

    private static async Task<Finding> ReadyAsync(HttpClient client, Uri address, CancellationToken ct)
    {
        var (status, _, problem) = await GetAsync(client, address, "/readyz", ct);
        return status == 200 ? Finding.Ok("ready", "A node is ready.")
            : Finding.Wrong("ready", problem ?? $"The node that answered is not ready ({status}): it does not reach its database, or is about to end.");
    }

    private static async Task<(Finding Finding, string? Scheme)> SocketAsync(HttpClient client, Uri address, CancellationToken ct)
    {
        var to = new UriBuilder(new Uri(address, HealthSocket.Path)) { Scheme = address.Scheme == "https" ? "wss" : "ws" }.Uri;
        try
        {
            using var socket = new ClientWebSocket();
            await socket.ConnectAsync(to, client, ct);
            var word = new byte[16];
            var got = await socket.ReceiveAsync(word, ct);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, ct);
            return (Finding.Ok("websockets", "They come through."), Encoding.ASCII.GetString(word, 0, got.Count));
        }
        catch (WebSocketException e)
        {
            return (Finding.Wrong("websockets", $"They do not come through: {Check.Reason(e)} What stands before the hub has to pass Upgrade and Connection, as docs/haproxy.cfg does."), null);
        }
    }

    private static async Task<(int Status, string Body, string? Problem)> GetAsync(HttpClient client, Uri address, string path, CancellationToken ct)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(address, path), ct);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(ct), null);
        }
        catch (HttpRequestException e)
        {
            return (0, "", Check.Reason(e));
        }
    }
}
