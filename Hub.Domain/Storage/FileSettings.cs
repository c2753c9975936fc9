using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Hub.Domain.Storage;

/// <summary>Where files lie, and how large one may be.</summary>
/// <param name="Folder">Full path; every node's is the same folder.</param>
/// <param name="MostBytes">Bytes of a file at most.</param>
public sealed record FileSettings(string Folder, long MostBytes)
{
    private const int MostMegabytes = 10_000;

    /// <summary><c>Files:Folder</c>, by default <c>files</c> in <c>Storage:Folder</c>; <c>Files:MostMegabytes</c>, by default 100.</summary>
    /// <exception cref="SettingsException">The size is none, or out of range.</exception>
    public static FileSettings From(IConfiguration settings)
    {
        var folder = settings["Files:Folder"] is { Length: > 0 } named ? named : Path.Combine(settings["Storage:Folder"] ?? "data", "files");
        var most = settings["Files:MostMegabytes"] ?? "100";
        if (!int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes) || megabytes is < 1 or > MostMegabytes)
            throw new SettingsException($"Files:MostMegabytes is \"{most}\"; it is a whole number from 1 to {MostMegabytes}.");
        return new FileSettings(Path.GetFullPath(folder), megabytes * 1_000_000L);
    }
}
