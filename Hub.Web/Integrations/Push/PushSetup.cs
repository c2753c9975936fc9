using Hub.Domain;
using Hub.Web.Notifications;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Hub.Web.Integrations.Push;

/// <summary>Notifications by Web Push, where the hub has keys for it.</summary>
internal static class PushSetup
{
    public static void AddHubPush(this IServiceCollection services, IConfiguration configuration)
    {
        if (PushSettings.Read(configuration) is not { } settings) return;
        services.AddSingleton(settings).AddPush<WebPush>();
        services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, o => o.Events.OnSigningOut += c => PushSignOut.EndAsync(c.HttpContext));
    }
}
