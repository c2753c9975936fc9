using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hub.Domain;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Hub.Web.Live;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Api;

/// <summary>Idempotency-Key (API.md): kept 24 hours for each person.</summary>
public sealed partial class IdempotencyTests(HubWeb shared) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    // What is scheduled is at most so far ahead.
    private static readonly string InTwoDays = TimeProvider.System.GetUtcNow().AddDays(2).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private const string Once = """{"title":"Once","body":"x"}""";

    /// <summary>Every POST there is, with two bodies that differ and what the first is answered.</summary>
    public static TheoryData<string, string, string, HttpStatusCode> Posts => new()
    {
        { "/articles", Once, """{"title":"Once","body":"y"}""", Created },
        { "/articles/preview", """{"body":"*a*"}""", """{"body":"*b*"}""", OK },
        { "/articles/{article}/publish", """{"version":1}""", """{"version":2}""", Forbidden },
        { "/articles/{article}/feedback", """{"helpful":true}""", """{"helpful":false}""", OK },
        { "/meetings", Draft("10"), Draft("11"), Created },
        { "/meetings/conflicts", Draft("10"), Draft("11"), OK },
        { "/meetings/{meeting}/response", """{"status":"accepted"}""", """{"status":"declined"}""", OK },
        { "/conversations", """{"kind":"channel","name":"once"}""", """{"kind":"channel","name":"twice"}""", Created },
        { "/conversations/{conversation}/messages", Message("a"), Message("b"), Created },
        { "/conversations/{conversation}/later", Later("a"), Later("b"), Created },
        { "/me/later/{nobody}/send", """{"version":1}""", """{"version":2}""", NotFound },
        { "/me/reminders", Note("a"), Note("b"), Created },
        { "/conversations/{conversation}/files", "one", "two", Created },
        { "/conversations/{conversation}/uploads", """{"name":"a.txt","length":1}""", """{"name":"a.txt","length":2}""", Created },
        { "/conversations/{conversation}/mentions/count", """{"text":"a"}""", """{"text":"b"}""", OK },
        { "/conversations/{conversation}/typing", "{}", """{"again":true}""", NoContent },
        { "/conversations/{conversation}/hooks", """{"kind":"incoming","name":"a"}""", """{"kind":"incoming","name":"b"}""", Created },
        { "/conversations/{nobody}/hooks/{nobody}/renew", "{}", """{"again":true}""", NotFound },
        { "/conversations/{nobody}/hooks/{nobody}/letters/repeat", "{}", """{"again":true}""", NotFound },
        { "/conversations/{nobody}/hooks/{nobody}/letters/{nobody}/repeat", "{}", """{"again":true}""", NotFound },
        { "/conversations/{nobody}/archive", "{}", """{"again":true}""", NotFound },
        { "/conversations/{nobody}/unarchive", "{}", """{"again":true}""", NotFound },
        { "/conversations/{nobody}/members", """{"people":["018f5a5e-0000-7000-8000-000000000001"]}""", """{"people":["018f5a5e-0000-7000-8000-000000000002"]}""", NotFound },
        { "/messages/{nobody}/readings", """{"clientMessageId":"018f5a5e-0000-7000-8000-000000000001"}""", """{"clientMessageId":"018f5a5e-0000-7000-8000-000000000002"}""", NotFound },
        { "/messages/{nobody}/report", """{"reason":"spam"}""", """{"reason":"other","text":"a"}""", NotFound },
        { "/reports/{nobody}/dismiss", "{}", """{"again":true}""", NotFound },
        { "/compliance/holds", """{"reason":"a"}""", """{"reason":"b"}""", NotFound },
        { "/compliance/conversations/{nobody}/exports", """{"reason":"a"}""", """{"reason":"b"}""", NotFound },
        { "/inbox/read-all", "{}", """{"again":true}""", NoContent },
        { "/people/{nobody}/shifts", Shift("10"), Shift("11"), NotFound },
        { "/shifts/import", "{}", """{"again":true}""", UnprocessableEntity },
        { "/fixes/cannot-join-wifi/runs", "{}", """{"again":true}""", Created },
        { "/runs/{run}/answers", """{"stepId":"which","value":"phone"}""", """{"stepId":"which","value":"laptop"}""", OK },
        { "/runs/{run}/person", """{"text":"a"}""", """{"text":"b"}""", OK },
        { "/runs/{run}/abandon", "{}", """{"again":true}""", OK },
        { "/admin/work/{work}/retry", "{}", """{"again":true}""", NotFound },
    };

    [Theory, MemberData(nameof(Posts))]
    public async Task The_same_key_gives_the_first_answer_and_with_another_body_422(string route, string body, string other, HttpStatusCode expected)
    {
        using var amara = await shared.ProgramAsync(Amara);
        var (path, key) = (await PathAsync(amara, route), Guid.NewGuid().ToString());
        var first = await SendAsync(amara, path, key, body, expected);
        Assert.Equal(first, await SendAsync(amara, path, key, body, expected));
        Assert.Equal("idempotency.other", Code(await SendAsync(amara, path, key, other, UnprocessableEntity)));
        Assert.Equal("idempotency.other", Code(await SendAsync(amara, path + "?other=1", key, body, UnprocessableEntity)));
        Assert.Equal("idempotency.other", Code(await SendAsync(amara, "/articles/preview?other=1", key, body, UnprocessableEntity)));
        Assert.Equal(first, await SendAsync(amara, path, key, body, expected));
    }

    [Fact]
    public void No_post_is_left_out_above()
    {
        var routes = shared.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/v1/", StringComparison.Ordinal) && e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("POST") == true)
            .Select(e => Placeholder().Replace(e.RoutePattern.RawText!["/api/v1".Length..], "*").TrimEnd('/')).Order(StringComparer.Ordinal);
        Assert.Equal(Posts.Select(p => Placeholder().Replace((string)p[0], "*").Replace("cannot-join-wifi", "*", StringComparison.Ordinal)).Order(StringComparer.Ordinal), routes);
    }

    [Theory, Databases]
    public async Task The_same_key_is_answered_once_for_a_day_and_for_each_person(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        using var amara = await web.ProgramAsync(Amara);
        using var jonas = await web.ProgramAsync(Jonas);
        var first = await SendAsync(amara, "/articles", "one", Once, Created);
        Assert.Equal(first, await SendAsync(amara, "/articles", "one", Once, Created));
        Assert.NotEqual(first, await SendAsync(amara, "/articles", "two", Once, Created));
        Assert.NotEqual(first, await SendAsync(jonas, "/articles", "one", Once, Created));
        Assert.Equal("idempotency.key", Code(await SendAsync(amara, "/articles", new string('k', 201), Once, UnprocessableEntity)));
        // A refusal is an answer too; what could not even be read is not.
        for (var i = 0; i < 2; i++) Assert.Equal("article.title", Code(await SendAsync(amara, "/articles", "three", """{"title":""}""", UnprocessableEntity)));
        Assert.Equal("invalid", Code(await SendAsync(amara, "/articles", "four", "{", UnprocessableEntity)));
        await SendAsync(amara, "/articles", "four", Once, Created);

        web.Services.GetRequiredService<OffsetClock>().Advance(TimeSpan.FromHours(23));
        Assert.Equal(first, await SendAsync(amara, "/articles", "one", Once, Created));
        web.Services.GetRequiredService<OffsetClock>().Advance(TimeSpan.FromHours(2));
        using var later = await web.ProgramAsync(Amara);
        Assert.NotEqual(first, await SendAsync(later, "/articles", "one", """{"title":"A day later","body":"x"}""", Created));
    }

    [Theory, Databases]
    public async Task A_request_whose_hub_died_holds_its_key_for_a_minute_and_then_one_repeat_runs(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        using var amara = await web.ProgramAsync(Amara);
        var first = await SendAsync(amara, "/articles", "key", Once, Created);
        await using (var db = await Db(web))
            // As a killed hub leaves it, or one that still runs: nobody knows which.
            await db.IdempotencyRecords.ExecuteUpdateAsync(s => s.SetProperty(r => r.Status, (int?)null));
        Assert.Equal("idempotency.running", Code(await SendAsync(amara, "/articles", "key", Once, Conflict)));
        web.Services.GetRequiredService<OffsetClock>().Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("idempotency.other", Code(await SendAsync(amara, "/articles", "key", """{"title":"Other"}""", UnprocessableEntity)));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync(amara, "/articles", "key", Once)));
        var made = answers.Where(a => a.Status == Created).Select(a => a.Text).Distinct(StringComparer.Ordinal);
        Assert.NotEqual(first, Assert.Single(made));
        Assert.All(answers.Where(a => a.Status != Created), a => Assert.Equal("idempotency.running", Code(a.Text)));
        Assert.Equal(made.First(), await SendAsync(amara, "/articles", "key", Once, Created));
        await using var after = await Db(web);
        Assert.Equal(2, await after.Articles.CountAsync(a => a.Title == "Once"));
    }

    [Theory, Databases]
    public async Task Keys_past_their_day_are_deleted_by_work_that_comes_again(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        using var amara = await web.ProgramAsync(Amara);
        await SendAsync(amara, "/articles", "old", Once, Created);
        web.Services.GetRequiredService<OffsetClock>().Advance(TimeSpan.FromHours(2));
        await SendAsync(amara, "/articles", "young", Once, Created);
        Assert.Single(web.Services.GetServices<IHostedService>().OfType<DueClock>());
        web.Services.GetRequiredService<OffsetClock>().Advance(TimeSpan.FromHours(23));
        var worker = web.Services.GetRequiredService<DueWorker>();
        await worker.PlanAsync();
        await worker.WorkAsync("storage.idempotency");
        await using var db = await Db(web);
        Assert.Equal(["young"], await db.IdempotencyRecords.Select(r => r.Key).ToListAsync());
    }

    private static Task<HubDb> Db(HubWeb web) => web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();

    private async Task<string> PathAsync(HttpClient amara, string route)
    {
        var made = Placeholder().Match(route).Value switch
        {
            "{article}" => (await amara.GetAsync("/articles?limit=1", OK)).Items()[0],
            "{conversation}" => await amara.PostAsync("/conversations", new { kind = "channel", name = "idempotent" }, Created),
            "{run}" => await amara.PostAsync("/fixes/cannot-join-wifi/runs", new { }, Created),
            "{meeting}" => await MeetingAsync(),
            "{work}" or "{nobody}" => JsonSerializer.SerializeToElement(new { id = Guid.NewGuid() }),
            _ => default,
        };
        return made.ValueKind == JsonValueKind.Undefined ? route : Placeholder().Replace(route, made.Text("id"));
    }

    private async Task<JsonElement> MeetingAsync()
    {
        using var jonas = await shared.ProgramAsync(Jonas);
        return await jonas.PostAsync("/meetings", new { title = "Ask", start = "2031-06-02T09:30:00", end = "2031-06-02T10:00:00", timeZone = "Europe/London", attendees = new[] { Amara } }, Created);
    }

    private static string Draft(string hour) => $$"""{"title":"Once","start":"2031-06-02T{{hour}}:00:00","end":"2031-06-02T12:00:00","timeZone":"Europe/London","attendees":[]}""";

    private static string Shift(string hour) => $$"""{"startsAt":"2031-06-02T{{hour}}:00:00Z","endsAt":"2031-06-02T18:00:00Z"}""";

    private static string Message(string text) => $$"""{"clientMessageId":"0190a0a0-0000-7000-8000-000000000001","text":"{{text}}"}""";

    private static string Later(string text) => $$"""{"clientMessageId":"0190a0a0-0000-7000-8000-000000000002","text":"{{text}}","at":"{{InTwoDays}}"}""";

    private static string Note(string text) => $$"""{"note":"{{text}}","at":"{{InTwoDays}}"}""";

    private static async Task<string> SendAsync(HttpClient client, string path, string key, string body, HttpStatusCode expected)
    {
        var (status, text) = await AskAsync(client, path, key, body);
        Assert.True(expected == status, $"{path} {key}: {(int)status} {text}");
        return text;
    }

    private static async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpClient client, string path, string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1" + path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request);
        if (answer.StatusCode == Created) Assert.StartsWith("/api/v1/", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(answer.StatusCode == NoContent ? null : (int)answer.StatusCode < 400 ? "application/json" : "application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string Code(string problem) => JsonDocument.Parse(problem).RootElement.Text("code");

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();
}
