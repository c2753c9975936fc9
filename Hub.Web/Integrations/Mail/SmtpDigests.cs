using Hub.Domain.Notifications;
using Hub.Web.Notifications;
using MailKit.Net.Smtp;
using Microsoft.Extensions.Localization;
using MimeKit;

namespace Hub.Web.Integrations.Mail;

/// <summary>Digests by SMTP (RFC 5321), as plain text and as HTML.</summary>
internal sealed class SmtpDigests(MailSettings settings, IStringLocalizer<NotificationsText> words, ILogger<SmtpDigests> log) : IDigestMail
{
    private const int PatienceMilliseconds = 15_000;

    public bool Configured => true;

    public async Task<bool> SendAsync(Digest digest, CancellationToken ct)
    {
        using var mail = Write(digest);
        using var client = await ConnectAsync(settings, ct);
        try
        {
            await client.SendAsync(mail, ct);
        }
        catch (SmtpCommandException e) when (e.ErrorCode == SmtpErrorCode.RecipientNotAccepted && (int)e.StatusCode >= 500)
        {
            // RFC 5321 §4.2.1: 5yz is for good. Asking again would only be refused again.
            log.LogWarning("The mail server takes no mail for a person: {Status}", (int)e.StatusCode);
            return false;
        }
        await client.DisconnectAsync(quit: true, ct);
        return true;
    }

    /// <summary>A connection that is secured and signed in as configured.</summary>
    internal static async Task<SmtpClient> ConnectAsync(MailSettings settings, CancellationToken ct)
    {
        var client = new SmtpClient { Timeout = PatienceMilliseconds };
        try
        {
            await client.ConnectAsync(settings.Host, settings.Port, settings.Security, ct);
            if (settings.User.Length > 0) await client.AuthenticateAsync(settings.User, settings.Password, ct);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private MimeMessage Write(Digest digest)
    {
        var text = new DigestWords(words, settings.Hub);
        var mail = new MimeMessage { MessageId = $"{digest.Id:N}@{settings.From.Domain}", Date = new DateTimeOffset(digest.At, TimeSpan.Zero), Subject = text.Subject(digest) };
        mail.From.Add(settings.From);
        mail.To.Add(new MailboxAddress(digest.Name, digest.Email));
        // RFC 3834 §5: nothing that answers by itself answers this.
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        mail.Headers.Add("X-Auto-Response-Suppress", "All");
        mail.Body = new BodyBuilder { TextBody = text.Plain(digest), HtmlBody = text.Html(digest) }.ToMessageBody();
        return mail;
    }
}
