using System.Globalization;
using System.Net.Mail;
using Hub.Domain;
using MailKit.Security;
using MimeKit;

namespace Hub.Web.Integrations.Mail;

/// <summary>How mail leaves: the settings <c>Mail:*</c>, and <c>Hub:Address</c> for its links.</summary>
internal sealed record MailSettings(string Host, int Port, SecureSocketOptions Security, string User, string Password, MailboxAddress From, Uri Hub)
{
    /// <summary>Null where no mail is configured.</summary>
    /// <exception cref="SettingsException">They are there, and wrong.</exception>
    public static MailSettings? Read(IConfiguration settings)
    {
        if (settings["Mail:Host"] is not { Length: > 0 } host) return null;
        var word = settings["Mail:Security"] ?? "StartTls";
        var security = word.ToUpperInvariant() switch
        {
            "STARTTLS" => SecureSocketOptions.StartTls,
            "TLS" => SecureSocketOptions.SslOnConnect,
            "NONE" => SecureSocketOptions.None,
            _ => throw new SettingsException($"Mail:Security is \"{word}\"; it is StartTls, Tls or None."),
        };
        var (user, password) = (settings["Mail:User"] ?? "", settings["Mail:Password"] ?? "");
        if (user.Length > 0 && security == SecureSocketOptions.None) throw new SettingsException("Mail:User is set and Mail:Security is None: the password would go over the network as it is. Use StartTls or Tls, or no user.");
        var port = security switch { SecureSocketOptions.SslOnConnect => 465, SecureSocketOptions.StartTls => 587, _ => 25 };
        if (settings["Mail:Port"] is { Length: > 0 } given && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
            throw new SettingsException($"Mail:Port is \"{given}\"; it is a number from 1 to 65535.");
        if (settings["Mail:From"] is not { Length: > 0 } from || !MailAddress.TryCreate(from, out _) || !MailboxAddress.TryParse(from, out var mailbox))
            throw new SettingsException("Mail:From is the address that mail comes from, such as \"HubPortal <hub@police.example>\".");
        if (!Uri.TryCreate(settings["Hub:Address"], UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            throw new SettingsException("Mail needs Hub:Address, where people come in, such as https://hub.example: its links lead there.");
        return new MailSettings(host, port, security, user, password, mailbox, address);
    }
}
