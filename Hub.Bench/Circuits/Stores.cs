using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Hub.Bench.Circuits;

/// <summary>
/// What two nodes share, for one run: a PostgreSQL database and a Redis. The server of <c>HUB_TEST_POSTGRES</c> if that is set,
/// otherwise one started here with the defaults of PostgreSQL, so that a post is durable as it is in earnest.
/// </summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-bench-stores-").FullName;
    private string? pgBin;
    private string server = "", name = "";
    private Process? redis;

    /// <summary>The hub's settings, as on both nodes.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public static async Task<Stores> StartAsync()
    {
        var stores = new Stores();
        try
        {
            stores.server = Environment.GetEnvironmentVariable("HUB_TEST_POSTGRES") is { Length: > 0 } given ? given : await stores.StartPostgresAsync();
            stores.name = "bench_" + Guid.NewGuid().ToString("N");
            await stores.SqlAsync($"CREATE DATABASE \"{stores.name}\"");
            var port = FreePort();
            stores.redis = Process.Start("redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--dir", stores.folder, "--logfile", Path.Combine(stores.folder, "redis.log")]);
            await ListensAsync(port);
            stores.Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["Storage:Provider"] = "PostgreSQL",
                ["ConnectionStrings:Hub"] = new NpgsqlConnectionStringBuilder(stores.server) { Database = stores.name }.ConnectionString,
                ["ConnectionStrings:Redis"] = $"127.0.0.1:{port}",
            };
            return stores;
        }
        catch
        {
            await stores.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (redis is not null)
        {
            redis.Kill();
            await redis.WaitForExitAsync();
            redis.Dispose();
        }
        NpgsqlConnection.ClearAllPools();
        if (pgBin is not null) await RunAsync(pgBin, "pg_ctl", "stop", "-D", Data, "-m", "immediate", "-w");
        else if (name.Length > 0) await SqlAsync($"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        Directory.Delete(folder, recursive: true);
    }

    private string Data => Path.Combine(folder, "pg");

    private async Task<string> StartPostgresAsync()
    {
        // Debian keeps it off the PATH, one folder for each version.
        var bin = Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(d => Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb"))) : null;
        if (bin is null) throw new InvalidOperationException("There is no PostgreSQL in /usr/lib/postgresql: install it, or name a server in HUB_TEST_POSTGRES.");
        // PostgreSQL does not run as root; its user owns what it writes.
        if (Environment.IsPrivilegedProcess) await RunAsync("", "chown", "postgres", folder);
        await RunAsync(bin, "initdb", "-D", Data, "-U", "hub", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8");
        var port = FreePort();
        await RunAsync(bin, "pg_ctl", "start", "-D", Data, "-l", Path.Combine(folder, "log"), "-w", "-o", $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=");
        pgBin = bin;
        return $"Host=127.0.0.1;Port={port};Username=hub;Database=postgres";
    }

    private static async Task RunAsync(string bin, string program, params string[] words)
    {
        var asUser = bin.Length > 0 && Environment.IsPrivilegedProcess;
        var path = bin.Length > 0 ? Path.Combine(bin, program) : program;
        using var process = Process.Start(new ProcessStartInfo(asUser ? "runuser" : path, asUser ? ["-u", "postgres", "--", path, .. words] : words) { WorkingDirectory = "/", UseShellExecute = false, RedirectStandardOutput = true })!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    private async Task SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task ListensAsync(int port)
    {
        for (var patience = 10; ; patience *= 2)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (patience < 10_000)
            {
                await Task.Delay(patience);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
