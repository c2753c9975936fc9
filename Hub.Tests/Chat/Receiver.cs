using System.Collections.Concurrent;
using Hub.Domain.Chat;
using Hub.Web.Integrations.Hooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hub.Tests.Chat;

/// <summary>What came to a receiver.</summary>
internal sealed record Received(string Id, long Time, string Signature, string ContentType, byte[] Body);

/// <summary>A receiver of outgoing webhooks on loopback, by http. It answers what it is told to.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    // The same for all nodes, as the hub's lies in its database.
    private static readonly EphemeralDataProtectionProvider Keys = new();

    private readonly WebApplication app;

    private Receiver(WebApplication app) => this.app = app;

    public string Address { get; private set; } = "";

    public ConcurrentQueue<Received> Got { get; } = [];

    /// <summary>What it answers next.</summary>
    public volatile int Status = StatusCodes.Status204NoContent;

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new Receiver(builder.Build());
        receiver.app.Run(receiver.TakeAsync);
        await receiver.app.StartAsync();
        receiver.Address = receiver.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/told";
        return receiver;
    }

    /// <summary>Lets a hub deliver to receivers on loopback.</summary>
    public static void Allow(IServiceCollection services) =>
        services.AddSingleton(new HookHosts(["127.0.0.1"], PlainLoopback: true)).AddSingleton<IHookSender>(s => new HookSender(Keys, s.GetRequiredService<HookHosts>()));

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var h = http.Request.Headers;
        Got.Enqueue(new Received(h["webhook-id"]!, long.Parse(h["webhook-timestamp"]!), h["webhook-signature"]!, http.Request.ContentType!, body.ToArray()));
        http.Response.StatusCode = Status;
        if (Status == StatusCodes.Status302Found) http.Response.Headers.Location = "/elsewhere";
    }
}
