using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Hub.Domain.Chat;
using Microsoft.AspNetCore.DataProtection;

namespace Hub.Web.Integrations.Hooks;

/// <summary>
/// Deliveries over HTTP, signed as Standard Webhooks says (standardwebhooks.com, specification 1.0: HMAC-SHA256 over id, time and body). Goes where it was told and nowhere else: no
/// redirect, no proxy, and to a private network only for a host that stands in <c>Hooks:AllowedHosts</c> by its own name. Signing secrets are kept encrypted (Data Protection).
/// </summary>
internal sealed class HookSender : IHookSender, IDisposable
{
    private const string Prefix = "whsec_";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IDataProtector protector;
    private readonly HttpClient client;

    public HookSender(IDataProtectionProvider protection, HookHosts hosts)
    {
        protector = protection.CreateProtector("Hub.Chat.Hooks");
        client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2), MaxConnectionsPerServer = 4,
            // What is traced here is nobody's business there.
            ActivityHeadersPropagator = null,
            ConnectCallback = async (c, ct) => await ConnectAsync(c.DnsEndPoint, hosts, ct),
        }) { Timeout = Patience };
    }

    public (string Shown, string Kept) MakeSecret()
    {
        var secret = Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        return (secret, protector.Protect(secret));
    }

    public async Task<HookAnswer> SendAsync(HookParcel parcel, CancellationToken ct)
    {
        string secret;
        try
        {
            secret = protector.Unprotect(parcel.Secret);
        }
        catch (CryptographicException)
        {
            return new HookAnswer(HookFailure.SecretLost);
        }
        var (id, time) = (parcel.Id.ToString(), new DateTimeOffset(parcel.At).ToUnixTimeSeconds());
        using var request = new HttpRequestMessage(HttpMethod.Post, parcel.Address) { Content = new ByteArrayContent(parcel.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.ParseAdd("HubPortal");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", time.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", Sign(secret, id, time, parcel.Body));
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            var status = (int)answer.StatusCode;
            return new HookAnswer(status switch { >= 200 and < 300 => null, >= 300 and < 400 => HookFailure.Redirected, _ => HookFailure.Refused }, status);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new HookAnswer(HookFailure.TimedOut);
        }
        catch (HttpRequestException e)
        {
            return new HookAnswer(e.InnerException is NotAllowedException ? HookFailure.NotAllowed : HookFailure.Unreachable);
        }
    }

    public void Dispose() => client.Dispose();

    /// <summary>The header <c>webhook-signature</c>: <c>v1,</c> and the base64 of the HMAC.</summary>
    /// <param name="secret">With its beginning <c>whsec_</c>.</param>
    /// <param name="id">Of the delivery.</param>
    /// <param name="time">Seconds since 1970.</param>
    /// <param name="body">As it is sent.</param>
    internal static string Sign(string secret, string id, long time, byte[] body) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret[Prefix.Length..]), (byte[])[.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{time}.")), .. body]));

    /// <summary>True for an address on the machine itself, in a private network, or that is nobody's in particular (RFC 6890).</summary>
    internal static bool Private(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address)) return true;
        var b = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return b[0] is 0 or 10 or 127 or >= 224 || (b[0] == 100 && b[1] is >= 64 and < 128) || (b[0] == 169 && b[1] == 254) || (b[0] == 172 && b[1] is >= 16 and < 32)
                || (b[0] == 192 && ((b[1] == 168) || (b[1] == 0 && b[2] is 0 or 2) || (b[1] == 88 && b[2] == 99))) || (b[0] == 198 && (b[1] is 18 or 19 || (b[1] == 51 && b[2] == 100))) || (b[0] == 203 && b[1] == 0 && b[2] == 113);
        // Global unicast is 2000::/3; of it 2001::/23 and 2002::/16 lead to other addresses, 2001:db8::/32 nowhere.
        return (b[0] & 0xE0) != 0x20 || (b[0] == 0x20 && b[1] == 0x02) || (b[0] == 0x20 && b[1] == 0x01 && (b[2] < 0x02 || (b[2] == 0x0D && b[3] == 0xB8)));
    }

    // The addresses that were looked at are those that it connects to: a name that is another a moment later leads nowhere else.
    private static async Task<Stream> ConnectAsync(DnsEndPoint to, HookHosts hosts, CancellationToken ct)
    {
        var found = await Dns.GetHostAddressesAsync(to.Host, ct);
        var addresses = hosts.Names(to.Host) ? found : [.. found.Where(a => !Private(a))];
        if (addresses.Length == 0) throw new NotAllowedException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, to.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class NotAllowedException : Exception;
}
