using Hub.Domain.Notifications;
using Hub.Web.SignIn;

namespace Hub.Web.Notifications;

/// <summary>Whoever signs out of a browser is told nothing more there, wherever the sign-out leads: the browser may not come back to end that itself.</summary>
internal static class PushSignOut
{
    /// <summary>Ends the device that the sign-out form names (<c>device</c>, which wwwroot/js/push.js puts there), while it is still known whose it is.</summary>
    public static async Task EndAsync(HttpContext http)
    {
        if (!http.User.HasClaim(c => c.Type == ActorClaims.Person) || !http.Request.HasFormContentType || !Guid.TryParse((await http.Request.ReadFormAsync())["device"], out var device)) return;
        await http.RequestServices.GetRequiredService<PushDeviceService>().RemoveAsync(http.User.ToActor(), device);
    }
}
