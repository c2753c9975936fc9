using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Hub.Web.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Api;

/// <summary>The rules of API.md that hold for the whole house.</summary>
public sealed partial class ApiRulesTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Theory]
    [InlineData("GET", "/articles/0190a0a0-0000-7000-8000-000000000000", null, NotFound, "notFound")]
    [InlineData("GET", "/articles/not-an-id", null, NotFound, "notFound")]
    [InlineData("GET", "/nothing/of/the/kind", null, NotFound, "notFound")]
    [InlineData("POST", "/articles", "{}", UnprocessableEntity, "article.title")]
    [InlineData("POST", "/articles", "{\"title\": ", UnprocessableEntity, "invalid")]
    [InlineData("POST", "/articles", "[]", UnprocessableEntity, "invalid")]
    [InlineData("POST", "/conversations", "{\"kind\":\"channel\",\"name\":\"Ninety-nine\",\"audience\":[{\"kind\":99,\"id\":\"0190a0a0-0000-7000-8000-000000000000\"}]}", UnprocessableEntity, "invalid")]
    [InlineData("GET", "/search?q=mail&kind=nothing", null, UnprocessableEntity, "search.kind")]
    [InlineData("GET", "/search?q=mail&after=nothing", null, UnprocessableEntity, "search.after")]
    [InlineData("GET", "/articles?limit=many", null, UnprocessableEntity, "invalid")]
    [InlineData("GET", "/articles?after=nothing", null, UnprocessableEntity, "after")]
    [InlineData("GET", "/articles?after=", null, UnprocessableEntity, "after")]
    [InlineData("GET", "/meetings?after=nothing", null, UnprocessableEntity, "after")]
    [InlineData("GET", "/people?after=nothing", null, UnprocessableEntity, "after")]
    [InlineData("GET", "/people?after=0190a0a0-0000-7000-8000-000000000000", null, UnprocessableEntity, "after")]
    [InlineData("GET", "/fixes?after=nothing", null, UnprocessableEntity, "after")]
    [InlineData("GET", "/conversations?after=nothing", null, UnprocessableEntity, "chat.cursor")]
    [InlineData("GET", "/conversations/0190a0a0-0000-7000-8000-000000000000/messages?after=before.", null, UnprocessableEntity, "after")]
    [InlineData("GET", "/meetings?from=2031-06-02T00:00:00", null, UnprocessableEntity, "time")]
    [InlineData("GET", "/meetings?to=2131-06-02T00:00:00", null, UnprocessableEntity, "time")]
    [InlineData("GET", "/meetings?from=2031-06-02", null, UnprocessableEntity, "time")]
    [InlineData("GET", "/meetings?from=2031-06-31T00:00:00Z", null, UnprocessableEntity, "time")]
    public async Task Every_refusal_is_problem_details(string method, string path, string? body, HttpStatusCode expected, string code)
    {
        using var amara = await web.ProgramAsync(Amara);
        var problem = await ProblemAsync(amara, new HttpMethod(method), path, body, expected);
        Assert.Equal(code, problem.Text("code"));
        Assert.NotEmpty(problem.Text("type"));
        Assert.NotEmpty(problem.Text("title"));
        if (code is "article.title") Assert.Equal(JsonValueKind.Array, problem.GetProperty("errors").GetProperty("title").ValueKind);
        if (code is "search.kind") Assert.NotEmpty(problem.GetProperty("errors").GetProperty("kind")[0].GetString()!);
    }

    [Fact]
    public async Task A_failure_of_the_hub_itself_is_problem_details_with_a_reference()
    {
        using var broken = await HubWeb.OnAsync();
        using var amara = await broken.ProgramAsync(Amara);
        await using (var db = await broken.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync())
            await db.Database.ExecuteSqlRawAsync("DROP TABLE \"Drafts\"");
        var problem = await ProblemAsync(amara, HttpMethod.Get, "/me/drafts/any", null, InternalServerError);
        Assert.Equal("failed", problem.Text("code"));
        Assert.Contains("Reference ", problem.Text("title"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_gets_401_with_problem_details_everywhere()
    {
        using var stranger = web.Stranger();
        foreach (var path in new[] { "/me", "/articles", "/search?q=mail", "/fixes", "/conversations", "/meetings", "/nothing" })
            await ProblemAsync(stranger, HttpMethod.Get, path, null, Unauthorized);
        await ProblemAsync(stranger, HttpMethod.Post, "/articles", "{\"title\":\"x\",\"body\":\"x\"}", Unauthorized);
    }

    [Fact]
    public async Task Me_is_as_agreed()
    {
        using var amara = await web.ProgramAsync(Amara);
        var me = await amara.GetAsync("/me", OK);
        Assert.Matches(LowerUuid(), me.Text("id"));
        Assert.Equal(("Amara Osei", Amara), (me.Text("name"), me.Text("email")));
        Assert.NotEmpty(me.Text("organisation"));
        Assert.Equal(JsonValueKind.Array, me.GetProperty("roles").ValueKind);
    }

    [Fact]
    public async Task An_article_goes_from_draft_to_published_to_answered()
    {
        using var amara = await web.ProgramAsync(Amara);
        using var manager = await ManagerAsync();
        var made = await amara.PostAsync("/articles", new { title = "Tablet gets hot", body = "# Why\n\nIt **charges**." }, Created);
        var path = $"/articles/{made.Text("id")}";
        Assert.Equal(("Tablet gets hot", 1), (made.Text("title"), made.GetProperty("version").GetInt32()));
        await amara.PostAsync(path + "/publish", new { }, Forbidden);
        var saved = await amara.PutAsync(path, new { title = "Tablet gets hot", body = "It **charges**.", version = 1 }, OK);
        var stale = await manager.PutAsync(path, new { title = "Mine", body = "Mine", version = 1 }, Conflict);
        Assert.Equal(("It **charges**.", saved.GetProperty("version").GetInt64()), (stale.GetProperty("current").Text("body"), stale.GetProperty("current").GetProperty("version").GetInt64()));
        await amara.PutAsync(path, new { title = "Mine", body = "Mine" }, UnprocessableEntity);
        var published = await manager.PostAsync(path + "/publish", new { }, OK);
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$", published.Text("publishedAt"));

        using var jonas = await web.ProgramAsync(Jonas);
        Assert.Contains("<strong>charges</strong>", (await jonas.GetAsync(path, OK)).Text("html"), StringComparison.Ordinal);
        await jonas.PutAsync(path, new { title = "Mine", body = "Mine", version = 2 }, Forbidden);
        Assert.Equal(1, (await jonas.PostAsync(path + "/feedback", new { helpful = false, reason = "No picture" }, OK)).GetProperty("notHelpful").GetInt32());
        await jonas.PostAsync(path + "/feedback", new { reason = "No picture" }, UnprocessableEntity);
        var found = Assert.Single((await jonas.GetAsync("/search?q=hot+tablet+charges&kind=article&limit=1", OK)).Items());
        Assert.Equal((made.Text("id"), "article", "Tablet gets hot", $"/articles/{made.Text("id")}"), (found.Text("id"), found.Text("kind"), found.Text("title"), found.Text("url")));
        Assert.Contains("<mark>", found.Text("snippet"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fix", "mailbox")]
    [InlineData("person", "Jonas Berg")]
    [InlineData("conversation", "help")]
    [InlineData("service", "mail")]
    public async Task Search_of_one_kind_gives_that_kind_alone(string kind, string question)
    {
        using var amara = await web.ProgramAsync(Amara);
        var items = (await amara.GetAsync($"/search?kind={kind}&q={Uri.EscapeDataString(question)}", OK)).Items();
        Assert.NotEmpty(items);
        Assert.All(items, i =>
        {
            Assert.Equal(kind, i.Text("kind"));
            Assert.Matches(LowerUuid(), i.Text("id"));
            Assert.StartsWith("/", i.Text("url"), StringComparison.Ordinal);
            Assert.NotEmpty(i.Text("title"));
        });
    }

    [Fact]
    public async Task Lists_come_in_pages_of_50_and_at_most_200()
    {
        await using var own = await HubWeb.OnAsync();
        using var manager = await ManagerAsync(own);
        var folder = Directory.CreateTempSubdirectory("hub-pages-").FullName;
        for (var i = 0; i < 230; i++) await File.WriteAllTextAsync(Path.Combine(folder, $"{i}.md"), $"# Quokka {i}\n\nWords.\n");
        var import = own.Services.GetRequiredService<ArticleImport>();
        Assert.Equal(230, (await import.ImportAsync((await import.ManagerAsync(null))!, folder)).Value.Imported);
        Directory.Delete(folder, recursive: true);

        foreach (var path in new[] { "/articles?", "/search?q=quokka&" })
        {
            Assert.Equal(50, (await manager.GetAsync(path, OK)).Items().Count);
            Assert.Equal(200, (await manager.GetAsync(path + "limit=5000", OK)).Items().Count);
            Assert.Single((await manager.GetAsync(path + "limit=0", OK)).Items());
            Assert.InRange((await AllAsync(manager, path + "limit=60")).Count, 230, 300);
        }
    }

    [Theory, Databases]
    public async Task People_come_in_pages_by_name(string provider)
    {
        await using var own = await HubWeb.OnAsync(provider);
        var directory = own.Services.GetRequiredService<DirectoryService>();
        var body = await directory.AddOrganisationAsync("Quokka Rescue", "quokka.example");
        // Two of each name: the order among them has to hold over the edge of a page as well.
        for (var i = 0; i < 230; i++) await directory.AddPersonAsync(new NewPerson(body, $"Quokka {i / 2:000}", $"q{i}@quokka.example", "Keeper"));
        using var one = await own.ProgramAsync("q0@quokka.example");
        Assert.Equal(50, (await one.GetAsync("/people", OK)).Items().Count);
        Assert.Equal(200, (await one.GetAsync("/people?limit=5000", OK)).Items().Count);
        var all = await AllAsync(one, "/people?limit=33");
        Assert.Equal(Enumerable.Range(0, 230).Select(i => $"Quokka {i / 2:000}"), all.Select(p => p.Text("name")));
        Assert.Equal(11, (await AllAsync(one, "/people?q=q22&limit=3")).Count);
    }

    [Fact]
    public async Task Fixes_and_an_articles_versions_come_in_pages()
    {
        using var amara = await web.ProgramAsync(Amara);
        var whole = (await amara.GetAsync("/fixes", OK)).Items().Select(f => f.Text("slug")).ToList();
        Assert.Equal(5, whole.Count);
        Assert.Equal(2, (await amara.GetAsync("/fixes?limit=2", OK)).Items().Count);
        Assert.Equal(whole, (await AllAsync(amara, "/fixes?limit=2")).Select(f => f.Text("slug")));

        using var manager = await ManagerAsync();
        var article = await manager.PostAsync("/articles", new { title = "Versions", body = "1" }, Created);
        var path = $"/articles/{article.Text("id")}";
        for (var i = 2; i < 7; i++)
        {
            article = await manager.PostAsync(path + "/publish", new { }, OK);
            article = await manager.PutAsync(path, new { title = "Versions", body = $"{i}", version = article.GetProperty("version").GetInt64() }, OK);
        }
        Assert.Equal([6, 5, 4, 3, 2, 1], (await manager.GetAsync(path + "/versions", OK)).Items().Select(v => v.GetProperty("number").GetInt32()));
        Assert.Equal([6, 5, 4, 3, 2, 1], (await AllAsync(manager, path + "/versions?limit=4")).Select(v => v.GetProperty("number").GetInt32()));
    }

    [Fact]
    public async Task Too_many_requests_of_one_person_are_429_and_nobody_else_waits()
    {
        var agreed = ApiSetup.PerPerson;
        Assert.Equal((200, 50, TimeSpan.FromSeconds(1), 0), (agreed.TokenLimit, agreed.TokensPerPeriod, agreed.ReplenishmentPeriod, agreed.QueueLimit));

        await using var own = await HubWeb.OnAsync();
        using var amara = await own.ProgramAsync(Amara);
        using var jonas = await own.ProgramAsync(Jonas);
        await jonas.GetAsync("/me", OK);
        var time = Stopwatch.StartNew();
        var answers = await Task.WhenAll(Enumerable.Range(0, 700).Select(_ => amara.GetAsync(new Uri("/api/v1/nothing", UriKind.Relative))));
        var seconds = time.Elapsed.TotalSeconds;
        var refused = answers.Where(a => a.StatusCode == TooManyRequests).ToList();
        // The burst, what came back while they were answered, and a second's worth for where in its period the bucket stood.
        Assert.InRange(answers.Length - refused.Count, 200, Math.Min(699, 200 + (50 * seconds) + 50));
        Assert.All(refused, a => Assert.Equal(TimeSpan.FromSeconds(1), a.Headers.RetryAfter?.Delta));
        Assert.Equal("application/problem+json", refused[0].Content.Headers.ContentType?.MediaType);
        Assert.Equal("tooMany", (await refused[0].Content.ReadFromJsonAsync<JsonElement>()).Text("code"));
        await jonas.GetAsync("/me", OK);
    }

    [Fact]
    public async Task The_document_names_every_route_and_is_readable_by_anybody()
    {
        using var stranger = web.Stranger();
        var document = await stranger.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}")).ToHashSet(StringComparer.Ordinal);
        var routes = web.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText?.StartsWith("/api/v1", StringComparison.Ordinal) == true && !e.RoutePattern.RawText.Contains("{*", StringComparison.Ordinal) && !e.RoutePattern.RawText.EndsWith("/antiforgery", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {Constraint().Replace(e.RoutePattern.RawText!, "").TrimEnd('/')}")).ToList();
        Assert.True(routes.Count > 30);
        Assert.Empty(routes.Except(described, StringComparer.Ordinal));
    }

    /// <summary>Every item of a list, page after page, as API.md says.</summary>
    private static async Task<List<JsonElement>> AllAsync(HttpClient client, string path)
    {
        var seen = new List<JsonElement>();
        for (var next = ""; ;)
        {
            var page = await client.GetAsync(path + next, OK);
            Assert.NotEmpty(page.Items());
            Assert.Empty(page.Items().Select(i => i.GetRawText()).Intersect(seen.Select(i => i.GetRawText()), StringComparer.Ordinal));
            seen.AddRange(page.Items());
            if (page.GetProperty("next").ValueKind == JsonValueKind.Null) break;
            next = $"&after={Uri.EscapeDataString(page.Text("next"))}";
        }
        return seen;
    }

    private async Task<HttpClient> ManagerAsync(HubWeb? hub = null)
    {
        var services = (hub ?? web).Services;
        var actor = await services.GetRequiredService<ArticleImport>().ManagerAsync("northbridge.example");
        await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        return await (hub ?? web).ProgramAsync((await db.People.FindAsync(actor!.PersonId))!.Email);
    }

    private static async Task<JsonElement> ProblemAsync(HttpClient client, HttpMethod method, string path, string? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request);
        Assert.True(expected == answer.StatusCode, $"{path}: {(int)answer.StatusCode}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        return problem;
    }

    [GeneratedRegex("(?<=\\{[A-Za-z]+):[a-z]+(?=\\})", RegexOptions.None, 1000)]
    private static partial Regex Constraint();

    [GeneratedRegex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LowerUuid();
}
