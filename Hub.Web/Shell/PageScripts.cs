using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Hub.Web.Shell;

/// <summary>Gives components their own script modules.</summary>
public sealed class PageScripts(IJSRuntime js, ILogger<PageScripts> log)
{
    /// <summary>The module at <paramref name="path"/>, fetched when it is first called.</summary>
    public PageScript Of(string path) => new(js, log, path);
}

/// <summary>
/// A component's script module. A browser that goes away, sleeps through a call, or cannot fetch the module breaks neither
/// the page nor its circuit: the call gives nothing, and what is the browser's own waits for the next page load.
/// </summary>
public sealed partial class PageScript(IJSRuntime js, ILogger log, string path) : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<(string Of, string Language), JsonElement> words = new();

    private Task<IJSObjectReference>? module;
    private IJSObjectReference? handle;

    /// <summary>True from the first call on.</summary>
    public bool Called => module is not null;

    /// <summary>What a script says, as <paramref name="made"/> gives it: made once for each language.</summary>
    public static object Words(string of, Func<object> made) => words.GetOrAdd((of, CultureInfo.CurrentUICulture.Name), _ => Json(made()));

    /// <summary>Calls the module's <c>start</c>, once; what it gives is stopped with the component.</summary>
    public async Task StartAsync(params object?[] args)
    {
        if (!Called) handle = await CallAsync<IJSObjectReference>("start", args);
    }

    /// <summary>Calls a function of what <c>start</c> gave; nothing happens before that.</summary>
    public Task TellAsync(string function, params object?[] args) => handle is null ? Task.CompletedTask : WithModuleAsync(async _ => await handle.InvokeVoidAsync(function, Plain(args)));

    /// <summary>Calls a function of the module and waits for its end.</summary>
    public Task CallAsync(string function, params object?[] args) => WithModuleAsync(async m => await m.InvokeVoidAsync(function, Plain(args)));

    /// <summary>Calls a function of the module; null if it could not be reached.</summary>
    public async Task<T?> CallAsync<T>(string function, params object?[] args)
    {
        T? given = default;
        await WithModuleAsync(async m => given = await m.InvokeAsync<T?>(function, Plain(args)));
        return given;
    }

    public async ValueTask DisposeAsync()
    {
        if (!Called) return;
        await WithModuleAsync(async m =>
        {
            if (handle is not null)
            {
                await handle.InvokeVoidAsync("stop");
                await handle.DisposeAsync();
            }
            await m.DisposeAsync();
        });
    }

    // Every circuit learns anew how each type is written, which costs more than writing it: what is not the browser's own or a word is written here.
    private static object?[] Plain(object?[] args) => Array.ConvertAll(args, a => a is null or string or JsonElement or ElementReference || a.GetType().Namespace == typeof(IJSRuntime).Namespace ? a : Json(a));

    private static JsonElement Json(object value) => JsonSerializer.SerializeToElement(value, JsonSerializerOptions.Web);

    private async Task WithModuleAsync(Func<IJSObjectReference, Task> call)
    {
        try
        {
            module ??= js.InvokeAsync<IJSObjectReference>("import", path).AsTask();
            await call(await module);
        }
        catch (JSException e)
        {
            // The browser's own words may quote what somebody typed: only where it happened is told.
            log.LogWarning("Script {Path} failed in the browser at {Places}", path, string.Join(" < ", Place().Matches(e.Message).Take(5).Select(m => m.Value)));
        }
        catch (Exception e) when (e is JSDisconnectedException or OperationCanceledException)
        {
            // The browser has gone, or its answer was lost with the connection.
        }
    }

    [GeneratedRegex(@"[\w.-]+\.js:\d+:\d+", RegexOptions.None, 1000)]
    private static partial Regex Place();
}
