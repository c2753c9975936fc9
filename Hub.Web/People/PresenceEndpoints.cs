using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.People;

/// <summary>/me/presence and /me/quiet: what one says of oneself.</summary>
internal static class PresenceEndpoints
{
    public static void MapOwnPresence(this RouteGroupBuilder people)
    {
        people.MapGet("/me/presence", async (Caller caller, HttpContext http, AvailabilityService service, CancellationToken ct) =>
            (await service.GetAsync(caller.Actor, ct)).Answer(http)).Produces<MyAvailability>();
        people.MapPut("/me/presence", async (Caller caller, HttpContext http, AvailabilityService service, AvailabilityChange body) =>
            (await service.SetAsync(caller.Actor, body)).Answer(http)).Produces<MyAvailability>();
        people.MapGet("/me/quiet", async (Caller caller, HttpContext http, AvailabilityService service, CancellationToken ct) =>
            (await service.QuietAsync(caller.Actor, ct)).Answer(http)).Produces<MyQuiet>();
        people.MapPut("/me/quiet/people/{id:guid}", async (Caller caller, HttpContext http, AvailabilityService service, Guid id) =>
            (await service.AllowAsync(caller.Actor, id)).Answer(http)).Produces<MyQuiet>();
        people.MapDelete("/me/quiet/people/{id:guid}", async (Caller caller, HttpContext http, AvailabilityService service, Guid id) =>
            (await service.DisallowAsync(caller.Actor, id)).Answer(http)).Produces<MyQuiet>();
        people.MapGet("/people/{id:guid}/last-seen", async (Caller caller, AvailabilityService service, Guid id, CancellationToken ct) =>
            Results.Ok(new LastSeen(await service.LastSeenAsync(caller.Actor, id, ct)))).Produces<LastSeen>();
    }
}

/// <summary>When somebody was last here; null for who may not know.</summary>
internal sealed record LastSeen(DateTime? LastSeenAt);
