using Hub.Domain;
using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.People;

/// <summary>A draft to keep.</summary>
internal sealed record DraftBody(string? Text);

/// <summary>/me, its drafts, and colleagues.</summary>
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
        people.MapGet("/me/drafts/{key}", async (Caller caller, DraftService drafts, string key) =>
            await drafts.GetAsync(caller.Actor, key) is { } draft ? Results.Ok(draft) : Results.NoContent()).Produces<SavedDraft>().Produces(204);
        people.MapPut("/me/drafts/{key}", async (Caller caller, HttpContext http, DraftService drafts, string key, DraftBody body) =>
            (await drafts.SaveAsync(caller.Actor, key, body.Text ?? "")).Answer(http, d => d is null ? Results.NoContent() : Results.Ok(d))).Produces<SavedDraft>();
    }
}
