using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Hub.Domain;

namespace Hub.Web.Integrations.Push;

/// <summary>How notifications leave: the settings <c>Push:*</c>.</summary>
/// <param name="PublicKey">The hub's key for push services, an uncompressed point of P-256, base64url.</param>
/// <param name="Key">Both halves of it.</param>
/// <param name="Subject">Where whoever runs a push service can reach whoever runs this hub.</param>
/// <param name="Hosts">Where the hub may send: names, with <c>*.</c> for all below one.</param>
internal sealed record PushSettings(string PublicKey, ECParameters Key, string Subject, IReadOnlyList<string> Hosts)
{
    /// <summary>The push services of Chrome and those built on it, of Firefox, of Safari and of Edge.</summary>
    public const string Known = "fcm.googleapis.com, updates.push.services.mozilla.com, *.push.apple.com, *.notify.windows.com";

    /// <summary>In which a push service that is there has taken the connection.</summary>
    public static readonly TimeSpan ToConnect = TimeSpan.FromSeconds(3);

    private const int SecretLength = 32;

    /// <summary>Makes the way to push services. What they answer is never followed elsewhere, and their addresses are in no trace.</summary>
    public Func<HttpMessageHandler> Way { get; init; } = () => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null, ConnectTimeout = ToConnect };

    /// <summary>Null where no keys are set.</summary>
    /// <exception cref="SettingsException">They are there, and wrong.</exception>
    public static PushSettings? Read(IConfiguration settings)
    {
        var (open, secret) = (settings["Push:PublicKey"] ?? "", settings["Push:PrivateKey"] ?? "");
        if (open.Length == 0 && secret.Length == 0) return null;
        if (Pair(open, secret) is not { } key)
            throw new SettingsException("Push:PublicKey and Push:PrivateKey are no pair of keys. The command \"push keys\" prints one; what browsers have subscribed to with another key ends with it.");
        var subject = settings["Push:Subject"] ?? "";
        if (!Uri.TryCreate(subject, UriKind.Absolute, out var contact) || contact.Scheme is not ("mailto" or "https"))
            throw new SettingsException("Push:Subject is where a push service can reach whoever runs this hub, such as mailto:hub@police.example or https://police.example/contact.");
        var hosts = (settings["Push:AllowedHosts"] is { Length: > 0 } some ? some : Known).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (hosts.Length == 0 || Array.Find(hosts, h => !IsHost(h)) is not null)
            throw new SettingsException($"Push:AllowedHosts is \"{settings["Push:AllowedHosts"]}\"; it is the names of push services with commas between, *. for all below one: {Known}.");
        return new PushSettings(open, key, subject, hosts);
    }

    /// <summary>A new pair, as settings of an environment file.</summary>
    public static string NewKeys()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var made = key.ExportParameters(true);
        return $"Push__PublicKey={Base64Url.EncodeToString(P256.Write(made.Q))}\nPush__PrivateKey={Base64Url.EncodeToString(made.D)}";
    }

    /// <summary>True for an https address at one of <see cref="Hosts"/>, on its usual port or on the one that stands there.</summary>
    public bool Allows(Uri endpoint) => endpoint is { IsAbsoluteUri: true, Scheme: "https", UserInfo: "" } && Hosts.Any(h => h.StartsWith("*.", StringComparison.Ordinal)
        ? endpoint.IsDefaultPort && endpoint.Host.EndsWith(h[1..], StringComparison.OrdinalIgnoreCase)
        : string.Equals(h, endpoint.Authority, StringComparison.OrdinalIgnoreCase));

    // The public half follows from the private one.
    private static ECParameters? Pair(string open, string secret)
    {
        if (!Base64Url.IsValid(open, out var length) || length != P256.Length || !Base64Url.IsValid(secret, out length) || length != SecretLength) return null;
        try
        {
            using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Base64Url.DecodeFromChars(secret) });
            var both = key.ExportParameters(true);
            return Base64Url.EncodeToString(P256.Write(both.Q)) == open ? both : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static bool IsHost(string text)
    {
        var all = text.StartsWith("*.", StringComparison.Ordinal);
        var name = all ? text[2..] : text.Split(':')[0];
        return Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 && (!all || name.Contains('.', StringComparison.Ordinal))
            && (all || text.Length == name.Length || (int.TryParse(text[(name.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535));
    }
}
