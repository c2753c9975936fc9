using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using Hub.Domain;
using Microsoft.AspNetCore.Localization;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace Hub.Web.Shell;

/// <summary>Marks a room's resource class ({Room}Text beside {Room}Text.resx), where refusals are looked up too.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RoomTextAttribute : Attribute;

/// <summary>Text for people: resources of each room, British English, and a pseudo-language that shows what would not fit.</summary>
internal static class HubWords
{
    /// <summary>35 % longer, accented, in brackets: what it does not touch is text in code.</summary>
    public const string Pseudo = "qps-ploc";

    /// <summary>ICU writes the name as "qps-PLOC", Windows as it was given.</summary>
    internal static bool IsPseudo => string.Equals(CultureInfo.CurrentUICulture.Name, Pseudo, StringComparison.OrdinalIgnoreCase);

    public static void AddHubWords(this IServiceCollection services)
    {
        services.AddLocalization();
        services.AddSingleton<ResourceManagerStringLocalizerFactory>();
        services.AddSingleton<IStringLocalizerFactory, PseudoFactory>();
        services.AddSingleton<Refusals>();
        services.Configure<RequestLocalizationOptions>(o =>
        {
            o.SetDefaultCulture("en-GB").AddSupportedCultures("en-GB", Pseudo).AddSupportedUICultures("en-GB", Pseudo);
            o.RequestCultureProviders = [new CookieRequestCultureProvider()];
        });
    }

    public static void UseHubWords(this WebApplication app) => app.UseRequestLocalization();

    /// <summary>GET /language?to=qps-ploc&amp;returnUrl=/chat: keeps the choice in a cookie; an unknown language is the default.</summary>
    public static void MapHubWords(this WebApplication app) => app.MapGet("/language", (HttpContext http, string? to, string? returnUrl) =>
    {
        // A picture or a frame that somebody put elsewhere chooses nobody's language.
        if (http.Request.Headers["Sec-Fetch-Dest"] is [{ Length: > 0 } into] && into != "document") return Results.NotFound();
        var culture = to == Pseudo ? Pseudo : "en-GB";
        http.Response.Cookies.Append(CookieRequestCultureProvider.DefaultCookieName, CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(culture)),
            new CookieOptions { MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Lax, HttpOnly = true, Secure = http.Request.IsHttps, IsEssential = true });
        return Results.LocalRedirect(SignIn.SignInSetup.Local(returnUrl));
    }).AllowAnonymous().ExcludeFromDescription();

    /// <summary>"Send" → "[Šéñð ··]": letters accented, 35 % longer; placeholders and tags stay.</summary>
    public static string Stretch(string text)
    {
        const string Plain = "aAbBcCdDeEfFgGhHiIjJkKlLnNoOpPrRsStTuUwWyYzZ";
        const string Accented = "áÁƀƁçÇðÐéÉƒƑĝĜĥĤíÍĵĴķĶļĻñÑóÓþÞŕŔšŠţŢúÚŵŴýÝžŽ";
        var stretched = new StringBuilder("[");
        var depth = 0;
        foreach (var c in text)
        {
            if (c is '{' or '<') depth++;
            var at = depth == 0 ? Plain.IndexOf(c, StringComparison.Ordinal) : -1;
            stretched.Append(at < 0 ? c : Accented[at]);
            if (c is '}' or '>') depth--;
        }
        return stretched.Append(' ').Append('·', Math.Max(1, (int)(text.Length * 0.35) - 2)).Append(']').ToString();
    }

    private sealed class PseudoFactory(ResourceManagerStringLocalizerFactory inner) : IStringLocalizerFactory
    {
        private readonly ConcurrentDictionary<Type, IStringLocalizer> made = new();

        public IStringLocalizer Create(Type resourceSource) => made.GetOrAdd(resourceSource, source => new PseudoLocalizer(inner.Create(source)));

        public IStringLocalizer Create(string baseName, string location) => new PseudoLocalizer(inner.Create(baseName, location));
    }

    // Pages look up the same words with every render: each is found once.
    private sealed class PseudoLocalizer(IStringLocalizer inner) : IStringLocalizer
    {
        private readonly ConcurrentDictionary<(string Name, string Language), LocalizedString> found = new();

        public LocalizedString this[string name]
        {
            get
            {
                var key = (name, CultureInfo.CurrentUICulture.Name);
                if (found.TryGetValue(key, out var known)) return known;
                var now = Change(inner[name]);
                // A name that there is not may be anything that somebody asks for.
                return now.ResourceNotFound ? now : found[key] = now;
            }
        }

        public LocalizedString this[string name, params object[] arguments]
        {
            get
            {
                var raw = this[name];
                return new LocalizedString(name, string.Format(CultureInfo.CurrentCulture, raw.Value, arguments), raw.ResourceNotFound);
            }
        }

        public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => inner.GetAllStrings(includeParentCultures).Select(Change);

        private static LocalizedString Change(LocalizedString s) =>
            IsPseudo && !s.ResourceNotFound ? new LocalizedString(s.Name, Stretch(s.Value)) : s;
    }
}

/// <summary>What a refusal says to people: <c>Refusal.{code}</c> in any room's text.</summary>
internal sealed class Refusals(IStringLocalizerFactory words)
{
    private readonly IReadOnlyList<IStringLocalizer> rooms =
        [.. typeof(Refusals).Assembly.GetTypes().Where(t => t.GetCustomAttribute<RoomTextAttribute>() is not null).Select(words.Create)];

    public string Text(Refusal refusal) => Text(refusal.Code, refusal.Args);

    public string Text(string code, params object[] args) =>
        rooms.Select(r => r[$"Refusal.{code}", args]).FirstOrDefault(s => !s.ResourceNotFound)?.Value ?? code;
}
