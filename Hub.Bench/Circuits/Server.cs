using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Hub.Bench.Circuits;

/// <summary>A server in a process of its own on a free loopback port, so that its memory and CPU are its own.</summary>
internal sealed partial class Server : IAsyncDisposable
{
    private readonly Process process;

    private Server(Process process, Uri address) => (this.process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Resident memory, MiB.</summary>
    public double ResidentMiB
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary>CPU used so far, all threads.</summary>
    public TimeSpan Cpu
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Starts <paramref name="dll"/> and waits for the line in which it prints its address.</summary>
    public static async Task<Server> StartAsync(string dll, string workingFolder, IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment)
    {
        var info = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingFolder };
        info.ArgumentList.Add(dll);
        foreach (var a in args) info.ArgumentList.Add(a);
        foreach (var (name, value) in environment) info.Environment[name] = value;
        info.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        var started = Process.Start(info)!;
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        started.OutputDataReceived += (_, e) =>
        {
            if (e.Data is not null && Listening().Match(e.Data) is { Success: true } m) address.TrySetResult(new Uri(m.Groups["url"].Value));
        };
        started.ErrorDataReceived += (_, e) =>
        {
            if (!string.IsNullOrEmpty(e.Data)) Console.Error.WriteLine(e.Data);
        };
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        return new Server(started, await address.Task.WaitAsync(TimeSpan.FromSeconds(120)));
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    [GeneratedRegex(@"listening on: (?<url>http://\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
