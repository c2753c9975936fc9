using Hub.Domain;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web.Upkeep;

/// <summary>How a thing that was looked at stands. Only <see cref="Wrong"/> makes <c>check</c> end with 1.</summary>
internal enum Verdict
{
    Ok,
    Warning,
    Wrong,
}

/// <summary>One line of <c>check</c>: what was looked at, how it stands, and in words why and what to do.</summary>
internal sealed record Finding(string What, Verdict Verdict, string Said)
{
    public static Finding Ok(string what, string said) => new(what, Verdict.Ok, said);

    public static Finding Warn(string what, string said) => new(what, Verdict.Warning, said);

    public static Finding Wrong(string what, string said) => new(what, Verdict.Wrong, said);
}

/// <summary>What the checks look at. Nothing here is started: each opens what it needs, and only reads.</summary>
/// <param name="Settings">The hub's settings.</param>
/// <param name="Development">True where personas sign in.</param>
/// <param name="Hub">The hub's services; null when its settings do not let it be put together.</param>
/// <param name="NoStart">Why it cannot be put together.</param>
internal sealed record Looking(IConfiguration Settings, bool Development, IServiceProvider? Hub = null, string? NoStart = null)
{
    /// <summary>This machine's clock, not moved by <c>Clock:Offset</c>.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Makes the way to other machines' HTTP; redirects are findings, so they are not followed.</summary>
    public Func<HttpMessageHandler> Web { get; init; } = () => new SocketsHttpHandler { AllowAutoRedirect = false };

    /// <summary>Bytes that may still be written to the disk of a folder.</summary>
    public Func<string, long> Free { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>The database and, for those that need it, what reads and writes its keys.</summary>
    /// <exception cref="SettingsException">The settings name none.</exception>
    public ServiceProvider Storage(Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(Clock).AddHubStorage(Settings);
        more?.Invoke(services);
        return services.BuildServiceProvider();
    }
}

/// <summary>Something to look at, by name. It may throw, and it may hang: what it found until then is kept, and the rest is said.</summary>
internal sealed record Check(string Name, Func<Looking, CancellationToken, IAsyncEnumerable<Finding>> Look)
{
    // A check that ends by itself when it is told to has this long to say what it found.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public async Task<IReadOnlyList<Finding>> RunAsync(Looking at, TimeSpan limit)
    {
        var found = new List<Finding>();
        using var over = new CancellationTokenSource(limit);
        try
        {
            await Task.Run(() => CollectAsync(at, found, over.Token), CancellationToken.None).WaitAsync(limit + Grace, CancellationToken.None);
        }
        catch (SettingsException)
        {
            Add(found, Finding.Wrong(Name, "cannot be looked at with these settings."));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Add(found, Finding.Wrong(Name, e is OperationCanceledException or TimeoutException ? $"did not answer within {limit.TotalSeconds:0.#} s." : Reason(e)));
        }
        lock (found) return [.. found];
    }

    /// <summary>An exception in one line: what failed, and what lay under it.</summary>
    public static string Reason(Exception e)
    {
        var (outer, inner) = (FirstLine(e), FirstLine(e.GetBaseException()));
        return outer.Contains(inner, StringComparison.Ordinal) ? outer + "." : $"{outer}: {inner}.";
    }

    private async Task CollectAsync(Looking at, List<Finding> found, CancellationToken ct)
    {
        await foreach (var finding in Look(at, ct)) Add(found, finding);
    }

    private static void Add(List<Finding> found, Finding finding)
    {
        lock (found) found.Add(finding);
    }

    private static string FirstLine(Exception e) => e.Message.Split('\n')[0].Trim().TrimEnd('.');
}
