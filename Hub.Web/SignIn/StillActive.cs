using System.Security.Claims;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Hub.Web.SignIn;

/// <summary>
/// An open page asks every minute whether its person may still use the hub; one who left is signed out where they are. A database
/// that does not answer signs nobody out: it is asked again a minute later.
/// </summary>
internal sealed class StillActive(ILoggerFactory log, PeopleService people) : RevalidatingServerAuthenticationStateProvider(log)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        AskAsync(authenticationState.User, cancellationToken);

    internal async Task<bool> AskAsync(ClaimsPrincipal user, CancellationToken ct)
    {
        try
        {
            return Guid.TryParse(user.FindFirstValue(ActorClaims.Person), out var id) && await people.IsActiveAsync(id, ct);
        }
        catch (Exception e) when (StorageAway.Is(e))
        {
            return true;
        }
    }
}
