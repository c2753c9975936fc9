using Hub.Domain;
using Hub.Domain.Search;
using Hub.Web.Api;
using Hub.Web.SignIn;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hub.Web.Search;

/// <summary>A result as API.md has it.</summary>
internal sealed record SearchItem(SearchKind Kind, Guid Id, string Title, string Snippet, string Url);

/// <summary>/api/v1/search, and the rows of the box as HTML.</summary>
internal static class SearchEndpoints
{
    public static void MapSearch(this RouteGroupBuilder api)
    {
        var search = api.MapGroup("/search").WithTags("Search").NeedsScope("search");
        search.MapGet("", async (Caller caller, HttpContext http, SearchService service, string? q, string? kind, string? after, int? limit, CancellationToken ct) =>
        {
            var only = SearchLinks.Kind(kind);
            if (!string.IsNullOrEmpty(kind) && only is null) return Answers.Refused(http, Refusal.Invalid("kind", "search.kind"));
            return (await service.FindAsync(caller.Actor, q, only, after, limit ?? 50, ct)).Answer(http, page =>
                Results.Ok(new Page<SearchItem>([.. page.Items.Select(h => new SearchItem(h.Kind, h.Id, h.Title, h.Snippet, h.Url()))], page.Next)));
        }).Produces<Page<SearchItem>>();
    }

    /// <summary>The box asks here while somebody types; it is a page's own and no part of the API.</summary>
    public static void MapSearchBox(this IEndpointRouteBuilder app) =>
        app.MapGet("/search/box", async (Caller caller, HttpContext http, SearchService service, string? q, CancellationToken ct) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            var hits = await service.SuggestAsync(caller.Actor, q, ct);
            return new RazorComponentResult<BoxRows>(new { Hits = hits, Question = q ?? "" });
        }).RequireRateLimiting("person").NeedsScope("search").ExcludeFromDescription();
}
