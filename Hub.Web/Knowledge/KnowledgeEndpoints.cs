using Hub.Domain;
using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Knowledge;

internal sealed record ArticleBody(string? Title, string? Body, string? Service, IReadOnlyList<AudienceEntry>? Audience);

internal sealed record ArticleEditBody(string? Title, string? Body, long? Version, string? Service);

internal sealed record PublishBody(long? Version);

internal sealed record FeedbackBody(bool? Helpful, string? Reason);

internal sealed record PreviewBody(string? Body);

internal sealed record PreviewHtml(string Html);

internal sealed record AudienceBody(IReadOnlyList<AudienceEntry>? Audience);

/// <summary>/articles (API.md).</summary>
internal static class KnowledgeEndpoints
{
    public static void MapKnowledge(this RouteGroupBuilder api)
    {
        var articles = api.MapGroup("/articles").WithTags("Articles").NeedsScope("articles");
        articles.MapGet("", async (Caller caller, HttpContext http, ArticleList list, string? after, int? limit, string? service, bool? drafts, CancellationToken ct) =>
            (await list.ListAsync(caller.Actor, new ArticleQuery(service, drafts ?? false, after, limit ?? 50), ct)).Answer(http)).Produces<Page<ArticleRow>>();
        articles.MapPost("", async (Caller caller, HttpContext http, KnowledgeService knowledge, ArticleBody body) =>
            (await knowledge.CreateAsync(caller.Actor, new NewArticle(body.Title, body.Body, body.Service, body.Audience))).Answer(http, a => Results.Created($"/api/v1/articles/{a.Id}", a)))
            .Produces<ArticleView>(StatusCodes.Status201Created);
        articles.MapPost("/preview", async (Caller caller, HttpContext http, KnowledgeService knowledge, PreviewBody body, CancellationToken ct) =>
            (await knowledge.PreviewAsync(caller.Actor, body.Body, ct)).Answer(http, html => Results.Ok(new PreviewHtml(html)))).Produces<PreviewHtml>();
        articles.MapGet("/{id:guid}", async (Caller caller, HttpContext http, KnowledgeService knowledge, Guid id, CancellationToken ct) =>
            (await knowledge.GetAsync(caller.Actor, id, ct)).Answer(http)).Produces<ArticleView>();
        articles.MapPut("/{id:guid}", async (Caller caller, HttpContext http, KnowledgeService knowledge, Guid id, ArticleEditBody body) =>
            (await knowledge.SaveAsync(caller.Actor, id, new ArticleEdit(body.Title, body.Body, body.Version, body.Service))).Answer(http)).Produces<ArticleView>();
        articles.MapPost("/{id:guid}/publish", async (Caller caller, HttpContext http, KnowledgeService knowledge, Guid id, PublishBody? body) =>
            (await knowledge.PublishAsync(caller.Actor, id, body?.Version)).Answer(http)).Produces<ArticleView>();
        articles.MapPut("/{id:guid}/audience", async (Caller caller, HttpContext http, KnowledgeService knowledge, Guid id, AudienceBody body) =>
            (await knowledge.SetAudienceAsync(caller.Actor, id, body.Audience ?? [])).Answer(http)).Produces<ArticleView>();
        articles.MapPost("/{id:guid}/feedback", async (Caller caller, HttpContext http, FeedbackService feedback, Guid id, FeedbackBody body) =>
            (await feedback.GiveAsync(caller.Actor, id, body.Helpful, body.Reason)).Answer(http)).Produces<ArticleTally>();
        articles.MapGet("/{id:guid}/versions", async (Caller caller, HttpContext http, ArticleList list, Guid id, string? after, int? limit, CancellationToken ct) =>
            (await list.VersionsAsync(caller.Actor, id, ct)).Answer(http, v => Pages.From(v, r => r.Number.ToString(System.Globalization.CultureInfo.InvariantCulture), after, limit).Answer(http))).Produces<Page<ArticleVersionRow>>();
        articles.MapGet("/{id:guid}/versions/{number:int}/changes", async (Caller caller, HttpContext http, ArticleList list, Guid id, int number, CancellationToken ct) =>
            (await list.CompareAsync(caller.Actor, id, number, ct)).Answer(http)).Produces<ArticleComparison>();
        articles.MapGet("/{id:guid}/versions/{number:int}", async (Caller caller, HttpContext http, ArticleList list, Guid id, int number, CancellationToken ct) =>
            (await list.VersionAsync(caller.Actor, id, number, ct)).Answer(http)).Produces<ArticleVersionText>();
    }
}
