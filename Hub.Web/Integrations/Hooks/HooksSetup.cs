using Hub.Domain;
using Hub.Domain.Chat;
using Microsoft.AspNetCore.DataProtection;

namespace Hub.Web.Integrations.Hooks;

/// <summary>Outgoing webhooks, where <c>Hooks:AllowedHosts</c> names hosts that the hub may deliver to.</summary>
internal static class HooksSetup
{
    /// <exception cref="SettingsException">The setting names something that is no host.</exception>
    public static void AddHubHooks(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton(Hosts(configuration["Hooks:AllowedHosts"], environment.IsDevelopment()));
        services.AddSingleton<IHookSender>(s => new HookSender(s.GetRequiredService<IDataProtectionProvider>(), s.GetRequiredService<HookHosts>()));
    }

    /// <summary>Hosts with commas or spaces between, such as <c>siem.police.example, *.supplier.example</c>.</summary>
    /// <exception cref="SettingsException">One of them is none.</exception>
    internal static HookHosts Hosts(string? setting, bool plainLoopback)
    {
        var hosts = (setting ?? "").Split([',', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(h => h.ToLowerInvariant()).ToList();
        foreach (var host in hosts)
        {
            var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
            if (Uri.CheckHostName(name) == UriHostNameType.Unknown || (name != host && !name.Contains('.', StringComparison.Ordinal)))
                throw new SettingsException($"Hooks:AllowedHosts names \"{host}\"; it holds names of hosts without a port, such as siem.police.example or *.supplier.example, with commas between.");
        }
        return new HookHosts(hosts, plainLoopback);
    }
}
