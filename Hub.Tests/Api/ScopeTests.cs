using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hub.Domain.People;
using Hub.Web.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Api;

/// <summary>A token acts within its scopes, in every endpoint there is.</summary>
public sealed partial class ScopeTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";

    [Fact]
    public async Task Without_the_scope_every_endpoint_answers_403_before_it_reads_the_body()
    {
        var endpoints = Endpoints();
        Assert.True(endpoints.Count > 30);
        foreach (var (room, method, path) in endpoints)
        {
            var scope = AccessScopes.Of(room, method == "GET");
            Assert.Contains(scope, AccessScopes.All);
            using var without = await web.ProgramAsync(Amara, [.. AccessScopes.All.Where(s => s != scope)]);
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (method != "GET") request.Content = new StringContent("{ not JSON", Encoding.UTF8, "application/json");
            using var answer = await without.SendAsync(request);
            Assert.True(answer.StatusCode == Forbidden, $"{method} {path}: {(int)answer.StatusCode}");
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal("scope", problem.Text("code"));
            Assert.Contains(scope, problem.Text("title"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task With_the_scope_alone_its_room_is_open_and_the_body_is_read()
    {
        using var reader = await web.ProgramAsync(Amara, "articles:read");
        using var writer = await web.ProgramAsync(Amara, "articles:write");
        await reader.GetAsync("/articles", OK);
        await writer.GetAsync("/articles", Forbidden);
        await reader.PostAsync("/articles", new { title = "Scoped", body = "x" }, Forbidden);
        await writer.PostAsync("/articles", new { title = "Scoped", body = "x" }, Created);
        await writer.PostAsync("/articles", new { body = "x" }, UnprocessableEntity);
        await reader.GetAsync("/me", Forbidden);
        await reader.GetAsync("/search?q=mail", Forbidden);
    }

    [Fact]
    public void Every_endpoint_of_the_api_and_the_search_box_names_its_room()
    {
        var without = web.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => (e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal) || e.RoutePattern.RawText == "/search/box") && e.Metadata.GetMetadata<RoomScope>() is null)
            .Select(e => e.RoutePattern.RawText);
        Assert.Equal(["/api/v1/antiforgery", "/api/v1/{*path:nonfile}"], without.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("chat:read", true)]
    [InlineData("chat:delete", false)]
    [InlineData("chat", false)]
    [InlineData("", false)]
    public async Task A_token_is_made_for_scopes_that_exist(string scope, bool made)
    {
        var actor = await web.Services.GetRequiredService<PeopleService>().ActorByEmailAsync(Amara);
        var tokens = web.Services.GetRequiredService<AccessTokenService>();
        Assert.Equal(made, (await tokens.CreateAsync(actor!, "test", 1, [scope])).Ok);
        Assert.False((await tokens.CreateAsync(actor!, "test", 1, [])).Ok);
    }

    private List<(string Room, string Method, string Path)> Endpoints() =>
        [.. web.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal) && e.Metadata.GetMetadata<RoomScope>() is not null)
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m =>
                (e.Metadata.GetMetadata<RoomScope>()!.Room, m, Number().Replace(Guids().Replace(e.RoutePattern.RawText!, Guid.NewGuid().ToString()), "1"))))];

    [GeneratedRegex(@"\{\w+:guid\}", RegexOptions.None, 1000)]
    private static partial Regex Guids();

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.None, 1000)]
    private static partial Regex Number();
}
