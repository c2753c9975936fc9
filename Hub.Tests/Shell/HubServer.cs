using Hub.Tests.Notifications;
using Hub.Tests.Storage;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace Hub.Tests.Shell;

/// <summary>The whole hub on a real port, in process, on a SQLite folder of its own with the demonstration, and a browser.</summary>
public sealed class HubServer : WebApplicationFactory<Program>, IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-server-").FullName;
    private IPlaywright playwright = null!;

    public IBrowser Browser { get; private set; } = null!;

    public string Address { get; private set; } = "";

    public LogLines Log { get; } = new();

    /// <summary>The hub's services, as the pages use them.</summary>
    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public async Task InitializeAsync()
    {
        await Demonstration.CopyAsync(folder);
        UseKestrel(0);
        StartServer();
        Address = ClientOptions.BaseAddress.ToString().TrimEnd('/');
        playwright = await Playwright.CreateAsync();
        // A busy machine is no failure: what is expected comes at once or, if the feature is broken, never.
        Assertions.SetDefaultExpectTimeout(20_000);
        Browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("HUB_TEST_CHROMIUM") ?? "/usr/bin/chromium-headless-shell",
            Args = ["--no-sandbox", "--disable-gpu", "--in-process-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A browser of one's own, signed in through the persona page.</summary>
    public async Task<IPage> SignInAsync(string email, BrowserNewContextOptions? options = null)
    {
        var context = await Browser.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1440, Height = 900 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(Address + "/signin");
        await page.Locator($"button[data-email='{email}']").ClickAsync();
        await page.WaitForURLAsync(Address + "/");
        await page.Locator(".hub[data-live]").WaitForAsync();
        return page;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Development");
        builder.UseSetting("Storage:Folder", folder);
        // Pages offer notifications; nothing is sent to a browser that subscribed nowhere.
        foreach (var (name, value) in PushServer.Keys) builder.UseSetting(name, value);
        builder.UseSetting("Push:Subject", "mailto:hub@northbridge.example").UseSetting("Push:AllowedHosts", "push.invalid");
        builder.ConfigureLogging(l => l.AddProvider(Log));
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await Browser.DisposeAsync();
        playwright.Dispose();
        await base.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>Browser tests share one hub and one browser and run one after the other: two cores.</summary>
[CollectionDefinition(Name)]
public sealed class InBrowser : ICollectionFixture<HubServer>
{
    public const string Name = "browser";
}

/// <summary>Fault tests have a hub and a browser of their own, and run one after the other beside the rest: they wait for processes more than they compute.</summary>
[CollectionDefinition(Name)]
public sealed class AmongFaults : ICollectionFixture<HubServer>
{
    public const string Name = "faults";
}
