using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Hub.Web.Upkeep;

/// <summary>Sign-in with Entra ID: whether the settings are whole, and what they name answers as that tenant.</summary>
internal static class SignInCheck
{
    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        var entra = at.Settings.GetSection("AzureAd");
        if (!entra.Exists())
        {
            yield return at.Development
                ? Finding.Warn("sign-in", "Personas: in Development whoever reaches the hub can be anybody. Elsewhere ASPNETCORE_ENVIRONMENT is Production, and AzureAd is set.")
                : Finding.Wrong("sign-in", "AzureAd is not set, and nobody can sign in otherwise: set AzureAd:Instance, TenantId, ClientId and ClientSecret.");
            yield break;
        }
        // Microsoft.Identity.Web takes a certificate or a managed identity in place of a secret.
        var secret = entra.GetSection("ClientCredentials").Exists() || entra.GetSection("ClientCertificates").Exists() ? "ClientId" : "ClientSecret";
        var missing = new[] { "Instance", "TenantId", "ClientId", secret }.Where(s => string.IsNullOrWhiteSpace(entra[s])).Distinct().Select(s => $"AzureAd:{s}").ToList();
        if (missing.Count > 0)
        {
            yield return Finding.Wrong("sign-in", $"{string.Join(", ", missing)}: not set.");
            yield break;
        }
        yield return Finding.Ok("sign-in", $"Entra ID, tenant {entra["TenantId"]}.");
        yield return await MetadataAsync(at, entra["Instance"]!.TrimEnd('/'), entra["TenantId"]!, ct);
    }

    private static async Task<Finding> MetadataAsync(Looking at, string instance, string tenant, CancellationToken ct)
    {
        const string What = "sign-in metadata";
        var address = $"{instance}/{tenant}/v2.0/.well-known/openid-configuration";
        if (!address.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) return Finding.Wrong(What, $"AzureAd:Instance is {instance}; it begins with https://.");
        try
        {
            using var client = new HttpClient(at.Web()) { MaxResponseContentBufferSize = 1_000_000 };
            using var answer = await client.GetAsync(new Uri(address), ct);
            if (!answer.IsSuccessStatusCode) return Finding.Wrong(What, $"{address} answers {(int)answer.StatusCode}: AzureAd:Instance or AzureAd:TenantId is another.");
            using var metadata = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(ct));
            var issuer = metadata.RootElement.TryGetProperty("issuer", out var said) ? said.GetString() ?? "" : "";
            return Issues(issuer, instance, tenant) ? Finding.Ok(What, $"{address} answers as {issuer}.")
                : Finding.Wrong(What, $"{address} answers as the issuer \"{issuer}\", which is not this tenant's: AzureAd:Instance or AzureAd:TenantId is another.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException or UriFormatException)
        {
            return Finding.Wrong(What, $"{address} cannot be read: {Check.Reason(e)} Nobody can sign in until it can; who is signed in stays so.");
        }
    }

    // A tenant named by a domain, or "organizations", is told by its id in the issuer.
    private static bool Issues(string issuer, string instance, string tenant) =>
        Guid.TryParse(tenant, out _) ? issuer.Equals($"{instance}/{tenant}/v2.0", StringComparison.OrdinalIgnoreCase)
        : issuer.StartsWith(instance + "/", StringComparison.OrdinalIgnoreCase) && issuer.EndsWith("/v2.0", StringComparison.OrdinalIgnoreCase);
}
