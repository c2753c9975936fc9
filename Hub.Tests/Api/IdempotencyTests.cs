using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Api;

/// <summary>Idempotency-Key (API.md): kept 24 hours for each person.</summary>
public sealed class IdempotencyTests
{
    [Theory, Databases]
    public async Task The_same_key_is_answered_once_for_a_day(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        using var amara = await web.ProgramAsync("amara.osei@northbridge.example");
        using var jonas = await web.ProgramAsync("jonas.berg@northbridge.example");
        var first = await SendAsync(amara, "one", new { title = "Once", body = "x" }, Created);
        Assert.Equal(first, await SendAsync(amara, "one", new { title = "Once", body = "x" }, Created));
        Assert.Equal("idempotency.other", Code(await SendAsync(amara, "one", new { title = "Twice", body = "x" }, UnprocessableEntity)));
        Assert.NotEqual(first, await SendAsync(amara, "two", new { title = "Once", body = "x" }, Created));
        Assert.NotEqual(first, await SendAsync(jonas, "one", new { title = "Once", body = "x" }, Created));
        Assert.Equal("idempotency.key", Code(await SendAsync(amara, new string('k', 201), new { title = "Once", body = "x" }, UnprocessableEntity)));
        // A refusal is an answer too.
        var refused = await SendAsync(amara, "three", new { title = "", body = "x" }, UnprocessableEntity);
        Assert.Equal("article.title", Code(refused));
        Assert.Equal("article.title", Code(await SendAsync(amara, "three", new { title = "", body = "x" }, UnprocessableEntity)));

        await using var db = await web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var kept = db.IdempotencyRecords.Where(r => r.Key == "two");
        // As it stands while the first request still runs on another node.
        await kept.ExecuteUpdateAsync(s => s.SetProperty(r => r.Status, (int?)null));
        Assert.Equal("idempotency.running", Code(await SendAsync(amara, "two", new { title = "Once", body = "x" }, Conflict)));
        await kept.ExecuteUpdateAsync(s => s.SetProperty(r => r.CreatedAt, r => r.CreatedAt.AddHours(-25)));
        await SendAsync(amara, "two", new { title = "A day later", body = "x" }, Created);
    }

    private static async Task<string> SendAsync(HttpClient client, string key, object body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/articles") { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{key}: {(int)answer.StatusCode} {text}");
        if (expected == Created) Assert.StartsWith("/api/v1/articles/", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        return text;
    }

    private static string Code(string problem) => JsonDocument.Parse(problem).RootElement.Text("code");
}
