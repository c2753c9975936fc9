using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Faults;

/// <summary>The built hub as a process of its own, on one port and one folder, so that it can be killed and started again.</summary>
public sealed class HubProcess : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-process-").FullName;
    private readonly int port = FreePort();
    private volatile TaskCompletionSource up = New();
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> log = new();
    private Process? process;

    /// <summary>What the hub said since it was first started.</summary>
    public IEnumerable<string> Log => log;

    public string Address => $"http://127.0.0.1:{port}";

    /// <summary>Ends when the hub that runs, or the one that is being started, answers.</summary>
    public Task Up => up.Task;

    public string Environment { get; init; } = "Development";

    /// <summary>The program; by default what the build left in Hub.Web's own output.</summary>
    public string? Program { get; set; }

    /// <summary>How far its clock is ahead of this machine's, from its next start on.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>Where systemd would hear of it.</summary>
    public string? NotifySocket { get; init; }

    /// <summary>Settings beside the folder, as on the command line: <c>--AzureAd:TenantId</c>, its value, …</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>True: it begins with the demonstration, copied. Otherwise in Development it makes it itself at its first start.</summary>
    public bool Seeded { get; init; }

    public async Task StartAsync()
    {
        await SeedAsync();
        var start = Begin(["--urls", Address, "--Clock:Offset", Ahead.ToString("c")]);
        var said = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var (gate, child) = (up, new Process { StartInfo = start, EnableRaisingEvents = true });
        void Hear(string? line)
        {
            if (line is null) return;
            said.Enqueue(line);
            log.Enqueue(line);
            if (line.Contains("Now listening on", StringComparison.Ordinal)) gate.TrySetResult();
        }
        child.OutputDataReceived += (_, e) => Hear(e.Data);
        child.ErrorDataReceived += (_, e) => Hear(e.Data);
        child.Exited += (_, _) => gate.TrySetException(new InvalidOperationException("The hub ended before it listened:\n" + string.Join('\n', said)));
        child.Start();
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        process = child;
        // Its first start makes the demonstration, on a database that flushes each commit.
        await gate.Task.WaitAsync(TimeSpan.FromMinutes(3));
    }

    /// <summary>A command of the same executable, to its end: its exit code, what it said, and what it complained of.</summary>
    public async Task<(int Code, string Said, string Complained)> RunAsync(params string[] words)
    {
        await SeedAsync();
        using var command = Process.Start(Begin(words))!;
        var (said, complained) = (command.StandardOutput.ReadToEndAsync(), command.StandardError.ReadToEndAsync());
        await command.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        return (command.ExitCode, (await said).Trim(), (await complained).Trim());
    }

    /// <summary>SIGKILL: no goodbye, nothing flushed.</summary>
    public async Task KillAsync()
    {
        var gate = up;
        up = New();
        process!.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
        Assert.True(gate.Task.IsCompleted);
    }

    /// <summary>SIGTERM: the hub ends as it sees fit. Gives its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        up = New();
        using (var kill = Process.Start("kill", ["-TERM", process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        var code = process.ExitCode;
        process.Dispose();
        process = null;
        return code;
    }

    /// <summary>A program that speaks for each person, with a token made beside the running hub.</summary>
    public async Task<List<HttpClient>> ProgramsAsync(IEnumerable<string> emails)
    {
        await using var hub = Services();
        var clients = new List<HttpClient>();
        foreach (var email in emails)
        {
            var actor = await hub.GetRequiredService<PeopleService>().ActorByEmailAsync(email);
            var token = await hub.GetRequiredService<AccessTokenService>().CreateAsync(actor!, "faults", 1);
            clients.Add(new HttpClient { BaseAddress = new Uri(Address), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token.Value) } });
        }
        return clients;
    }

    /// <summary>The rooms beside the running hub, on its database.</summary>
    public ServiceProvider Services()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(new OffsetClock(TimeSpan.Zero));
        services.AddHubStorage(new ConfigurationBuilder().AddCommandLine([.. Settings, "--Storage:Folder", folder]).Build());
        services.AddHubRooms();
        return services.BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await KillAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    private async Task SeedAsync()
    {
        if (Seeded && !File.Exists(Path.Combine(folder, "hub.db"))) await Demonstration.CopyAsync(folder);
    }

    private ProcessStartInfo Begin(IEnumerable<string> words)
    {
        // Beside the tests lies a copy without the pages' files; the hub's own output has them.
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var root = output;
        while (!File.Exists(Path.Combine(root.FullName, "HubPortal.sln"))) root = root.Parent!;
        var home = Program is null ? Path.Combine(root.FullName, "Hub.Web") : Path.GetDirectoryName(Program)!;
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = home, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in new[] { Program ?? Path.Combine(home, "bin", output.Parent!.Name, output.Name, "Hub.Web.dll") }.Concat(words).Concat(["--Storage:Folder", folder]).Concat(Settings)) start.ArgumentList.Add(word);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = Environment;
        if (NotifySocket is not null) start.Environment["NOTIFY_SOCKET"] = NotifySocket;
        return start;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
