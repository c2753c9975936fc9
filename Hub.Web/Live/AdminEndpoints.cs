using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Storage;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Live;

/// <summary>A page of nodes, and the database they share.</summary>
internal sealed record NodePage(string Database, IReadOnlyList<NodeView> Items, string? Next);

/// <summary>/admin: nodes and queues, for administrators of the whole hub.</summary>
internal static class AdminEndpoints
{
    public static void MapAdmin(this RouteGroupBuilder api)
    {
        var admin = api.MapGroup("/admin").WithTags("Administration").NeedsScope("admin");
        admin.MapGet("/nodes", async (Caller caller, HttpContext http, NodeService nodes, string? after, int? limit, CancellationToken ct) =>
        {
            var found = await nodes.ListAsync(caller.Actor, ct);
            return found.Refusal is { } refusal ? Answers.Refused(http, refusal)
                : Pages.From(found.Value.Items, n => n.Id.ToString(), after, limit).Answer(http, p => Results.Ok(new NodePage(found.Value.Database, p.Items, p.Next)));
        }).Produces<NodePage>();
        admin.MapGet("/work", async (Caller caller, HttpContext http, WorkQueues queues, string? after, int? limit, CancellationToken ct) =>
            (await queues.GetAsync(caller.Actor, after, limit ?? 50, ct)).Answer(http)).Produces<WorkView>();
        admin.MapPost("/work/{id:guid}/retry", async (Caller caller, HttpContext http, WorkQueues queues, Guid id) =>
            (await queues.RetryAsync(caller.Actor, id)).Answer(http)).Produces<FailedWork>();
    }
}
