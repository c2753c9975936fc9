using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hub.Domain;
using Hub.Web.Integrations.Mail;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;

namespace Hub.Web.Upkeep;

/// <summary>The mail server: whether it answers, secures the connection and lets the hub in. Nothing is sent.</summary>
internal static class MailCheck
{
    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        var (settings, wrong) = Read(at);
        yield return wrong is not null ? Finding.Wrong("mail", wrong)
            : settings is null ? Finding.Ok("mail", "None is configured (Mail:Host): the hub sends no mail, and people's preferences say so.")
            : await ConnectAsync(settings, ct);
    }

    private static (MailSettings? Settings, string? Wrong) Read(Looking at)
    {
        try
        {
            return (MailSettings.Read(at.Settings), null);
        }
        catch (SettingsException e)
        {
            return (null, e.Message);
        }
    }

    private static async Task<Finding> ConnectAsync(MailSettings settings, CancellationToken ct)
    {
        var server = $"{settings.Host}:{settings.Port}";
        try
        {
            using var client = await SmtpDigests.ConnectAsync(settings, ct);
            await client.NoOpAsync(ct);
            await client.DisconnectAsync(quit: true, ct);
            return settings.Security == SecureSocketOptions.None ? Finding.Warn("mail", $"{server} takes mail, without TLS: what is in a digest can be read on the way. Set Mail:Security to StartTls or Tls where the server can.")
                : Finding.Ok("mail", $"{server} answers by TLS{(settings.User.Length > 0 ? " and lets the hub in" : "")}.");
        }
        catch (SslHandshakeException)
        {
            return Finding.Wrong("mail", $"The TLS certificate of {server} is not trusted here, or is for another name; or the port speaks no TLS at once (Mail:Security Tls is for 465, StartTls for 587).");
        }
        catch (NotSupportedException)
        {
            return Finding.Wrong("mail", $"{server} offers no {(settings.Security == SecureSocketOptions.StartTls ? "STARTTLS (Mail:Security)" : "sign-in that the hub knows")}.");
        }
        catch (AuthenticationException)
        {
            return Finding.Wrong("mail", $"{server} refuses the user or the password (Mail:User, Mail:Password).");
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return Finding.Wrong("mail", $"{server} cannot be reached: {Check.Reason(e)}");
        }
        catch (Exception e) when (e is ProtocolException or CommandException)
        {
            return Finding.Wrong("mail", $"What answers at {server} is no mail server that takes mail: {Check.Reason(e)}");
        }
    }
}
