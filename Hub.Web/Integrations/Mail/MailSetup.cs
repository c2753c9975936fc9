using Hub.Domain.Notifications;

namespace Hub.Web.Integrations.Mail;

/// <summary>Mail by SMTP, where it is configured.</summary>
internal static class MailSetup
{
    public static void AddHubMail(this IServiceCollection services, IConfiguration configuration)
    {
        if (MailSettings.Read(configuration) is { } settings) services.AddSingleton(settings).AddSingleton<IDigestMail, SmtpDigests>();
    }
}
