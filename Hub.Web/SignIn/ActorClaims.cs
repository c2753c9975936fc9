using System.Security.Claims;
using Hub.Domain.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Hub.Web.SignIn;

/// <summary>The actor inside a principal. A cookie or token names the person; roles are never in it.</summary>
internal static class ActorClaims
{
    public const string Person = "hub:person";
    public const string Kind = "hub:kind";
    public const string Scope = "hub:scope";
    public const string Limited = "hub:limited";
    public const string Address = "hub:address";
    /// <summary>Id of the personal token that the principal came with.</summary>
    public const string Token = "hub:token";

    /// <exception cref="InvalidOperationException">The principal is no person of the hub; authorisation lets none such through.</exception>
    public static Actor ToActor(this ClaimsPrincipal user)
    {
        var id = user.FindFirstValue(Person) ?? throw new InvalidOperationException("Not signed in.");
        var kind = Enum.TryParse<ActorKind>(user.FindFirstValue(Kind), out var k) ? k : ActorKind.Person;
        var scopes = user.HasClaim(c => c.Type == Limited) ? user.FindAll(Scope).Select(c => c.Value).ToHashSet(StringComparer.Ordinal) : null;
        return new Actor(Guid.Parse(id), kind, scopes, user.FindFirstValue(Address));
    }

    /// <summary>True if it came with a browser's session, not with a token.</summary>
    public static bool IsSession(this HttpContext http) =>
        http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Ticket?.AuthenticationScheme is CookieAuthenticationDefaults.AuthenticationScheme;

    public static ClaimsIdentity Identity(Actor actor, string scheme, string? address)
    {
        var claims = new List<Claim> { new(Person, actor.PersonId.ToString()), new(Kind, actor.Kind.ToString()) };
        if (address is not null) claims.Add(new Claim(Address, address));
        if (actor.Scopes is not null) claims.AddRange([new Claim(Limited, "1"), .. actor.Scopes.Select(s => new Claim(Scope, s))]);
        return new ClaimsIdentity(claims, scheme);
    }
}

/// <summary>The one who calls an endpoint: <c>(Caller caller, …) =&gt; service.VerbAsync(caller.Actor, …)</c>.</summary>
public sealed record Caller(Actor Actor)
{
    public static ValueTask<Caller> BindAsync(HttpContext http) => ValueTask.FromResult(new Caller(http.User.ToActor()));
}
