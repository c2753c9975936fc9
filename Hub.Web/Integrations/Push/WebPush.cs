using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Hub.Domain.Notifications;
using Hub.Web.Notifications;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Integrations.Push;

/// <summary>Notifications by Web Push (RFC 8030), encrypted for the browser (RFC 8291), signed by the hub (RFC 8292). Nothing that it logs names a device.</summary>
internal sealed class WebPush(PushSettings settings, IStringLocalizer<NotificationsText> words, TimeProvider clock, ILogger<WebPush> log) : IPushService, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // A push service that is not well is left alone for a little while, by all that waits for it; at most so long, since it may mean one device only.
    private static readonly TimeSpan Rests = TimeSpan.FromSeconds(10), RestsMost = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> rests = new(StringComparer.OrdinalIgnoreCase);
    private readonly HttpClient client = new(settings.Way()) { Timeout = Patience };

    public bool Configured => true;

    public string PublicKey => settings.PublicKey;

    public bool Allows(Uri endpoint) => settings.Allows(endpoint);

    public async Task<PushReply> SendAsync(PushTarget to, InboxEntry entry, TimeSpan kept, CancellationToken ct)
    {
        var endpoint = new Uri(to.Endpoint);
        // The list may have become shorter since it subscribed.
        if (!Allows(endpoint)) return new PushReply(PushAnswer.Gone);
        if (rests.TryGetValue(endpoint.Authority, out var until) && until > clock.GetUtcNow()) return new PushReply(PushAnswer.Busy, until - clock.GetUtcNow());
        using var message = Write(endpoint, to, entry, kept);
        using var answer = await AskAsync(message, ct);
        var status = (int)answer.StatusCode;
        if (status is >= 200 and < 300) return new PushReply(PushAnswer.Taken);
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone) return new PushReply(PushAnswer.Gone);
        if (answer.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        {
            var after = After(answer.Headers.RetryAfter);
            Rest(endpoint, after);
            return new PushReply(PushAnswer.Busy, after);
        }
        // Too large, not as it should be, not from us, or elsewhere: the same again would be answered the same.
        log.LogWarning("The push service {Host} refuses a notification: {Status}", endpoint.Host, status);
        return new PushReply(PushAnswer.Refused);
    }

    public void Dispose() => client.Dispose();

    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage message, CancellationToken ct)
    {
        try
        {
            return await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Rest(message.RequestUri!, Rests);
            throw;
        }
    }

    private void Rest(Uri endpoint, TimeSpan after) => rests[endpoint.Authority] = clock.GetUtcNow() + (after < Rests ? Rests : after > RestsMost ? RestsMost : after);

    private HttpRequestMessage Write(Uri endpoint, PushTarget to, InboxEntry entry, TimeSpan kept)
    {
        var body = PushEncryption.Encrypt(new PushWords(words).Payload(entry), Base64Url.DecodeFromChars(to.P256dh), Base64Url.DecodeFromChars(to.Auth));
        var message = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        message.Content.Headers.ContentEncoding.Add("aes128gcm");
        message.Headers.TryAddWithoutValidation("Authorization", Vapid.Authorization(settings, endpoint, clock.GetUtcNow()));
        message.Headers.Add("TTL", ((long)kept.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        message.Headers.Add("Urgency", entry.Kind is NotificationKind.Message or NotificationKind.Word or NotificationKind.Thread ? "normal" : "high");
        // RFC 8030 §5.4: what a device that is away has not got yet is replaced. At most 32 characters of base64url, which these are.
        message.Headers.Add("Topic", entry.Id.ToString("N"));
        return message;
    }

    private TimeSpan After(RetryConditionHeaderValue? header)
    {
        var after = header?.Delta ?? (header?.Date is { } at ? at - clock.GetUtcNow() : TimeSpan.Zero);
        return after < TimeSpan.Zero ? TimeSpan.Zero : after > PushWork.Fresh ? PushWork.Fresh : after;
    }
}
