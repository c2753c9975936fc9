using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hub.Domain.People;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Hub.Web.Api;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Integrations;

/// <summary>
/// The exporters hear every hub of the process, and forget an instrument when one of them ends: their tests run alone.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneWithExporters
{
    public const string Name = "alone with exporters";
}

/// <summary>/metrics: who may read it, and what stands in it.</summary>
[Collection(AloneWithExporters.Name)]
public sealed class MetricsPageTests
{
    private const string Amara = "amara.osei@northbridge.example";

    [Fact]
    public async Task Only_an_administrator_reads_it_and_with_a_token_only_one_that_may()
    {
        await using var web = await HubWeb.OnAsync();
        using var stranger = web.Stranger();
        using var answer = await AsksAsync(stranger, Unauthorized);
        Assert.Null(answer.Headers.Location);
        using var made = web.Stranger();
        made.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "hub_made-up");
        using var refused = await AsksAsync(made, Unauthorized);
        Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.Single().Scheme);

        // Not an administrator: it does not exist, in a session, with a whole token, and with one that names the scope.
        using var session = await web.BrowserAsync(Amara);
        using var whole = await web.ProgramAsync(Amara);
        using var scoped = await web.ProgramAsync(Amara, "metrics:read");
        foreach (var client in new[] { session, whole, scoped })
        {
            using var gone = await AsksAsync(client, NotFound);
            Assert.Equal("application/problem+json", gone.Content.Headers.ContentType?.MediaType);
        }

        var grant = await GrantAsync(web, ScopeKind.Hub, null);
        foreach (var client in new[] { session, whole, scoped }) (await AsksAsync(client, OK)).Dispose();
        using var narrow = await web.ProgramAsync(Amara, [.. AccessScopes.All.Where(s => s != "metrics:read")]);
        using var forbidden = await AsksAsync(narrow, Forbidden);
        Assert.Equal("scope", JsonDocument.Parse(await forbidden.Content.ReadAsStringAsync()).RootElement.Text("code"));
        // What may read the metrics may read nothing else, and nothing is written here.
        await scoped.GetAsync("/me", Forbidden);
        using var written = await scoped.PostAsync(new Uri("/metrics", UriKind.Relative), null);
        Assert.Equal(Forbidden, written.StatusCode);

        // The role ends, and what it opened, at once; an administrator of one body is none of the hub.
        var people = web.Services.GetRequiredService<PeopleService>();
        var amara = (await people.ActorByEmailAsync(Amara))!;
        await GrantAsync(web, ScopeKind.Organisation, Guid.NewGuid());
        Assert.True((await web.Services.GetRequiredService<RoleService>().EndAsync(amara, grant)).Ok);
        foreach (var client in new[] { session, whole, scoped }) (await AsksAsync(client, NotFound)).Dispose();
    }

    [Theory, Databases]
    public async Task It_tells_what_the_hub_did_and_neither_a_limit_nor_compression_is_in_the_way(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        using var amara = await web.ProgramAsync(Amara);
        await GrantAsync(web, ScopeKind.Hub, null);
        var before = await TextAsync(amara);
        var channel = (await amara.PostAsync("/conversations", new { kind = "channel", name = "Scraped", audience = Array.Empty<object>() }, Created)).Text("id");
        await amara.PostAsync($"/conversations/{channel}/messages", new { clientMessageId = Guid.NewGuid(), text = "Counted" }, Created);
        await amara.GetAsync("/search?q=mail", OK);
        var after = await TextAsync(amara);

        Assert.Equal(1, Number(after, "hub_chat_posts_total") - Number(before, "hub_chat_posts_total"));
        Assert.Equal(1, Number(after, "hub_search_duration_seconds_count", "hub_search_where=\"page\"") - Number(before, "hub_search_duration_seconds_count", "hub_search_where=\"page\""));
        var system = $"db_system_name=\"{(provider == "Sqlite" ? "sqlite" : "postgresql")}\"";
        Assert.True(Number(after, "db_client_operation_duration_seconds_count", "db_operation_name=\"COMMIT\"", system) > Number(before, "db_client_operation_duration_seconds_count", "db_operation_name=\"COMMIT\"", system));
        Assert.Equal(0, Number(after, "hub_circuits"));
        Assert.Equal(0, Number(after, "hub_work_due", "hub_work_kind=\"fixes.runs\""));
        Assert.True(Number(after, "http_server_request_duration_seconds_count", "http_route=\"/api/v1/conversations/{id:guid}/messages\"", "http_response_status_code=\"201\"") >= 1);
        Assert.Contains("dotnet_gc_collections", after, StringComparison.Ordinal);
        Assert.DoesNotContain("Npgsql", after, StringComparison.Ordinal);

        // A scrape is no request of the person whose token it has: it is answered when their own are too many, and takes none of them.
        await Task.WhenAll(Enumerable.Range(0, 2 * ApiSetup.PerPerson.TokenLimit).Select(_ => amara.GetAsync(new Uri("/api/v1/nothing", UriKind.Relative))));
        using var zipped = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { { "Accept-Encoding", "gzip" }, { "Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5" } } };
        using var answer = await amara.SendAsync(zipped);
        Assert.Equal(OK, answer.StatusCode);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await using var plain = answer.Content.Headers.ContentEncoding.Contains("gzip") ? new System.IO.Compression.GZipStream(body, System.IO.Compression.CompressionMode.Decompress) : body;
        using var reader = new StreamReader(plain);
        Assert.Equal(Number(after, "hub_chat_posts_total"), Number(await reader.ReadToEndAsync(), "hub_chat_posts_total"));
    }

    private static async Task<Guid> GrantAsync(HubWeb web, ScopeKind scope, Guid? body)
    {
        var amara = await web.Services.GetRequiredService<PeopleService>().ActorByEmailAsync(Amara);
        return await web.Services.GetRequiredService<RoleService>().GrantAsync(amara!.PersonId, Role.Administrator, scope, body);
    }

    private static async Task<HttpResponseMessage> AsksAsync(HttpClient client, System.Net.HttpStatusCode expected)
    {
        var answer = await client.GetAsync(new Uri("/metrics", UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        Assert.Equal(expected == OK, text.Contains("hub_circuits", StringComparison.Ordinal));
        return answer;
    }

    private static async Task<string> TextAsync(HttpClient client)
    {
        using var answer = await AsksAsync(client, OK);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        return await answer.Content.ReadAsStringAsync();
    }

    // The sum over all series of that name that carry the labels; 0 for none.
    private static double Number(string text, string name, params string[] labels) =>
        Regex.Matches(text, $@"^{name}(?:\{{(?<labels>.*)\}})? (?<value>\S+)", RegexOptions.Multiline, TimeSpan.FromSeconds(5))
            .Where(m => labels.All(l => m.Groups["labels"].Value.Contains(l, StringComparison.Ordinal)))
            .Sum(m => double.Parse(m.Groups["value"].Value, System.Globalization.CultureInfo.InvariantCulture));
}
