using System.Diagnostics;
using System.Globalization;

namespace Hub.Tests.Faults;

/// <summary>
/// A PostgreSQL of the test's own, as durable as a real one (the defaults: each commit is on the disk before it is answered), that can be
/// stopped and started. It runs as <c>HUB_TEST_POSTGRES_OS_USER</c>: PostgreSQL refuses root.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-postgres-").FullName;
    private readonly string account = Environment.GetEnvironmentVariable("HUB_TEST_POSTGRES_OS_USER") ?? "";
    private readonly string bin = Environment.GetEnvironmentVariable("HUB_TEST_POSTGRES_BIN")
        ?? throw new InvalidOperationException("HUB_TEST_POSTGRES_BIN is not set: run the tests through ./test.sh, which finds PostgreSQL.");

    private Process? process;

    public int Port { get; } = HubProcess.FreePort();

    private string Data => Path.Combine(folder, "data");

    public async Task MakeAsync()
    {
        if (account.Length > 0) await RunAsync(new("chown", [account, folder]));
        // Nothing of an empty cluster is worth a flush; what is committed later is flushed.
        await RunAsync(Begin("initdb", "-D", Data, "-U", "hub", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"));
        await StartAsync();
    }

    public async Task StartAsync()
    {
        var (ready, said) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new System.Collections.Concurrent.ConcurrentQueue<string>());
        var start = Begin("postgres", "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200");
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.ErrorDataReceived += (_, e) =>
        {
            said.Enqueue(e.Data ?? "");
            if (e.Data?.Contains("ready to accept connections", StringComparison.Ordinal) is true) ready.TrySetResult();
        };
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("PostgreSQL ended before it was ready:\n" + string.Join('\n', said)));
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>"Fast": connections are told, transactions rolled back, all is written. Or at once, as a machine that lost its power: recovery at the next start.</summary>
    public async Task StopAsync(bool atOnce = false)
    {
        // The account's own process is behind the one that was started, which passes no such signal on.
        var id = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        await RunAsync(new("kill", [atOnce ? "-QUIT" : "-INT", id]));
        await process!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        process.Dispose();
        process = null;
        // What this process keeps of connections leads nowhere now.
        Npgsql.NpgsqlConnection.ClearAllPools();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await StopAsync(atOnce: true);
        Directory.Delete(folder, recursive: true);
    }

    // Its account need not be able to enter the folder of the tests.
    private ProcessStartInfo Begin(string program, params string[] words)
    {
        string[] all = [Path.Combine(bin, program), .. words];
        var start = account.Length == 0 ? new ProcessStartInfo(all[0], all[1..]) : new ProcessStartInfo("runuser", ["-u", account, "--", .. all]);
        (start.WorkingDirectory, start.RedirectStandardOutput, start.RedirectStandardError) = ("/", true, true);
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        return start;
    }

    private static async Task RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var run = Process.Start(start)!;
        var (said, complained) = (run.StandardOutput.ReadToEndAsync(), run.StandardError.ReadToEndAsync());
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, await said + await complained);
    }
}
