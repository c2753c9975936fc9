using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hub.Tests.Faults;

namespace Hub.Tests.Commands;

/// <summary>The published folder, installed and run as docs/operations.md says.</summary>
public sealed class InstalledTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-installed-").FullName;
    private string program = "";

    public async Task InitializeAsync() => program = await Publishing.PublishAsync(Path.Combine(folder, "program"));

    [Fact]
    public async Task The_folder_is_enough_and_one_node_ends_TLS_by_itself_and_tells_systemd()
    {
        var files = Directory.EnumerateFiles(Path.GetDirectoryName(program)!, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Path.GetDirectoryName(program)!, f)).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string> { "Hub.Web", "Hub.Web.dll", "appsettings.json", "docs/operations.md", "docs/haproxy.cfg", "docs/hubportal.service", "wwwroot/hub.css", "wwwroot/hub.css.br" }, files);
        Assert.DoesNotContain(files, f => f.Contains("Development", StringComparison.Ordinal) || f.Contains("Tests", StringComparison.Ordinal) || f.Contains("xunit", StringComparison.Ordinal) || f.EndsWith(".cs", StringComparison.Ordinal));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256) { CertificateExtensions = { names.Build() } };
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var (pem, secret, both, socket) = (Path.Combine(folder, "hub.crt"), Path.Combine(folder, "hub.key"), Path.Combine(folder, "hub.pem"), Path.Combine(folder, "notify"));
        await File.WriteAllTextAsync(pem, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(secret, key.ExportPkcs8PrivateKeyPem());
        var (http, https) = (HubProcess.FreePort(), HubProcess.FreePort());
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(socket));

        await using var hub = new HubProcess
        {
            Environment = "Production", Program = program, NotifySocket = socket,
            Settings =
            [
                .. CommandTests.Entra, "--Kestrel:Endpoints:Http:Url", $"http://127.0.0.1:{http}", "--Kestrel:Endpoints:Https:Url", $"https://127.0.0.1:{https}",
                "--Kestrel:Endpoints:Https:Certificate:Path", pem, "--Kestrel:Endpoints:Https:Certificate:KeyPath", secret,
                "--Proxy:Known", "127.0.0.1", "--https_port", $"{https}",
            ],
        };
        Assert.Equal(0, (await hub.RunAsync("migrate")).Code);
        await hub.StartAsync();
        Assert.Equal("READY=1", await HearAsync(systemd));

        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false,
            SslOptions = { CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate }, RevocationMode = X509RevocationMode.NoCheck } },
        };
        using var client = new HttpClient(handler);
        using var plain = await client.GetAsync($"http://localhost:{http}/signin");
        Assert.Equal((HttpStatusCode.TemporaryRedirect, $"https://localhost:{https}/signin"), (plain.StatusCode, plain.Headers.Location!.ToString()));
        using var page = await client.GetAsync($"https://localhost:{https}/signin/denied");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        using var style = await client.GetAsync($"https://localhost:{https}/hub.css");
        Assert.Equal(HttpStatusCode.OK, style.StatusCode);

        // The same by the balancer's TLS, whatever people say themselves of how they come.
        await File.WriteAllTextAsync(both, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        var front = HubProcess.FreePort();
        var balancer = await TwoNodes.BalanceAsync(front, $" ssl crt {both} alpn h2,http/1.1", $"127.0.0.1:{http}", $"127.0.0.1:{HubProcess.FreePort()}");
        using var lying = new HttpRequestMessage(HttpMethod.Get, $"https://localhost:{front}/signin/denied") { Headers = { { "X-Forwarded-Proto", "http" }, { "X-Forwarded-For", "203.0.113.7" } } };
        try
        {
            using var through = await client.SendAsync(lying);
            Assert.Equal(HttpStatusCode.OK, through.StatusCode);
            Assert.Contains("; secure", Assert.Single(through.Headers.GetValues("Set-Cookie"), c => c.Contains("Antiforgery", StringComparison.Ordinal)), StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            await TwoNodes.EndAsync(balancer);
        }

        Assert.Equal(0, await hub.TerminateAsync());
        Assert.Equal("STOPPING=1", await HearAsync(systemd));
    }

    public Task DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    private static async Task<string> HearAsync(Socket socket)
    {
        var bytes = new byte[64];
        return Encoding.UTF8.GetString(bytes, 0, await socket.ReceiveAsync(bytes).WaitAsync(TimeSpan.FromSeconds(20)));
    }
}
