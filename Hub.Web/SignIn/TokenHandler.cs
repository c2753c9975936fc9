using System.Security.Claims;
using System.Text.Encodings.Web;
using Hub.Domain.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Hub.Web.SignIn;

/// <summary>Reads <c>Authorization: Bearer hub_…</c>; on /hubs/live also <c>?access_token=</c>, as SignalR clients send it.</summary>
internal sealed class TokenHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder, AccessTokenService tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string SchemeName = "HubToken";

    public static string? Read(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer hub_", StringComparison.OrdinalIgnoreCase)) return header["Bearer ".Length..].Trim();
        var query = request.Path.StartsWithSegments("/hubs") ? request.Query["access_token"].ToString() : "";
        return query.StartsWith("hub_", StringComparison.Ordinal) ? query : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Read(Request) is not { } token) return AuthenticateResult.NoResult();
        if (await tokens.ResolveAsync(token, Context.RequestAborted) is not { } bearer) return AuthenticateResult.Fail("unknown token");
        var identity = ActorClaims.Identity(bearer.Actor, SchemeName, Context.Connection.RemoteIpAddress?.ToString());
        identity.AddClaim(new Claim(ActorClaims.Token, bearer.TokenId.ToString()));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer";
        return Task.CompletedTask;
    }
}
