using System.Diagnostics;
using System.Globalization;
using Hub.Tests.Faults;
using Hub.Web.Upkeep;
using Microsoft.Extensions.Configuration;

namespace Hub.Tests.Upkeep;

/// <summary>One check of <c>check</c>, in process.</summary>
internal static class Look
{
    /// <summary>Settings alone, as outside Development.</summary>
    public static Looking At(params (string Name, string Value)[] settings) =>
        new(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value))).Build(), Development: false);

    public static Looking Postgres(string connection, params (string Name, string Value)[] settings) =>
        At([("Storage:Provider", "PostgreSQL"), ("ConnectionStrings:Hub", connection), .. settings]);

    public static Task<IReadOnlyList<Finding>> RunAsync(Func<Looking, CancellationToken, IAsyncEnumerable<Finding>> look, Looking at) => new Check("check", look).RunAsync(at, TimeSpan.FromSeconds(20));

    public static async Task<List<Finding>> DatabaseAsync(Looking at) => [.. await RunAsync(DatabaseCheck.LookAsync, at), .. at.Settings["Storage:Provider"] is null ? await RunAsync(DatabaseCheck.IntegrityAsync, at) : []];

    public static bool Wrong(Finding finding) => finding.Verdict == Verdict.Wrong;
}

/// <summary>A Redis of one's own.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly int port = HubProcess.FreePort();
    private Process process = null!;

    public string Connection => $"127.0.0.1:{port}";

    public static async Task<RedisServer> StartAsync(params string[] options)
    {
        var server = new RedisServer();
        server.process = Process.Start(new ProcessStartInfo("redis-server", ["--port", server.port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", .. options]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var said = "";
        while (await server.process.StandardOutput.ReadLineAsync() is { } line)
        {
            said += line + '\n';
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal)) continue;
            // What it says from now on is nobody's, and must not fill its pipe.
            _ = server.process.StandardOutput.ReadToEndAsync();
            return server;
        }
        throw new InvalidOperationException("Redis did not start:\n" + said);
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
