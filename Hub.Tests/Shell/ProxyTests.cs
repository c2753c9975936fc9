using System.Net;
using System.Net.Http.Headers;
using Hub.Domain;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Hub.Tests.Shell;

/// <summary>The hub in Production behind proxies at 10.8.0.1 and in 10.9.0.0/24 that end TLS.</summary>
public sealed class ProxyTests(ProxyTests.Proxied hub) : IClassFixture<ProxyTests.Proxied>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Person = "203.0.113.7";
    private readonly HubWeb web = hub.Web;

    [Fact]
    public async Task Behind_a_proxy_that_is_known_the_hub_knows_that_people_come_by_https()
    {
        var answer = await AskAsync("/signin/entra", "10.9.0.200", proto: "https");
        Assert.Equal(302, answer.Response.StatusCode);
        Assert.Contains("redirect_uri=" + Uri.EscapeDataString("https://hub.example/signin-oidc"), answer.Response.Headers.Location.ToString(), StringComparison.Ordinal);
        var cookies = answer.Response.Headers.SetCookie;
        Assert.True(cookies.Count > 0);
        Assert.All(cookies, c => Assert.Contains("; secure", c, StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith("max-age=", answer.Response.Headers.StrictTransportSecurity.ToString(), StringComparison.Ordinal);

        // The cookie that guards forms, too.
        using var amara = await web.ProgramAsync(Amara);
        var guard = await AskAsync("/api/v1/antiforgery", "10.8.0.1", proto: "https", more: http => http.Request.Headers.Authorization = amara.DefaultRequestHeaders.Authorization!.ToString());
        Assert.Equal(200, guard.Response.StatusCode);
        Assert.Contains("; secure", Assert.Single(guard.Response.Headers.SetCookie.ToArray()), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("10.9.0.200", "http")]  // the proxy says so
    [InlineData("10.9.0.200", null)]    // says nothing
    [InlineData("10.10.0.1", "https")]  // from anybody else, whatever they say
    [InlineData("127.0.0.1", "https")]
    public async Task Who_does_not_come_by_https_is_sent_there(string from, string? proto)
    {
        var answer = await AskAsync("/signin?returnUrl=%2Fchat", from, proto: proto);
        Assert.Equal((307, "https://hub.example/signin?returnUrl=%2Fchat"), (answer.Response.StatusCode, answer.Response.Headers.Location.ToString()));
        Assert.Empty(answer.Response.Headers.StrictTransportSecurity.ToString());
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task The_balancer_asks_by_plain_http_and_is_answered(string path) => Assert.Equal(200, (await AskAsync(path, "10.9.0.200")).Response.StatusCode);

    [Theory]
    [InlineData("10.9.0.200", Person, Person)]
    [InlineData("::ffff:10.9.0.200", Person, Person)]
    [InlineData("10.9.0.200", "198.51.100.99, " + Person, Person)]      // what the person says of themselves is not looked at
    [InlineData("10.9.0.200", Person + ", 10.8.0.1", Person)]           // one proxy behind the other
    [InlineData("10.10.0.1", Person, "10.10.0.1")]                      // nobody that is known
    [InlineData("10.9.0.200", "nonsense", "10.9.0.200")]
    public async Task The_trail_has_the_persons_own_address(string from, string forwarded, string expected)
    {
        using var amara = await web.ProgramAsync(Amara);
        var name = Guid.NewGuid().ToString("N");
        var answer = await AskAsync("/api/v1/conversations", from, forwarded, "https", http =>
        {
            (http.Request.Method, http.Request.Scheme, http.Request.ContentType) = ("POST", "https", "application/json");
            http.Request.Headers.Authorization = amara.DefaultRequestHeaders.Authorization!.ToString();
            var body = System.Text.Encoding.UTF8.GetBytes($$"""{"kind":"channel","name":"{{name}}"}""");
            (http.Request.Body, http.Request.ContentLength) = (new MemoryStream(body), body.Length);
            http.Features.Set<IHttpRequestBodyDetectionFeature>(new HasBody());
        });
        Assert.Equal(201, answer.Response.StatusCode);
        await using var db = await web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var id = (await db.Conversations.SingleAsync(c => c.Name == name)).Id;
        Assert.Equal(expected, (await db.AuditEntries.SingleAsync(a => a.Action == "channel.create" && a.SubjectId == id)).Address);
    }

    [Theory]
    [InlineData("https://hub.example", 200)]
    [InlineData("https://elsewhere.example", 403)]
    public async Task Live_connections_through_the_proxy_are_opened_by_the_hubs_own_pages(string origin, int expected)
    {
        using var amara = await web.ProgramAsync(Amara);
        var answer = await AskAsync("/hubs/live/negotiate", "10.9.0.200", Person, "https", http =>
        {
            http.Request.Method = "POST";
            http.Request.QueryString = new("?negotiateVersion=1");
            http.Request.Headers.Origin = origin;
            http.Request.Headers.Authorization = amara.DefaultRequestHeaders.Authorization!.ToString();
        });
        Assert.Equal(expected, answer.Response.StatusCode);
    }

    [Fact]
    public async Task Without_the_setting_nobody_is_believed_and_the_log_says_so_once()
    {
        var lines = new LogLines();
        await using var alone = web.WithWebHostBuilder(b => b.ConfigureLogging(l => l.AddProvider(lines)));
        for (var i = 0; i < 2; i++)
        {
            var answer = await alone.Server.SendAsync(http => Ask(http, "/signin", "127.0.0.1", Person, "https"));
            Assert.Equal((200, "http"), (answer.Response.StatusCode, answer.Request.Scheme));
        }
        Assert.Single(lines.All, l => l.Contains("127.0.0.1", StringComparison.Ordinal) && l.Contains("Proxy:Known", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("everywhere")]
    [InlineData("10.0.0.1, 443")]
    [InlineData("10.0.0.0/33")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    public void What_is_no_proxy_is_refused(string known)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Proxy:Known", known)]).Build();
        Assert.StartsWith("Proxy:Known has", Assert.Throws<SettingsException>(() => new ServiceCollection().AddHubProxies(settings)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nor_is_everybody_believed_by_the_frameworks_own_setting()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("ForwardedHeaders_Enabled", "true")]).Build();
        Assert.Contains("Proxy:Known", Assert.Throws<SettingsException>(() => new ServiceCollection().AddHubProxies(settings)).Message, StringComparison.Ordinal);
    }

    private sealed class HasBody : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => true;
    }

    private Task<HttpContext> AskAsync(string path, string from, string? forwarded = null, string? proto = null, Action<HttpContext>? more = null) => hub.Production.Server.SendAsync(http =>
    {
        Ask(http, path, from, forwarded, proto);
        more?.Invoke(http);
    });

    private static void Ask(HttpContext http, string path, string from, string? forwarded, string? proto)
    {
        (http.Request.Method, http.Request.Scheme, http.Request.Host) = ("GET", "http", new("hub.example"));
        var query = path.IndexOf('?', StringComparison.Ordinal);
        (http.Request.Path, http.Request.QueryString) = query < 0 ? (path, QueryString.Empty) : (path[..query], new(path[query..]));
        http.Connection.RemoteIpAddress = IPAddress.Parse(from);
        if (forwarded is not null) http.Request.Headers["X-Forwarded-For"] = forwarded;
        if (proto is not null) http.Request.Headers["X-Forwarded-Proto"] = proto;
    }

    /// <summary>A hub with the demonstration, and the same in Production on its folder.</summary>
    public sealed class Proxied : IAsyncLifetime
    {
        public Proxied()
        {
            Production = Web.WithWebHostBuilder(b =>
            {
                b.UseEnvironment("Production");
                foreach (var (name, value) in new[]
                {
                    ("Proxy:Known", "10.8.0.1, 10.9.0.0/24"), ("AzureAd:Instance", "https://login.example/"), ("AzureAd:TenantId", Guid.NewGuid().ToString()), ("AzureAd:ClientId", Guid.NewGuid().ToString()),
                    ("AzureAd:ClientSecret", "none"), ("AzureAd:CallbackPath", "/signin-oidc"), ("AzureAd:ResponseType", "code"),
                }) b.UseSetting(name, value);
                // What discovery would say; there is nobody to ask.
                b.ConfigureTestServices(s => s.PostConfigure<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme, o =>
                    o.ConfigurationManager = new Microsoft.IdentityModel.Protocols.StaticConfigurationManager<OpenIdConnectConfiguration>(new() { AuthorizationEndpoint = "https://login.example/authorize" })));
            });
        }

        internal HubWeb Web { get; } = new();

        internal WebApplicationFactory<Program> Production { get; }

        public Task InitializeAsync() => Web.InitializeAsync();

        public async Task DisposeAsync() => await Web.DisposeAsync(); // and what was made of it
    }
}
