using System.Globalization;
using Hub.Domain;
using Hub.Domain.Devices;
using Hub.Domain.Live;
using Hub.Domain.Search;
using Hub.Domain.Seed;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Hub.Web.Api;
using Hub.Web.Fixes;
using Hub.Web.Integrations.Clamd;
using Hub.Web.Integrations.Hooks;
using Hub.Web.Integrations.Mail;
using Hub.Web.Integrations.Push;
using Hub.Web.Integrations.Redis;
using Hub.Web.Integrations.Telemetry;
using Hub.Web.Live;
using Hub.Web.People;
using Hub.Web.Shell;
using Hub.Web.SignIn;
using Hub.Web.Upkeep;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting.Systemd;
using MudBlazor.Services;

namespace Hub.Web;

/// <summary>How the hub is put together: services, then the way of a request through it.</summary>
internal static class HubHost
{
    public static void AddHub(this WebApplicationBuilder builder)
    {
        var (services, configuration) = (builder.Services, builder.Configuration);
        if (builder.Environment.IsDevelopment())
        {
            // The file lies at the top level; dotnet run does not look there, so it is copied beside the program.
            var development = Path.Combine(AppContext.BaseDirectory, "appsettings.Development.json");
            configuration.Sources.Insert(1, new Microsoft.Extensions.Configuration.Json.JsonConfigurationSource
            {
                Path = "appsettings.Development.json", Optional = true,
                FileProvider = new Microsoft.Extensions.FileProviders.PhysicalFileProvider(Path.GetDirectoryName(development)!),
            });
        }
        // Served as built: the development handler would send every file through gzip without compressing it, 900 KB a first page.
        configuration["ReloadStaticAssetsAtRuntime"] ??= "false";
        var folder = configuration["Storage:Folder"] ?? "data";
        configuration["Storage:Folder"] = Path.GetFullPath(folder, builder.Environment.ContentRootPath);
        if (configuration["Files:Folder"] is { Length: > 0 } files) configuration["Files:Folder"] = Path.GetFullPath(files, builder.Environment.ContentRootPath);

        var clock = new OffsetClock(Offset(configuration["Clock:Offset"]));
        services.AddSingleton(clock).AddSingleton<TimeProvider>(clock);
        services.AddHubStorage(configuration);
        if (builder.Environment.IsDevelopment())
        {
            services.AddSingleton<IDeviceManagement>(s => s.GetRequiredService<SimulatedTenant>());
            services.AddSingleton<IAccounts>(s => s.GetRequiredService<SimulatedTenant>());
        }
        services.AddHubScanner(configuration);
        services.AddHubMail(configuration);
        services.AddHubPush(configuration);
        services.AddHubHooks(configuration, builder.Environment);
        services.AddSingleton(HubAddress.Of(configuration["Hub:Address"]));
        services.AddHubRooms();
        services.AddHostedService<RunClock>();
        services.AddHostedService<DueClock>().AddHostedService<NodeBeat>();
        services.AddSingleton<LiveConnections>();
        services.AddScoped<LivePage>();
        services.AddSingleton<FirstPaints>().AddScoped<FirstPaint>();
        var every = VersionCheck.Every(configuration["Live:CheckSeconds"]);
        services.AddHostedService(s => ActivatorUtilities.CreateInstance<VersionCheck>(s, every));
        services.AddSingleton<NodeHealth>();
        services.AddSingleton<OpenCircuits>().AddScoped<CircuitHandler, OpenCircuits.Counting>().AddSingleton<ISystemdNotifier, SystemdNotifier>().AddSingleton<IHostLifetime, Drain>();
        services.AddHostedService<PresenceClock>().AddHostedService<AvailabilityClock>().AddScoped<Colleagues>();
        services.AddScoped<CircuitPresence>().AddScoped<CircuitHandler>(s => s.GetRequiredService<CircuitPresence>());
        services.AddHubRedis(configuration);
        builder.AddHubTelemetry();

        services.AddHubHeaders();
        services.AddHubProxies(configuration);
        services.AddHubKeys(configuration);
        services.AddHubSignIn(configuration, builder.Environment);
        services.AddHubApi();
        services.AddSingleton(new Chat.HookLimits(configuration)).AddSingleton<Chat.MessageRows>().AddSingleton<Chat.ExportPage>().AddSingleton<Chat.CardRows>();
        services.AddScoped<Chat.MyConversations>();
        services.AddScoped<Notifications.MyInbox>();
        services.AddHubWords();
        services.AddScoped<PageScripts>();

        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddCascadingAuthenticationState();
        services.AddMudServices();
        services.AddSignalR();
        services.AddResponseCompression(o => (o.EnableForHttps, o.MimeTypes) = (true, [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"]));
        services.AddHealthChecks().AddCheck<Ready>("ready", tags: ["ready"]);
    }

    public static void UseHub(this WebApplication app)
    {
        app.UseHubProxies();
        if (!app.Environment.IsDevelopment())
        {
            app.UseHsts();
            // The balancer asks a node by plain http whether it is ready, and is answered, not sent away.
            app.UseWhen(http => !ForMachines(http.Request.Path), people => people.UseHttpsRedirection());
        }
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseWhen(http => !ForPrograms(http.Request.Path), pages => pages.UseStatusCodePagesWithReExecute("/status/{0}", createScopeForStatusCodePages: true));
        app.UseHubHeaders();
        app.UseResponseCompression();
        app.UseHubWords();
        app.UseRouting();
        app.UseMiddleware<OriginGuard>();
        app.UseHubApi();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();
        app.UseAntiforgery();
        app.UseHubApiRules();

        app.MapStaticAssets().AllowAnonymous();
        app.MapGet("/emoji.json", (HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "private, max-age=86400";
            return Results.Bytes(Emoji.Json, "application/json");
        }).ExcludeFromDescription();
        app.MapIcons();
        app.MapManifest();
        app.MapHealthChecks("/healthz", new() { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/readyz", new() { Predicate = c => c.Tags.Contains("ready") }).AllowAnonymous();
        app.MapHubMetrics();
        app.MapHealthSocket();
        app.MapHubSignIn();
        app.MapHubWords();
        app.MapHubApi();
        Chat.HookPosts.MapHookPosts(app);
        app.MapHub<LiveHub>("/hubs/live", o => o.CloseOnAuthenticationExpiration = true);
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(o =>
            // Compression of each circuit's socket without a context kept for it: CIRCUITS, 407 → 428 KiB instead of 700.
            o.ConfigureWebSocketAcceptContext = (_, accept) =>
            {
                accept.DangerousEnableCompression = true;
                accept.DisableServerContextTakeover = true;
                return Task.CompletedTask;
            });
    }

    // Far enough for every drill, and every time that comes of it can be written.
    private static TimeSpan Offset(string? text) =>
        string.IsNullOrEmpty(text) ? TimeSpan.Zero
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var offset) && offset.Duration() <= TimeSpan.FromDays(36_500) ? offset
        : throw new SettingsException($"Clock:Offset is \"{text}\"; it is a time such as 1.02:30:00 (a day, two hours and a half), of at most a hundred years.");

    private static bool ForPrograms(PathString path) =>
        path.StartsWithSegments("/api") || path.StartsWithSegments("/hooks") || path.StartsWithSegments("/hubs") || path.StartsWithSegments("/_blazor") || path.StartsWithSegments("/openapi") || path.StartsWithSegments("/metrics");

    private static bool ForMachines(PathString path) => path.StartsWithSegments("/healthz") || path.StartsWithSegments("/readyz") || path.StartsWithSegments("/metrics");

    /// <summary>Development brings the schema up by itself; elsewhere an old schema stops the start, with what to do.</summary>
    public static async Task<bool> PrepareStorageAsync(this WebApplication app)
    {
        var hub = app.Services.GetRequiredService<IDbContextFactory<HubDb>>();
        if (app.Environment.IsDevelopment())
        {
            await HubStorage.MigrateAsync(hub);
            if (app.Configuration.GetValue<bool>("Seed:Demo")) await app.Services.GetRequiredService<DemoSeed>().MakeAsync();
            return true;
        }
        var pending = await HubStorage.PendingMigrationsAsync(hub);
        if (pending.Count == 0) return true;
        await Console.Error.WriteLineAsync($"The database lacks {pending.Count} migrations, first {pending[0]}. Run this program once with the word \"migrate\", then start again.");
        return false;
    }
}
