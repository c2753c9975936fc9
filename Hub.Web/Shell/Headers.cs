using NetEscapades.AspNetCore.SecurityHeaders;

namespace Hub.Web.Shell;

/// <summary>Security headers: nothing from elsewhere loads, nobody frames the hub, inline script needs the page's nonce.</summary>
internal static class Headers
{
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
