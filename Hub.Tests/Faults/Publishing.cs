using System.Diagnostics;

namespace Hub.Tests.Faults;

/// <summary>What <c>dotnet publish</c> makes: the program as an administrator installs it.</summary>
internal static class Publishing
{
    /// <summary>The folder with the solution.</summary>
    public static string Top { get; } = FindTop();

    /// <summary>The program, from what was built already, or with <paramref name="source"/> from another copy of the solution, built for it.</summary>
    public static async Task<string> PublishAsync(string to, string? source = null)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        await RunAsync("dotnet", ["publish", Path.Combine(source ?? Top, "Hub.Web"), "-c", build, .. source is null ? ["--no-build"] : Array.Empty<string>(), "-o", to, "-v", "quiet", "--nologo"]);
        return Path.Combine(to, "Hub.Web.dll");
    }

    /// <summary>A program to its end, which must be a good one; gives what it said.</summary>
    public static async Task<string> RunAsync(string program, params IEnumerable<string> words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { WorkingDirectory = Top, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', words)}\n{await said}{await complained}");
        return await said;
    }

    private static string FindTop()
    {
        var top = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(top.FullName, "HubPortal.sln"))) top = top.Parent!;
        return top.FullName;
    }
}
