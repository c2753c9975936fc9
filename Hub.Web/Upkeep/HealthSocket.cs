using System.Net.WebSockets;

namespace Hub.Web.Upkeep;

/// <summary>
/// <c>/healthz/socket</c>: a WebSocket for everybody that says <c>https</c> or <c>http</c>, as this node sees the request, and closes. It is how
/// <c>check</c> knows that a balancer lets WebSockets through and tells how people come; it holds nothing of anybody.
/// </summary>
internal static class HealthSocket
{
    public const string Path = "/healthz/socket";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static void MapHealthSocket(this WebApplication app)
    {
        IEndpointRouteBuilder endpoints = app;
        var pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseWebSockets().Run(AnswerAsync);
        endpoints.Map(Path, pipeline.Build()).AllowAnonymous();
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        // Browsers always name an Origin when they open a WebSocket: this one is for programs.
        if (!http.WebSockets.IsWebSocketRequest || http.Request.Headers.Origin.Count > 0)
        {
            http.Response.StatusCode = http.WebSockets.IsWebSocketRequest ? StatusCodes.Status403Forbidden : StatusCodes.Status426UpgradeRequired;
            return;
        }
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        over.CancelAfter(Longest);
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        try
        {
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(http.Request.Scheme), WebSocketMessageType.Text, endOfMessage: true, over.Token);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, over.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // Whoever asked has gone, or says no goodbye.
        }
    }
}
