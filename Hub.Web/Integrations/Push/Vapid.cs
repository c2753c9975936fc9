using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hub.Web.Integrations.Push;

/// <summary>Says to a push service who sends (RFC 8292): a token of a few hours, signed by the hub's key (ES256, RFC 7518 §3.4).</summary>
internal static class Vapid
{
    // RFC 8292 §2: at most a day from now; less, so that no clock that is a little wrong makes it more.
    private static readonly TimeSpan Holds = TimeSpan.FromHours(12);

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Value of <c>Authorization</c> for a message to <paramref name="endpoint"/>.</summary>
    public static string Authorization(PushSettings settings, Uri endpoint, DateTimeOffset now)
    {
        var unsigned = Unsigned(endpoint.GetLeftPart(UriPartial.Authority), (now + Holds).ToUnixTimeSeconds(), settings.Subject);
        using var key = ECDsa.Create(settings.Key);
        return $"vapid t={unsigned}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(unsigned), HashAlgorithmName.SHA256))}, k={settings.PublicKey}";
    }

    /// <summary>Header and claims of a token, ready to be signed.</summary>
    internal static string Unsigned(string audience, long expires, string subject) =>
        $"{Part(new { typ = "JWT", alg = "ES256" })}.{Part(new { aud = audience, exp = expires, sub = subject })}";

    private static string Part<T>(T part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part, Plain));
}
