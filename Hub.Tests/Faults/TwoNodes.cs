using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Playwright;

namespace Hub.Tests.Faults;

/// <summary>
/// Two published nodes behind HAProxy (docs/haproxy.cfg), with a PostgreSQL and a Redis of their own that can be stopped, and a wire
/// to the database that can be cut. A person's browser is bound to a node by the balancer's cookie, as it is for people.
/// </summary>
public sealed class TwoNodes : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-nodes-").FullName;
    private readonly int port = HubProcess.FreePort(), redisPort = HubProcess.FreePort();
    private Process? balancer, redis;

    /// <summary>Where people come in.</summary>
    public string Address => $"http://127.0.0.1:{port}";

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
        await StartRedisAsync();
        var program = await PublishAsync();
        var database = $"Host=127.0.0.1;Port={ToDatabase.Port};Username=hub;Database=hub;SSL Mode=Disable;GSS Encryption Mode=Disable";
        string[] settings =
        [
            "--Storage:Provider", "PostgreSQL", "--ConnectionStrings:Hub", database, "--ConnectionStrings:Redis", $"127.0.0.1:{redisPort}",
            "--Seed:Demo", "true", "--Live:CheckSeconds", "1",
        ];
        (One, Two) = (new HubProcess { Program = program, Settings = settings }, new HubProcess { Program = program, Settings = settings });
        await One.StartAsync();
        await Two.StartAsync();
        var start = new ProcessStartInfo("haproxy", ["-q", "-db", "-f", Path.Combine(Top(), "docs", "haproxy.cfg")]);
        (start.Environment["HUB_BIND"], start.Environment["HUB_ONE"], start.Environment["HUB_TWO"]) = ($"127.0.0.1:{port}", Host(One), Host(Two));
        start.Environment["PATH"] += ":/usr/sbin:/usr/local/sbin";
        balancer = Process.Start(start)!;
        await ListensAsync(port);
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
    public async Task<IPage> SignInAsync(IBrowser browser, string node, string email)
    {
        var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1440, Height = 900 }, TimezoneId = "Europe/London" });
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

    /// <summary>What <c>dotnet publish</c> makes of the build: the program as an administrator installs it.</summary>
    private async Task<string> PublishAsync()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var to = Path.Combine(folder, "program");
        using var publish = Process.Start(new ProcessStartInfo("dotnet", ["publish", Path.Combine(Top(), "Hub.Web"), "-c", output.Parent!.Name, "--no-build", "-o", to, "-v", "quiet", "--nologo"])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var said = publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, await said);
        return Path.Combine(to, "Hub.Web.dll");
    }

    private static async Task EndAsync(Process process)
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

    private static string Top()
    {
        var top = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(top.FullName, "HubPortal.sln"))) top = top.Parent!;
        return top.FullName;
    }
}
