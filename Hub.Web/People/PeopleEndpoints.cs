using Hub.Domain;
using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.People;

/// <summary>A draft to keep.</summary>
internal sealed record DraftBody(string? Text);

/// <summary>/me, its drafts, colleagues and their presence.</summary>
internal static class PeopleEndpoints
{
    public static void MapPeople(this RouteGroupBuilder api)
    {
        var people = api.MapGroup("").WithTags("People").NeedsScope("people");
        people.MapGet("/me", async (Caller caller, HttpContext http, PeopleService service) =>
            await service.MeAsync(caller.Actor) is { } me ? Results.Ok(me) : Answers.Refused(http, Refusal.NotFound)).Produces<Me>();
        people.MapGet("/people", async (Caller caller, HttpContext http, PeopleService service, string? q, string? after, int? limit, CancellationToken ct) =>
            (await service.FindAsync(caller.Actor, q ?? "", after, limit ?? 50, ct)).Answer(http)).Produces<Page<PersonCard>>();
        people.MapGet("/people/{id:guid}", async (Caller caller, HttpContext http, PeopleService service, Guid id) =>
            (await service.GetAsync(caller.Actor, id)).Answer(http)).Produces<PersonCard>();
        people.MapGet("/people/{id:guid}/presence", async (Caller caller, HttpContext http, PresenceService service, Guid id, CancellationToken ct) =>
            (await service.GetAsync(caller.Actor, id, ct)).Answer(http)).Produces<PersonPresence>();
        people.MapGet("/presence", PresenceAsync).Produces<Page<PersonPresence>>();
        people.MapOwnPresence();
        people.MapShifts();
        people.MapGet("/audiences", async (Caller caller, AudienceService service, string? q, int? limit, CancellationToken ct) =>
            Results.Ok(new Page<AudienceName>(await service.FindAsync(caller.Actor, q ?? "", limit ?? 5, ct), null))).Produces<Page<AudienceName>>();
        people.MapGet("/me/drafts/{key}", async (Caller caller, DraftService drafts, string key) =>
            await drafts.GetAsync(caller.Actor, key) is { } draft ? Results.Ok(draft) : Results.NoContent()).Produces<SavedDraft>().Produces(204);
        people.MapPut("/me/drafts/{key}", async (Caller caller, HttpContext http, DraftService drafts, string key, DraftBody body) =>
            (await drafts.SaveAsync(caller.Actor, key, body.Text ?? "")).Answer(http, d => d is null ? Results.NoContent() : Results.Ok(d))).Produces<SavedDraft>();
    }

    // With commas: two hundred ids, each with a name of its own, would not fit into the line of a request.
    private static async Task<IResult> PresenceAsync(Caller caller, HttpContext http, PresenceService service, string? ids, CancellationToken ct)
    {
        var people = new List<Guid>();
        foreach (var text in (ids ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Guid.TryParse(text, out var id)) return Answers.Refused(http, Refusal.Invalid("ids", "presence.ids"));
            people.Add(id);
        }
        return (await service.ListAsync(caller.Actor, people, ct)).Answer(http);
    }
}
