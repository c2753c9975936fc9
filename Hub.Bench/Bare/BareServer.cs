using MudBlazor.Services;

namespace Hub.Bench.Bare;

/// <summary>The last 50 rows, shared by every circuit; each post renders every circuit.</summary>
internal static class BareRows
{
    private static readonly Lock Gate = new();

    public static event EventHandler? Changed;

    public static IReadOnlyList<string> Now { get; private set; } = [.. Enumerable.Range(0, 50).Select(i => $"row {i}")];

    public static void Post(string text)
    {
        lock (Gate) Now = [.. Now.Skip(1), text];
        Changed?.Invoke(null, EventArgs.Empty);
    }
}

/// <summary>What the hub is compared with: a MudBlazor layout with 50 plain rows, and nothing else.</summary>
internal static class BareServer
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddMudServices();
        var app = builder.Build();
        app.UseAntiforgery();
        app.MapPost("/post", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            BareRows.Post(await reader.ReadToEndAsync());
        }).DisableAntiforgery();
        app.MapRazorComponents<BareApp>().AddInteractiveServerRenderMode(o => o.ConfigureWebSocketAcceptContext = (_, accept) =>
        {
            accept.DangerousEnableCompression = true;
            accept.DisableServerContextTakeover = true;
            return Task.CompletedTask;
        });
        await app.RunAsync();
    }
}
