using System.Collections.Concurrent;
using MudBlazor.Services;

namespace Hub.Bench.Bare;

/// <summary>The last 50 rows of a room, shared by every circuit that has it open; each post renders all of those.</summary>
internal sealed class BareRows
{
    private static readonly ConcurrentDictionary<string, BareRows> Rooms = new(StringComparer.Ordinal);

    private readonly Lock gate = new();

    public event EventHandler? Changed;

    public IReadOnlyList<string> Now { get; private set; } = [.. Enumerable.Range(0, 50).Select(i => $"row {i}")];

    public static BareRows Of(string room) => Rooms.GetOrAdd(room, static _ => new BareRows());

    public void Post(string text)
    {
        lock (gate) Now = [.. Now.Skip(1), text];
        Changed?.Invoke(this, EventArgs.Empty);
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
        app.MapPost("/post", async (HttpRequest request, string? room) =>
        {
            using var reader = new StreamReader(request.Body);
            BareRows.Of(room ?? "").Post(await reader.ReadToEndAsync());
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
