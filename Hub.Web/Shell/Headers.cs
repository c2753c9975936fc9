using NetEscapades.AspNetCore.SecurityHeaders;

namespace Hub.Web.Shell;

/// <summary>Security headers: nothing from elsewhere loads, nobody frames the hub, inline script needs the page's nonce.</summary>
internal static class Headers
{
    /// <summary>Policy of addresses that give what people uploaded: whatever it is, a browser runs nothing of it and loads nothing for it.</summary>
    public const string Uploaded = "uploaded";

    public static void AddHubHeaders(this IServiceCollection services) =>
        services.AddSecurityHeaderPolicies().AddPolicy(Uploaded, p => p.AddDefaultSecurityHeaders()
            .AddContentSecurityPolicy(csp =>
            {
                csp.AddDefaultSrc().None();
                csp.AddFrameAncestors().None();
                csp.AddSandbox();
            })
            .AddCrossOriginResourcePolicy(c => c.SameOrigin())
            .RemoveServerHeader());

    public static void UseHubHeaders(this WebApplication app)
    {
        var policies = new HeaderPolicyCollection()
            .AddDefaultSecurityHeaders()
            .AddContentSecurityPolicy(csp =>
            {
                csp.AddDefaultSrc().Self();
                csp.AddScriptSrc().Self().WithNonce();
                csp.AddStyleSrc().Self().UnsafeInline();
                csp.AddImgSrc().Self().Data();
                csp.AddFontSrc().Self();
                csp.AddConnectSrc().Self();
                csp.AddBaseUri().Self();
                csp.AddFormAction().Self().From("https://login.microsoftonline.com");
                csp.AddFrameAncestors().None();
                csp.AddObjectSrc().None();
            })
            .RemoveServerHeader();
        app.UseSecurityHeaders(policies);
    }
}
