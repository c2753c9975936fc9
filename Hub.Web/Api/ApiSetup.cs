using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Web.Shell;
using Hub.Web.SignIn;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;

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
                _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = 200, TokensPerPeriod = 50, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0, AutoReplenishment = true,
                }));
        });
    }

    /// <summary>What cannot be read (not JSON, no id, no time) is 422 as any other invalid input, in Development and outside it.</summary>
    public static void UseHubApi(this WebApplication app) => app.UseWhen(http => http.Request.Path.StartsWithSegments("/api"), api => api.Use(async (http, next) =>
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
        catch (Exception e) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Hub.Web.Api").LogError(e, "{Method} {Path} failed, reference {Reference}", http.Request.Method, http.Request.Path, http.TraceIdentifier);
            await Answers.Problem(http, StatusCodes.Status500InternalServerError, "failed", http.TraceIdentifier).ExecuteAsync(http);
        }
    }));

    public static void MapHubApi(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        Search.SearchEndpoints.MapSearchBox(app);
        var api = app.MapGroup("/api/v1").RequireRateLimiting("person").DisableAntiforgery()
            .AddEndpointFilter(BadInputAsync).AddEndpointFilter(AntiforgeryAsync).AddEndpointFilter<IdempotencyFilter>();
        api.MapGet("/antiforgery", (HttpContext http, IAntiforgery antiforgery) =>
            new { token = antiforgery.GetAndStoreTokens(http).RequestToken }).ExcludeFromDescription();
        People.PeopleEndpoints.MapPeople(api);
        Meetings.MeetingEndpoints.MapMeetings(api);
        Chat.ChatEndpoints.MapChat(api);
        Fixes.FixEndpoints.MapFixes(api);
        Knowledge.KnowledgeEndpoints.MapKnowledge(api);
        Search.SearchEndpoints.MapSearch(api);
        api.MapFallback((HttpContext http) => Answers.Problem(http, StatusCodes.Status404NotFound, "notFound"));
    }

    public static void Json(JsonSerializerOptions o)
    {
        o.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        o.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        o.Converters.Add(new UtcTime());
        o.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
    }

    /// <summary>Scope of an access token for this group: <c>{room}:read</c> to read, <c>{room}:write</c> for the rest.</summary>
    public static RouteGroupBuilder NeedsScope(this RouteGroupBuilder group, string room) => group.AddEndpointFilter((c, next) =>
    {
        var scope = $"{room}:{(HttpMethods.IsGet(c.HttpContext.Request.Method) ? "read" : "write")}";
        return c.HttpContext.User.ToActor().May(scope) ? next(c)
            : ValueTask.FromResult<object?>(Answers.Problem(c.HttpContext, StatusCodes.Status403Forbidden, "scope", scope));
    });

    private static async ValueTask<object?> BadInputAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (e is BadHttpRequestException or JsonException)
        {
            return Answers.Problem(context.HttpContext, StatusCodes.Status422UnprocessableEntity, "invalid");
        }
    }

    // A browser session can be abused from elsewhere, a token cannot: only cookies need the header.
    private static async ValueTask<object?> AntiforgeryAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var safe = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        var token = http.User.Identities.Any(i => i.AuthenticationType is TokenHandler.SchemeName) || http.Request.Headers.Authorization.Count > 0;
        // A page that is still open when somebody else has signed in with the same browser speaks for its own person only.
        if (http.Request.Headers["X-Hub-Person"] is [{ Length: > 0 } person] && person != http.User.FindFirstValue(ActorClaims.Person))
            return Answers.Problem(http, StatusCodes.Status401Unauthorized, "signedOut");
        if (!safe && !token && !await http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http))
            return Answers.Problem(http, StatusCodes.Status400BadRequest, "antiforgery");
        return await next(context);
    }

    /// <summary>RFC 3339, UTC, milliseconds, Z.</summary>
    private sealed class UtcTime : JsonConverter<DateTime>
    {
        public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            DateTimeOffset.TryParse(reader.GetString(), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var t)
                ? t.UtcDateTime.ToMilliseconds() : throw new JsonException("Not an RFC 3339 time.");

        public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
    }
}
