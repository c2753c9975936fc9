using System.Security.Claims;
using Hub.Domain.People;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Hub.Web.SignIn;

/// <summary>An open page asks every minute whether its person may still use the hub; one who left is signed out where they are.</summary>
internal sealed class StillActive(ILoggerFactory log, PeopleService people) : RevalidatingServerAuthenticationStateProvider(log)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        Guid.TryParse(authenticationState.User.FindFirstValue(ActorClaims.Person), out var id) && await people.IsActiveAsync(id, cancellationToken);
}
