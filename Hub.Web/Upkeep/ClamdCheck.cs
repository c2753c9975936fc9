using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Hub.Domain.Chat;
using Hub.Web.Integrations.Clamd;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Web.Upkeep;

/// <summary>The virus scanner of uploads: whether it answers, knows what is new, and finds the test virus of EICAR.</summary>
internal static class ClamdCheck
{
    private static readonly TimeSpan Old = TimeSpan.FromDays(7);

    /// <summary>The harmless text that every scanner takes for a virus (eicar.org), in two parts, so that none takes this program for one.</summary>
    internal static readonly string TestVirus = @"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        if (ClamdSetup.Address(at.Settings) is not { } address)
        {
            const string None = "None is configured (Files:Clamd): what people upload is not scanned.";
            yield return at.Development ? Finding.Ok("virus scanner", None) : Finding.Warn("virus scanner", None);
            yield break;
        }
        var scanner = new ClamdScanner(address, NullLogger<ClamdScanner>.Instance);
        var where = $"{address.Host}:{address.Port}";
        string? version = null;
        try
        {
            version = await scanner.VersionAsync(ct);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Told below.
        }
        if (version is null)
        {
            yield return Finding.Wrong("virus scanner", $"No clamd answers at {where}: until it does, nobody can upload files. Look that it runs and listens there by TCP (TCPSocket, TCPAddr).");
            yield break;
        }
        yield return Signatures(version, where, at.Clock.GetUtcNow());
        using var test = new MemoryStream(Encoding.ASCII.GetBytes(TestVirus));
        var found = await scanner.ScanAsync(test, ct);
        yield return found.Said == Scanned.Infected ? Finding.Ok("virus test", $"It finds the test virus ({found.Finding}).")
            : Finding.Wrong("virus test", found.Said == Scanned.Clean ? "It takes the test virus of EICAR for harmless: look that it has signatures (freshclam)." : "It does not answer when it is given a file.");
    }

    // "ClamAV 1.0.7/27450/Fri Nov 27 09:32:11 2026"; the last two are missing while it has no signatures.
    private static Finding Signatures(string version, string where, DateTimeOffset now)
    {
        var parts = version.Split('/');
        var said = $"{parts[0]} answers at {where}";
        if (parts.Length < 3 || !DateTimeOffset.TryParseExact(parts[2], ["ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made))
            return Finding.Warn("virus scanner", $"{said}, and does not say from when its signatures are.");
        return now - made > Old ? Finding.Warn("virus scanner", $"{said}; its signatures are from {made:yyyy-MM-dd}: look that freshclam runs.") : Finding.Ok("virus scanner", $"{said}, signatures from {made:yyyy-MM-dd}.");
    }
}
