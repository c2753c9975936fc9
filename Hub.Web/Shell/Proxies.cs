using System.Net;
using Hub.Domain;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Hub.Web.Shell;

/// <summary>
/// Proxies that end TLS in front of the hub. What they say of a request (X-Forwarded-For, X-Forwarded-Proto) is believed when it comes from
/// an address in <c>Proxy:Known</c>, and from nobody else; by default there are none. The name that people typed is the request's own Host.
/// </summary>
internal static class Proxies
{
    /// <summary>Adds what <see cref="UseHubProxies"/> needs; behind a proxy, who comes by http is sent to https at port 443 (<c>https_port</c>).</summary>
    /// <exception cref="SettingsException">Proxy:Known names no addresses, or anybody at all is believed.</exception>
    public static void AddHubProxies(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration.GetValue<bool>("ForwardedHeaders_Enabled"))
            throw new SettingsException("ASPNETCORE_FORWARDEDHEADERS_ENABLED would have the hub believe anybody who they say they are: take it away, and name the proxies in Proxy:Known.");
        var known = (configuration["Proxy:Known"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Network).ToList();
        if (known.Count > 0) configuration["https_port"] ??= "443";
        services.Configure<ForwardedHeadersOptions>(o =>
        {
            o.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            o.ForwardLimit = null; // one behind the other: back to the first that is not known
            o.KnownProxies.Clear();
            o.KnownIPNetworks.Clear();
            foreach (var network in known) o.KnownIPNetworks.Add(network);
        });
    }

    /// <summary>First of all: what comes after it, redirects, cookies, limits and the trail, sees the person's address and scheme.</summary>
    public static void UseHubProxies(this WebApplication app)
    {
        if (app.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<ForwardedHeadersOptions>>().Value.KnownIPNetworks.Count > 0)
        {
            app.UseForwardedHeaders();
        }
        else
        {
            var said = 0;
            app.Use((http, next) =>
            {
                if (http.Request.Headers.ContainsKey("X-Forwarded-Proto") && Interlocked.Exchange(ref said, 1) == 0)
                    app.Logger.LogWarning("A request from {Address} says by X-Forwarded-Proto how it came, and is not believed: if a proxy is there, name it in Proxy:Known", http.Connection.RemoteIpAddress);
                return next(http);
            });
        }
    }

    // A number alone is an address to the framework ("443" is 0.0.1.187), and a network of no bits is everybody: neither is meant.
    private static IPNetwork Network(string text) =>
        IPAddress.TryParse(text, out var address) && (text.Contains(':', StringComparison.Ordinal) || address.ToString() == text)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) && network.PrefixLength > 0 ? network
        : throw new SettingsException($"Proxy:Known has \"{text}\" in it; it names the proxies in front of the hub by address or network, with commas between: 10.0.0.5, 10.1.2.0/24.");
}
