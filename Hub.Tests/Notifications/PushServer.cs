using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Hub.Domain;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Web.Integrations.Push;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hub.Tests.Notifications;

/// <summary>What a browser got of a push service: decrypted with its own key.</summary>
/// <param name="Device">The subscription to which it came.</param>
/// <param name="Told">The payload as it is, and read.</param>
/// <param name="Expires">Until when the hub's token held.</param>
internal sealed record Pushed(string Device, string Told, JsonElement Read, string Topic, string Urgency, int Ttl, DateTimeOffset Expires);

/// <summary>
/// A push service on loopback, by TLS, with the browsers that subscribed there: it takes what is signed by the key that they subscribed for (RFC 8292), and
/// they read it with theirs (RFC 8291), written here anew so that one side does not prove the other.
/// </summary>
internal sealed class PushServer : IAsyncDisposable
{
    /// <summary>The hub's keys, as "push keys" prints them.</summary>
    public static readonly IReadOnlyDictionary<string, string> Keys = PushSettings.NewKeys().Split('\n').Select(l => l.Split('=')).ToDictionary(l => l[0].Replace("__", ":", StringComparison.Ordinal), l => l[1], StringComparer.Ordinal);

    private readonly X509Certificate2 certificate = Certificate();
    private readonly ConcurrentDictionary<string, (ECDiffieHellman Key, byte[] Secret)> browsers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Pushed> taken = [];
    private readonly WebApplication app;
    private int asked;

    private PushServer()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        app = builder.Build();
        app.MapPost("/push/{device}", TakeAsync);
    }

    /// <summary>Host and port, as the hub's list has it.</summary>
    public string Host => new Uri(app.Urls.Single()).Authority;

    /// <summary>What was taken, in order.</summary>
    public IReadOnlyList<Pushed> Taken => [.. taken];

    /// <summary>How often it was asked, whatever it answered.</summary>
    public int Asked => asked;

    /// <summary>What it answers instead of taking it, and a <c>Retry-After</c>; null to take it.</summary>
    public Func<string, (int Status, string? RetryAfter)?> Answers { get; set; } = _ => null;

    /// <summary>What happens while it takes its time to answer.</summary>
    public Func<Task> Meanwhile { get; set; } = () => Task.CompletedTask;

    public static async Task<PushServer> StartAsync()
    {
        var server = new PushServer();
        await server.app.StartAsync();
        return server;
    }

    /// <summary>A browser subscribes.</summary>
    public NewPushDevice Subscribe(PresenceDevice kind = PresenceDevice.Phone, string browser = "Firefox") => new(Target(), kind, browser);

    /// <summary>What the hub needs to push here, and to nobody else.</summary>
    public PushSettings Settings(string? hosts = null) => PushSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(
        Keys.Append(KeyValuePair.Create("Push:Subject", "mailto:hub@northbridge.example")).Append(KeyValuePair.Create("Push:AllowedHosts", hosts ?? Host)).Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build())! with
    {
        Way = () => new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, c, _, _) => c?.GetCertHashString() == certificate.GetCertHashString() },
        },
    };

    public void AddTo(IServiceCollection services) => services.AddLocalization().AddSingleton(Settings()).AddPush<WebPush>();

    public PushTarget Target()
    {
        var (id, key, secret) = (Guid.NewGuid().ToString("N"), ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256), RandomNumberGenerator.GetBytes(16));
        browsers[id] = (key, secret);
        return new PushTarget($"https://{Host}/push/{id}", Base64Url.EncodeToString(Point(key)), Base64Url.EncodeToString(secret));
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        foreach (var (key, _) in browsers.Values) key.Dispose();
        certificate.Dispose();
    }

    private async Task<IResult> TakeAsync(string device, HttpRequest request)
    {
        Interlocked.Increment(ref asked);
        await Meanwhile();
        if (Answers(device) is { } other)
        {
            if (other.RetryAfter is not null) request.HttpContext.Response.Headers.RetryAfter = other.RetryAfter;
            if (other.Status is >= 300 and < 400) request.HttpContext.Response.Headers.Location = $"https://{Host}/push/{browsers.Keys.First(b => b != device)}";
            return Results.StatusCode(other.Status);
        }
        if (!browsers.TryGetValue(device, out var browser)) return Results.NotFound();
        if (request.Headers.ContentEncoding != "aes128gcm" || Signed(request.Headers.Authorization.ToString()) is not { } expires) return Results.Unauthorized();
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var told = Encoding.UTF8.GetString(Decrypt(body.ToArray(), browser.Key, browser.Secret));
        taken.Enqueue(new Pushed(device, told, JsonDocument.Parse(told).RootElement, request.Headers["Topic"].ToString(), request.Headers["Urgency"].ToString(),
            int.Parse(request.Headers["TTL"].ToString(), CultureInfo.InvariantCulture), expires));
        return Results.Created();
    }

    // RFC 8292 §2 and §3: signed with the key that is named, which is the one that was subscribed for; made out to this service.
    private DateTimeOffset? Signed(string authorization)
    {
        if (!authorization.StartsWith("vapid t=", StringComparison.Ordinal) || authorization["vapid t=".Length..].Split(", k=") is not [var token, var key] || key != Keys["Push:PublicKey"]) return null;
        if (!Verifies(token, key)) return null;
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement;
        return claims.GetProperty("aud").GetString() == $"https://{Host}" && claims.GetProperty("sub").GetString() == "mailto:hub@northbridge.example" ? DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("exp").GetInt64()) : null;
    }

    /// <summary>Whether a token is signed by the other half of that key (RFC 7515 §5.2, ES256).</summary>
    public static bool Verifies(string token, string key)
    {
        var (parts, point) = (token.Split('.'), Base64Url.DecodeFromChars(key));
        using var signer = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33], Y = point[33..] } });
        return signer.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256);
    }

    /// <summary>What a browser does with a message (RFC 8188 §2, RFC 8291 §3): HMACs, written out.</summary>
    public static byte[] Decrypt(byte[] body, ECDiffieHellman browser, byte[] secret)
    {
        var (salt, size, length) = (body[..16], BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(16)), body[20]);
        Assert.InRange(body.Length, 1, 4096);
        Assert.True(size >= body.Length - 21 - length, "All is one record.");
        var sender = body[21..(21 + length)];
        using var theirs = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = sender[1..33], Y = sender[33..] } });
        var key = Mac(Mac(secret, browser.DeriveRawSecretAgreement(theirs.PublicKey)), [.. "WebPush: info\0"u8, .. Point(browser), .. sender, 1]);
        var pseudo = Mac(salt, key);
        using var aes = new AesGcm(Mac(pseudo, [.. "Content-Encoding: aes128gcm\0"u8, 1])[..16], 16);
        var record = body[(21 + length)..];
        var text = new byte[record.Length - 16];
        aes.Decrypt(Mac(pseudo, [.. "Content-Encoding: nonce\0"u8, 1])[..12], record[..^16], record[^16..], text);
        var end = Array.FindLastIndex(text, b => b != 0);
        Assert.Equal(2, text[end]);
        return text[..end];
    }

    private static byte[] Mac(byte[] key, byte[] data) => HMACSHA256.HashData(key, data);

    private static byte[] Point(ECDiffieHellman key) => key.ExportParameters(false).Q is var q ? [4, .. q.X!, .. q.Y!] : [];

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=push.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
