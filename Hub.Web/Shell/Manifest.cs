using Microsoft.Extensions.Localization;

namespace Hub.Web.Shell;

/// <summary>What a device needs to have the hub on its home screen (W3C Web Application Manifest): an iPhone shows notifications of nothing else.</summary>
internal static class Manifest
{
    private const string Ink = "#14213D", Page = "#F6F7F9";

    /// <summary>GET /manifest.webmanifest: browsers ask for it without saying who they are.</summary>
    public static void MapManifest(this WebApplication app) => app.MapGet("/manifest.webmanifest", (IStringLocalizer<ShellText> words) => Results.Json(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["id"] = "/",
        ["name"] = words["App.Name"].Value,
        ["short_name"] = words["App.Name"].Value,
        ["start_url"] = "/",
        ["scope"] = "/",
        ["display"] = "standalone",
        ["background_color"] = Page,
        ["theme_color"] = Ink,
        ["icons"] = new[] { Icon(192), Icon(512) },
    }, contentType: "application/manifest+json")).AllowAnonymous().ExcludeFromDescription();

    private static object Icon(int size) => new { src = $"/icon-{size}.png", sizes = $"{size}x{size}", type = "image/png" };
}
