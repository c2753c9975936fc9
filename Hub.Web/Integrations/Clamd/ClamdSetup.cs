using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;

namespace Hub.Web.Integrations.Clamd;

/// <summary>A virus scanner that speaks clamd's protocol, when <c>Files:Clamd</c> names one (host:port, or a host alone for port 3310).</summary>
internal static class ClamdSetup
{
    private const int Port = 3310;

    /// <exception cref="SettingsException">The setting is no address.</exception>
    public static void AddHubScanner(this IServiceCollection services, IConfiguration configuration)
    {
        if (Address(configuration) is not { } address) return;
        services.AddSingleton<IFileScanner>(s => new ClamdScanner(address, s.GetRequiredService<ILogger<ClamdScanner>>()));
    }

    /// <summary>Where it listens; null when none is configured.</summary>
    /// <exception cref="SettingsException">The setting is no address.</exception>
    internal static (string Host, int Port)? Address(IConfiguration configuration)
    {
        if (configuration["Files:Clamd"] is not { Length: > 0 } text) return null;
        var colon = text.LastIndexOf(':');
        var (host, port) = colon < 0 || text.EndsWith(']') ? (text, Port) : (text[..colon], int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0);
        host = host.TrimStart('[').TrimEnd(']');
        if (port is < 1 or > 65_535 || Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw new SettingsException($"Files:Clamd is \"{text}\"; it is where clamd listens by TCP, such as scanner.example:3310.");
        return (host, port);
    }
}
