using Hub.Domain;
using Hub.Domain.Fixes;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Fixes;

/// <summary>An answer to the step that waits.</summary>
internal sealed record AnswerBody(string? StepId, string? Value);

/// <summary>Words for the person who will help.</summary>
internal sealed record HandOverBody(string? Text);

/// <summary>Fixes and their runs (API.md).</summary>
internal static class FixEndpoints
{
    public static void MapFixes(this RouteGroupBuilder api)
    {
        var fixes = api.MapGroup("").WithTags("Fixes").NeedsScope("fixes");
        fixes.MapGet("/fixes", async (Caller caller, HttpContext http, FixService service, string? after, int? limit, CancellationToken ct) =>
            Pages.From(await service.ListAsync(caller.Actor, ct), f => f.Slug, after, limit).Answer(http)).Produces<Page<FixCard>>();
        fixes.MapGet("/fixes/{slug}", async (Caller caller, HttpContext http, FixService service, string slug) =>
            (await service.GetAsync(caller.Actor, slug)).Answer(http)).Produces<FixDetail>();
        fixes.MapPost("/fixes/{slug}/runs", async (Caller caller, HttpContext http, RunService runs, string slug) =>
            (await runs.StartAsync(caller.Actor, slug)).Answer(http, r => Results.Created($"/api/v1/runs/{r.Id}", r))).Produces<RunView>(StatusCodes.Status201Created);
        fixes.MapGet("/runs/{id:guid}", async (Caller caller, HttpContext http, RunService runs, Guid id) =>
            (await runs.GetAsync(caller.Actor, id)).Answer(http)).Produces<RunView>();
        fixes.MapPost("/runs/{id:guid}/answers", async (Caller caller, HttpContext http, RunService runs, Guid id, AnswerBody body) =>
            (await runs.AnswerAsync(caller.Actor, id, body.StepId, body.Value)).Answer(http)).Produces<RunView>();
        fixes.MapPost("/runs/{id:guid}/abandon", async (Caller caller, HttpContext http, RunService runs, Guid id) =>
            (await runs.AbandonAsync(caller.Actor, id)).Answer(http)).Produces<RunView>();
        fixes.MapPost("/runs/{id:guid}/person", async (Caller caller, HttpContext http, RunService runs, Guid id, HandOverBody body) =>
            (await runs.HandOverAsync(caller.Actor, id, body.Text)).Answer(http, c => Results.Ok(new { conversationId = c })));
    }
}
