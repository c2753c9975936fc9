using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Playwright;

namespace Hub.Tests.Faults;

/// <summary>
/// Two published nodes behind HAProxy (docs/haproxy.cfg), with a PostgreSQL and a Redis of their own that can be stopped, and a wire
/// to the database that can be cut. A person's browser is bound to a node by the balancer's cookie, as it is for people.
/// </summary>
public sealed class TwoNodes : IAsyncLifetime, IAsyncDisposable
{
    private readonly string? published;
    private readonly string folder = Directory.CreateTempSubdirectory("hub-nodes-").FullName;
    private readonly int port = HubProcess.FreePort(), redisPort = HubProcess.FreePort();
    private Process? balancer, redis;

    public TwoNodes()
    {
    }

    /// <param name="program">The program that both run; otherwise what was built, published.</param>
    internal TwoNodes(string program) => published = program;

    /// <summary>Where people come in.</summary>
    public string Address => $"http://127.0.0.1:{port}";

    /// <summary>Connection string of the nodes' database, by the wire that can be cut.</summary>
    public string Connection { get; private set; } = "";

    /// <summary>What each node is told on its command line.</summary>
    public IReadOnlyList<string> Settings { get; private set; } = [];

    public int Port => port;

    public HubProcess One { get; private set; } = null!;

    public HubProcess Two { get; private set; } = null!;

    public PostgresServer Database { get; } = new();

    /// <summary>Between both nodes and the database.</summary>
    internal PostgresWire ToDatabase { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Database.MakeAsync();
        ToDatabase = new PostgresWire(Database.Port);
        ToDatabase.Open();
        Connection = $"Host=127.0.0.1;Port={ToDatabase.Port};Username=hub;Database=hub;SSL Mode=Disable;GSS Encryption Mode=Disable";
        await StartRedisAsync();
        var program = published ?? await Publishing.PublishAsync(Path.Combine(folder, "program"));
        Settings =
        [
            "--Storage:Provider", "PostgreSQL", "--ConnectionStrings:Hub", Connection, "--ConnectionStrings:Redis", $"127.0.0.1:{redisPort}",
            "--Seed:Demo", "true", "--Live:CheckSeconds", "1", "--Files:Folder", Path.Combine(folder, "files"),
        ];
        (One, Two) = (new HubProcess { Program = program, Settings = Settings }, new HubProcess { Program = program, Settings = Settings });
        await One.StartAsync();
        await Two.StartAsync();
        balancer = await BalanceAsync(port, "", Host(One), Host(Two));
    }

    /// <summary>HAProxy with docs/haproxy.cfg at that port, bound with <paramref name="more"/> (TLS, for example), before these nodes.</summary>
    internal static async Task<Process> BalanceAsync(int port, string more, string one, string two)
    {
        var start = new ProcessStartInfo("haproxy", ["-q", "-db", "-f", Path.Combine(Publishing.Top, "docs", "haproxy.cfg")]);
        (start.Environment["HUB_BIND"], start.Environment["HUB_ONE"], start.Environment["HUB_TWO"]) = ($"127.0.0.1:{port}{more}", one, two);
        start.Environment["PATH"] += ":/usr/sbin:/usr/local/sbin";
        var started = Process.Start(start)!;
        await ListensAsync(port);
        return started;
    }

    public async Task StartRedisAsync()
    {
        redis = Process.Start("redis-server", ["--port", redisPort.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--loglevel", "warning"]);
        await ListensAsync(redisPort);
    }

    public async Task KillRedisAsync()
    {
        redis!.Kill();
        await redis.WaitForExitAsync();
        redis.Dispose();
        redis = null;
    }

    /// <summary>A browser of one's own on that node (<c>one</c> or <c>two</c>), signed in through the persona page.</summary>
    public async Task<IPage> SignInAsync(IBrowser browser, string node, string email, ViewportSize? size = null)
    {
        var context = await browser.NewContextAsync(new() { ViewportSize = size ?? new() { Width = 1440, Height = 900 }, TimezoneId = "Europe/London" });
        await context.AddCookiesAsync([new() { Name = "HUBNODE", Value = node, Url = Address }]);
        var page = await context.NewPageAsync();
        await page.GotoAsync(Address + "/signin");
        await page.Locator($"button[data-email='{email}']").ClickAsync();
        await page.WaitForURLAsync(Address + "/");
        await page.Locator(".hub[data-live]").WaitForAsync();
        return page;
    }

    public async Task DisposeAsync()
    {
        if (balancer is not null) await EndAsync(balancer);
        if (One is not null) await One.DisposeAsync();
        if (Two is not null) await Two.DisposeAsync();
        if (redis is not null) await EndAsync(redis);
        if (ToDatabase is not null) await ToDatabase.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    internal static async Task EndAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    // A port that is not listened to yet refuses at once; each try waits a little longer for the process behind it.
    private static async Task ListensAsync(int port)
    {
        for (var patience = 10; ; patience *= 2)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (patience < 10_000)
            {
                await Task.Delay(patience);
            }
        }
    }

    private static string Host(HubProcess node) => new Uri(node.Address).Authority;
}
