using Hub.Domain;
using System.Security.Claims;
using Hub.Domain.Audit;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Identity.Web;

namespace Hub.Web.SignIn;

/// <summary>
/// With an <c>AzureAd</c> section: Entra ID through Microsoft.Identity.Web. Without one, and only in Development: the persona
/// page. Programs send a personal token or an Entra access token.
/// </summary>
internal static class SignInSetup
{
    private const string Chooser = "Hub";

    public static void AddHubSignIn(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        var azure = configuration.GetSection("AzureAd");
        var entra = azure.Exists();
        if (!entra && !environment.IsDevelopment())
            throw new SettingsException("No AzureAd section is configured. Outside Development the hub signs people in with Entra ID only: set AzureAd:Instance, TenantId, ClientId and ClientSecret (docs/operations.md), then start again.");

        var authentication = services.AddAuthentication(o =>
        {
            o.DefaultScheme = Chooser;
            o.DefaultSignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        });
        authentication.AddScheme<AuthenticationSchemeOptions, TokenHandler>(TokenHandler.SchemeName, null);
        // Tokens are for programs: a page or its circuit opens with a session alone.
        authentication.AddPolicyScheme(Chooser, null, o => o.ForwardDefaultSelector = http =>
            !ForPrograms(http.Request.Path) ? CookieAuthenticationDefaults.AuthenticationScheme
            : TokenHandler.Read(http.Request) is not null ? TokenHandler.SchemeName
            : entra && http.Request.Headers.Authorization.Count > 0 ? JwtBearerDefaults.AuthenticationScheme
            : CookieAuthenticationDefaults.AuthenticationScheme);
        if (entra)
        {
            authentication.AddMicrosoftIdentityWebApp(azure, OpenIdConnectDefaults.AuthenticationScheme, CookieAuthenticationDefaults.AuthenticationScheme);
            authentication.AddMicrosoftIdentityWebApi(azure, JwtBearerDefaults.AuthenticationScheme);
            services.Configure<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme, o =>
            {
                o.Events.OnTokenValidated += c => BindAsync(c.Principal, c.HttpContext, c.Fail, signIn: true);
                // Unknown here, or given up at Entra: a page that says so, not an error.
                o.Events.OnRemoteFailure += c =>
                {
                    c.Response.Redirect("/signin/denied");
                    c.HandleResponse();
                    return Task.CompletedTask;
                };
            });
            services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, o =>
            {
                o.Events ??= new JwtBearerEvents();
                o.Events.OnTokenValidated += c => BindAsync(c.Principal, c.HttpContext, c.Fail, signIn: false);
            });
        }
        else
        {
            authentication.AddCookie();
        }
        services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, o =>
        {
            o.Cookie.Name = "hub";
            o.Cookie.SameSite = SameSiteMode.Lax;
            o.LoginPath = "/signin";
            o.AccessDeniedPath = "/signin/denied";
            o.ExpireTimeSpan = TimeSpan.FromHours(12);
            o.SlidingExpiration = true;
            o.Events.OnRedirectToLogin = c => Redirect(c, StatusCodes.Status401Unauthorized);
            o.Events.OnRedirectToAccessDenied = c => Redirect(c, StatusCodes.Status403Forbidden);
        });
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireClaim(ActorClaims.Person).Build())
            .SetDefaultPolicy(new AuthorizationPolicyBuilder().RequireClaim(ActorClaims.Person).Build());
        services.AddScoped<AuthenticationStateProvider, StillActive>();
        services.AddAntiforgery(o =>
        {
            o.HeaderName = "X-Hub-Antiforgery";
            o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
    }

    public static void MapHubSignIn(this WebApplication app)
    {
        var entra = app.Configuration.GetSection("AzureAd").Exists();
        var group = app.MapGroup("/signin").AllowAnonymous().ExcludeFromDescription();
        if (entra)
        {
            group.MapGet("/entra", (string? returnUrl) => Results.Challenge(new AuthenticationProperties { RedirectUri = Local(returnUrl) }, [OpenIdConnectDefaults.AuthenticationScheme]));
        }
        else
        {
            group.MapPost("/persona", async ([FromForm] Guid person, [FromForm] string? returnUrl, HttpContext http, PeopleService people, IDbContextFactory<HubDb> hub, TimeProvider clock) =>
            {
                if (!await people.IsActiveAsync(person)) return Results.Redirect("/signin/denied");
                var actor = new Actor(person, Address: http.Connection.RemoteIpAddress?.ToString());
                await AuditSignInAsync(hub, clock, actor, "persona");
                await http.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, new ClaimsPrincipal(ActorClaims.Identity(actor, "persona", actor.Address)));
                return Results.LocalRedirect(Local(returnUrl));
            });
        }
        group.MapPost("/out", async (HttpContext http) =>
        {
            await http.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
            return entra ? Results.SignOut(new AuthenticationProperties { RedirectUri = "/signin" }, [OpenIdConnectDefaults.AuthenticationScheme]) : Results.LocalRedirect("/signin");
        }).DisableAntiforgery().AddEndpointFilter(async (c, next) =>
        {
            // A page of a session that is over has an old token: there is nothing left to sign out of.
            var valid = await c.HttpContext.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(c.HttpContext);
            return valid ? await next(c) : Results.LocalRedirect("/signin");
        });
    }

    internal static string Local(string? url) => url is { Length: > 0 } && url[0] == '/' && !url.StartsWith("//", StringComparison.Ordinal) && !url.StartsWith("/\\", StringComparison.Ordinal)
        && !url.Any(char.IsControl) ? url : "/"; // browsers leave control characters out: "/\t/elsewhere" would lead elsewhere

    private static Task Redirect(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        if (ForPrograms(context.Request.Path) || context.Request.Path.StartsWithSegments("/_blazor"))
            context.Response.StatusCode = status;
        else
            context.Response.Redirect(context.RedirectUri);
        return Task.CompletedTask;
    }

    private static bool ForPrograms(PathString path) =>
        path.StartsWithSegments("/api") || path.StartsWithSegments("/hubs") || path.StartsWithSegments("/metrics");

    /// <summary>Finds the hub's person behind an Entra identity: by object id, at the first time by address.</summary>
    private static async Task BindAsync(ClaimsPrincipal? principal, HttpContext http, Action<string> fail, bool signIn)
    {
        var oid = principal?.GetObjectId();
        var email = (principal?.FindFirstValue("preferred_username") ?? principal?.FindFirstValue(ClaimTypes.Upn))?.ToLowerInvariant();
        var hub = http.RequestServices.GetRequiredService<IDbContextFactory<HubDb>>();
        await using var db = await hub.CreateDbContextAsync();
        var person = oid is null ? null : await db.People.FirstOrDefaultAsync(p => p.LeftAt == null && p.EntraObjectId == oid);
        if (person is null && oid is not null && email is not null)
        {
            person = await db.People.FirstOrDefaultAsync(p => p.LeftAt == null && p.EntraObjectId == null && p.Email == email);
            if (person is not null) person.EntraObjectId = oid;
            await db.SaveChangesAsync();
        }
        if (person is null)
        {
            fail("This account is not known to the hub.");
            return;
        }
        var actor = new Actor(person.Id, person.Kind, Address: http.Connection.RemoteIpAddress?.ToString());
        principal!.AddIdentity(ActorClaims.Identity(actor, "entra", actor.Address));
        if (signIn) await AuditSignInAsync(hub, http.RequestServices.GetRequiredService<TimeProvider>(), actor, "entra");
    }

    private static async Task AuditSignInAsync(IDbContextFactory<HubDb> hub, TimeProvider clock, Actor actor, string how)
    {
        await using var db = await hub.CreateDbContextAsync();
        db.Audit(clock, actor, "sign-in", "person", actor.PersonId, how);
        await db.SaveChangesAsync();
    }
}
