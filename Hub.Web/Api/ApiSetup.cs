using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Web.Shell;
using Hub.Web.SignIn;
using Microsoft.AspNetCore.Antiforgery;

namespace Hub.Web.Api;

/// <summary>Rules of /api/v1 (API.md): JSON shapes, problem details, limits, antiforgery, idempotency.</summary>
internal static class ApiSetup
{
    public static void AddHubApi(this IServiceCollection services)
    {
        services.AddOpenApi("v1");
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o => Json(o.SerializerOptions));
        services.Configure<Microsoft.AspNetCore.SignalR.JsonHubProtocolOptions>(o => Json(o.PayloadSerializerOptions));
        services.AddRateLimiter(o =>
        {
            o.OnRejected = async (c, ct) =>
            {
                c.HttpContext.Response.Headers.RetryAfter = "1";
                await Answers.Problem(c.HttpContext, StatusCodes.Status429TooManyRequests, "tooMany").ExecuteAsync(c.HttpContext);
            };
            o.AddPolicy("person", http => RateLimitPartition.GetTokenBucketLimiter(
                http.User.FindFirstValue(ActorClaims.Person) ?? http.Connection.RemoteIpAddress?.ToString() ?? "",
                _ => PerPerson));
        });
    }

    /// <summary>Bursts of 200, then 50 a second.</summary>
    internal static TokenBucketRateLimiterOptions PerPerson => new()
    {
        TokenLimit = 200, TokensPerPeriod = 50, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0, AutoReplenishment = true,
    };

    /// <summary>What cannot be read (not JSON, no id, no time) is 422 as any other invalid input, in Development and outside it.</summary>
    public static void UseHubApi(this WebApplication app) => app.UseWhen(http => http.Request.Path.StartsWithSegments("/api") || http.Request.Path.StartsWithSegments("/hooks"), api => api.Use(async (http, next) =>
    {
        try
        {
            await next(http);
            // What the framework refuses by itself (not signed in, a method that is not there) is said in the same shape.
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null } r)
                await Answers.Problem(http, r.StatusCode, r.StatusCode switch { 401 => "signedOut", 403 => "forbidden", 404 => "notFound", _ => "invalid" }).ExecuteAsync(http);
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            var tooLarge = e.StatusCode == StatusCodes.Status413PayloadTooLarge;
            await Answers.Problem(http, tooLarge ? e.StatusCode : StatusCodes.Status422UnprocessableEntity, "invalid").ExecuteAsync(http);
        }
        catch (Exception e) when (!http.Response.HasStarted && StorageAway.Is(e))
        {
            // Whether a commit came through is not known to anybody here: the same send again finds out.
            Log(http).LogWarning("{Method} {Path}: the database does not answer ({Reason})", http.Request.Method, Told(http), e.GetBaseException().Message);
            http.Response.Headers.RetryAfter = "1";
            await Answers.Problem(http, StatusCodes.Status503ServiceUnavailable, "away").ExecuteAsync(http);
        }
        catch (Exception e) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            Log(http).LogError(e, "{Method} {Path} failed, reference {Reference}", http.Request.Method, Told(http), http.TraceIdentifier);
            await Answers.Problem(http, StatusCodes.Status500InternalServerError, "failed", http.TraceIdentifier).ExecuteAsync(http);
        }
    }));

    /// <summary>What is decided before a body is read: the token's scope, the browser's header, whether it is a repeat.</summary>
    public static void UseHubApiRules(this WebApplication app)
    {
        app.Use(ScopeAsync);
        app.UseWhen(http => http.Request.Path.StartsWithSegments("/api"), api => api.Use(AntiforgeryAsync).UseMiddleware<Idempotency>());
    }

    public static void MapHubApi(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        Search.SearchEndpoints.MapSearchBox(app);
        var api = app.MapGroup("/api/v1").RequireRateLimiting("person").DisableAntiforgery();
        api.MapGet("/antiforgery", (HttpContext http, IAntiforgery antiforgery) =>
            new { token = antiforgery.GetAndStoreTokens(http).RequestToken }).ExcludeFromDescription();
        People.PeopleEndpoints.MapPeople(api);
        Meetings.MeetingEndpoints.MapMeetings(api);
        Chat.ChatEndpoints.MapChat(api);
        Chat.MessageEndpoints.MapMessages(api);
        Chat.OrderEndpoints.MapOrder(api);
        Chat.FileEndpoints.MapFiles(api);
        Notifications.NotificationEndpoints.MapNotifications(api);
        Fixes.FixEndpoints.MapFixes(api);
        Knowledge.KnowledgeEndpoints.MapKnowledge(api);
        Search.SearchEndpoints.MapSearch(api);
        Live.AdminEndpoints.MapAdmin(api);
        api.MapFallback((HttpContext http) => Answers.Problem(http, StatusCodes.Status404NotFound, "notFound"));
    }

    public static void Json(JsonSerializerOptions o)
    {
        o.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        o.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        o.Converters.Add(new UtcTime());
        o.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
    }

    /// <summary>Scope of an access token for these endpoints: <c>{room}:read</c> to read, <c>{room}:write</c> for the rest.</summary>
    public static T NeedsScope<T>(this T endpoints, string room) where T : IEndpointConventionBuilder => endpoints.WithMetadata(new RoomScope(room));

    private static Task ScopeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<RoomScope>() is not { } needed) return next(http);
        var scope = AccessScopes.Of(needed.Room, Reads(http.Request));
        return http.User.ToActor().May(scope) ? next(http) : Answers.Problem(http, StatusCodes.Status403Forbidden, "scope", scope).ExecuteAsync(http);
    }

    // A browser session can be abused from elsewhere, a token cannot: only cookies need the header.
    private static async Task AntiforgeryAsync(HttpContext http, RequestDelegate next)
    {
        var session = http.IsSession();
        // A page that is still open when somebody else has signed in with the same browser speaks for its own person only.
        if (session && http.Request.Headers["X-Hub-Person"] is [{ Length: > 0 } person] && person != http.User.FindFirstValue(ActorClaims.Person))
            await Answers.Problem(http, StatusCodes.Status401Unauthorized, "signedOut").ExecuteAsync(http);
        else if (session && !Reads(http.Request) && !await http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http))
            await Answers.Problem(http, StatusCodes.Status400BadRequest, "antiforgery").ExecuteAsync(http);
        else
            await next(http);
    }

    // The end of a webhook's address is its secret.
    private static string Told(HttpContext http) => http.Request.Path.StartsWithSegments("/hooks") ? "/hooks" : http.Request.Path.ToString();

    private static ILogger Log(HttpContext http) => http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Hub.Web.Api");

    private static bool Reads(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
}

/// <summary>The room whose scope a token needs, on its endpoints.</summary>
internal sealed record RoomScope(string Room);
