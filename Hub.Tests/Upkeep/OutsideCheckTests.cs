using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Tests.Api;
using Hub.Tests.Faults;
using Hub.Web.Upkeep;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hub.Tests.Upkeep;

/// <summary>What <c>check</c> asks over the network: the sign-in's metadata, and the hub itself through whatever stands before it.</summary>
public sealed class OutsideCheckTests
{
    private const string Tenant = "0190a0a0-0000-7000-8000-000000000001";

    [Theory]
    [InlineData("", "AzureAd is not set")]
    [InlineData("Instance=https://login.example/;ClientId=x", "AzureAd:TenantId, AzureAd:ClientSecret: not set.")]
    [InlineData("Instance=http://login.example/;TenantId=x;ClientId=x;ClientSecret=x", "begins with https://")]
    public async Task Sign_in_settings_that_are_not_whole(string settings, string why) =>
        Assert.Contains(why, Assert.Single(await SignInAsync(settings), Look.Wrong).Said, StringComparison.Ordinal);

    [Fact]
    public async Task Personas_are_told_in_Development() =>
        Assert.Equal(Verdict.Warning, Assert.Single(await Look.RunAsync(SignInCheck.LookAsync, Look.At() with { Development = true })).Verdict);

    [Theory]
    [InlineData(Tenant, "{0}/" + Tenant + "/v2.0", null)]
    [InlineData("northbridge.example", "{0}/" + Tenant + "/v2.0", null)]
    [InlineData(Tenant, "{0}/0190a0a0-0000-7000-8000-00000000ffff/v2.0", "not this tenant's")]
    [InlineData("northbridge.example", "https://elsewhere.example/" + Tenant + "/v2.0", "not this tenant's")]
    [InlineData(Tenant, "", "404")]
    [InlineData(Tenant, "no json", "cannot be read")]
    public async Task Metadata_says_whose_it_is(string tenant, string issuer, string? why)
    {
        await using var entra = await StandIn.StartAsync(tls: true, async (http, address) =>
        {
            http.Response.StatusCode = issuer.Length == 0 || http.Request.Path != $"/{tenant}/v2.0/.well-known/openid-configuration" ? 404 : 200;
            await http.Response.WriteAsync(issuer == "no json" ? issuer : $$"""{"issuer":"{{string.Format(null, issuer, address)}}"}""");
        });
        var found = await SignInAsync($"Instance={entra.Address}/;TenantId={tenant};ClientId=x;ClientSecret=x", entra.Web);
        if (why is null) Assert.All(found, f => Assert.Equal(Verdict.Ok, f.Verdict));
        else Assert.Contains(why, Assert.Single(found, Look.Wrong).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_Entra_that_is_out_of_reach_is_told() =>
        Assert.Contains("cannot be read", Assert.Single(await SignInAsync($"Instance=https://127.0.0.1:{HubProcess.FreePort()};TenantId={Tenant};ClientId=x;ClientSecret=x"), Look.Wrong).Said, StringComparison.Ordinal);

    [Fact]
    public async Task The_hub_itself_answers_is_ready_and_takes_WebSockets()
    {
        await using var hub = await HubWeb.OnAsync();
        hub.UseKestrel(0);
        hub.StartServer();
        var address = hub.ClientOptions.BaseAddress.ToString();
        Assert.Equal([("address", Verdict.Ok), ("ready", Verdict.Ok), ("websockets", Verdict.Ok), ("scheme", Verdict.Ok)], (await AddressAsync(address)).Select(f => (f.What, f.Verdict)));

        // The way for programs is none for pages elsewhere, nor for anything else.
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", "https://elsewhere.example");
        Assert.Contains("403", (await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri(address.Replace("http:", "ws:", StringComparison.Ordinal) + "healthz/socket"), default))).Message, StringComparison.Ordinal);
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.UpgradeRequired, (await client.GetAsync(new Uri(address + "healthz/socket"))).StatusCode);

        // TLS that ends before the hub, without a word of it: the hub takes what comes for http.
        await using var before = await StandIn.RelayAsync(new Uri(address).Port);
        Assert.Equal([("address", Verdict.Ok), ("ready", Verdict.Ok), ("websockets", Verdict.Ok), ("scheme", Verdict.Wrong)], (await AddressAsync(before.Address, before.Web)).Select(f => (f.What, f.Verdict)));
    }

    [Fact]
    public async Task An_address_is_asked_for_and_understood()
    {
        Assert.Equal(Verdict.Warning, Assert.Single(await AddressAsync("")).Verdict);
        Assert.Contains("\"hub\" is none", Assert.Single(await AddressAsync("hub")).Said, StringComparison.Ordinal);
        Assert.Contains("cannot be reached", Assert.Single(await AddressAsync($"http://127.0.0.1:{HubProcess.FreePort()}")).Said, StringComparison.Ordinal);
        var set = Look.At(("Hub:Address", $"http://127.0.0.1:{HubProcess.FreePort()}"));
        Assert.Contains("cannot be reached", Assert.Single(await Look.RunAsync(AddressCheck.LookAsync, set)).Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "Welcome to nginx!", "address", "Something else")]
    [InlineData(503, "", "address", "no node is there")]
    [InlineData(307, "", "address", "X-Forwarded-Proto")]
    public async Task What_is_no_hub_is_told(int status, string body, string what, string why)
    {
        await using var other = await StandIn.StartAsync(tls: false, (http, _) =>
        {
            http.Response.StatusCode = status;
            return http.Response.WriteAsync(body);
        });
        var found = Assert.Single(await AddressAsync(other.Address));
        Assert.Equal((what, Verdict.Wrong), (found.What, found.Verdict));
        Assert.Contains(why, found.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_not_ready_behind_what_lets_no_WebSocket_through_is_told()
    {
        await using var other = await StandIn.StartAsync(tls: false, (http, _) =>
        {
            http.Response.StatusCode = http.Request.Path == "/healthz" ? 200 : http.Request.Path == "/readyz" ? 503 : 426;
            return http.Response.WriteAsync("Healthy");
        });
        Assert.Equal([("address", Verdict.Ok), ("ready", Verdict.Wrong), ("websockets", Verdict.Wrong)], (await AddressAsync(other.Address)).Select(f => (f.What, f.Verdict)));
    }

    private static Task<IReadOnlyList<Finding>> AddressAsync(string address, Func<HttpMessageHandler>? web = null) =>
        Look.RunAsync(AddressCheck.LookAsync, Look.At(("address", address)) is var at && web is not null ? at with { Web = web } : at);

    private static Task<IReadOnlyList<Finding>> SignInAsync(string settings, Func<HttpMessageHandler>? web = null)
    {
        var at = Look.At([.. settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('=')).Select(s => ($"AzureAd:{s[0]}", s[1]))]);
        return Look.RunAsync(SignInCheck.LookAsync, web is null ? at : at with { Web = web });
    }
}

/// <summary>Something else's server on a port of its own, with a certificate that <see cref="Web"/> alone trusts.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    private readonly X509Certificate2 certificate = Certificate();
    private WebApplication? app;
    private System.Net.Sockets.TcpListener? relay;

    public string Address { get; private set; } = "";

    public HttpMessageHandler Web() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() },
    };

    public static async Task<StandIn> StartAsync(bool tls, Func<HttpContext, string, Task> answer)
    {
        var server = new StandIn();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, o =>
        {
            if (tls) o.UseHttps(server.certificate);
        }));
        server.app = builder.Build();
        server.app.Run(http => answer(http, server.Address));
        await server.app.StartAsync();
        server.Address = $"{(tls ? "https" : "http")}://127.0.0.1:{new Uri(server.app.Urls.Single()).Port}";
        return server;
    }

    /// <summary>TLS in front of a port, bytes for bytes: nothing is said of how people came.</summary>
    public static async Task<StandIn> RelayAsync(int port)
    {
        var server = new StandIn { relay = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0) };
        server.relay.Start();
        server.Address = $"https://127.0.0.1:{((IPEndPoint)server.relay.LocalEndpoint).Port}";
        _ = server.AcceptAsync(port);
        await Task.CompletedTask;
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        relay?.Stop();
        if (app is not null) await app.DisposeAsync();
        certificate.Dispose();
    }

    private async Task AcceptAsync(int port)
    {
        try
        {
            while (true) _ = PassAsync(await relay!.AcceptTcpClientAsync(), port);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task PassAsync(System.Net.Sockets.TcpClient from, int port)
    {
        using (from)
        using (var to = new System.Net.Sockets.TcpClient())
        {
            await using var outside = new System.Net.Security.SslStream(from.GetStream());
            await outside.AuthenticateAsServerAsync(certificate);
            await to.ConnectAsync(IPAddress.Loopback, port);
            await using var inside = to.GetStream();
            await Task.WhenAny(outside.CopyToAsync(inside), inside.CopyToAsync(outside));
        }
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
