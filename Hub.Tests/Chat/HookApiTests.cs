using System.Net;
using System.Text;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Hub.Web.Chat;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Chat;

/// <summary>/conversations/{id}/hooks, and /hooks/{id}/{secret}, where programs post as to Slack.</summary>
public sealed class HookApiTests
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Theory, Databases]
    public async Task A_program_posts_as_to_Slack_and_is_answered_in_Slacks_words(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        using var amara = await web.ProgramAsync(Amara);
        using var jonas = await web.ProgramAsync(Jonas);
        var channel = $"/conversations/{(await amara.PostAsync("/conversations", new { kind = "channel", name = "api-hooks" }, Created)).Text("id")}";
        await jonas.PostAsync(channel + "/hooks", new { kind = "incoming", name = "CI" }, NotFound);
        await jonas.GetAsync(channel + "/hooks", NotFound);
        Assert.Equal("hook.name", (await amara.PostAsync(channel + "/hooks", new { kind = "incoming" }, UnprocessableEntity)).Text("code"));
        Assert.Equal("hook.address", (await amara.PostAsync(channel + "/hooks", new { kind = "outgoing", name = "x", address = "http://elsewhere.example", events = new[] { "posted" } }, UnprocessableEntity)).Text("code"));
        var made = await amara.PostAsync(channel + "/hooks", new { kind = "incoming", name = "CI" }, Created);
        var (id, address) = (made.GetProperty("hook").Text("id"), made.Text("address"));
        Assert.StartsWith($"http://localhost/hooks/{id}/", address, StringComparison.Ordinal);
        Assert.Equal("CI", Assert.Single((await amara.GetAsync(channel + "/hooks", OK)).Items()).Text("name"));
        Assert.DoesNotContain(address.Split('/')[^1], (await amara.GetAsync(channel + "/hooks", OK)).GetRawText(), StringComparison.Ordinal);

        using var ci = web.Stranger();
        await SayAsync(ci, address, Json("""{"text":"Build *failed*","username":"root"}"""), OK, "ok");
        await SayAsync(ci, address, new FormUrlEncodedContent(new Dictionary<string, string> { ["payload"] = """{"text":"by form"}""" }), OK, "ok");
        await SayAsync(ci, address, new StringContent("""{"text":"by curl"}""", Encoding.UTF8, "application/x-www-form-urlencoded"), OK, "ok");
        for (var i = 0; i < 2; i++) await SayAsync(ci, address, Json("""{"text":"once","client_msg_id":"7"}"""), OK, "ok");
        for (var i = 0; i < 2; i++) await SayAsync(ci, address, Json("""{"text":"with a key"}"""), OK, "ok", key: "a");
        await SayAsync(ci, address, Json("""{"text":"another"}"""), Conflict, "already_used", key: "a");
        var items = (await jonas.GetAsync(channel + "/messages", OK)).Items();
        Assert.Equal(["Build **failed**", "by form", "by curl", "once", "with a key"], items.Select(m => m.Text("text")));
        Assert.All(items, m => Assert.True(m.GetProperty("author").GetProperty("bot").GetBoolean()));
        Assert.Contains("<strong>failed</strong>", items[0].Text("html"), StringComparison.Ordinal);
        // Of people the word is left out.
        await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "mine" }, Created);
        Assert.False((await jonas.GetAsync(channel + "/messages", OK)).Items()[^1].GetProperty("author").TryGetProperty("bot", out _));

        await SayAsync(ci, address, Json("{"), BadRequest, "invalid_payload");
        await SayAsync(ci, address, new FormUrlEncodedContent(new Dictionary<string, string> { ["text"] = "x" }), BadRequest, "invalid_payload");
        await SayAsync(ci, address, Json("{}"), BadRequest, "no_text");
        await SayAsync(ci, address, Json($$"""{"text":"{{new string('x', 10_001)}}"}"""), BadRequest, "msg_too_long: A message can have at most 10000 characters; this one was not posted.");
        await SayAsync(ci, address, Json($$"""{"text":"{{new string('x', 65_536)}}"}"""), RequestEntityTooLarge, "payload_too_large");
        foreach (var wrong in new[] { address + "x", $"/hooks/{Guid.NewGuid()}/{address.Split('/')[^1]}", "/hooks/x/y" }) await SayAsync(ci, wrong, Json("""{"text":"x"}"""), NotFound, "no_service");
        using var got = await ci.GetAsync(new Uri(address, UriKind.RelativeOrAbsolute));
        Assert.Equal((MethodNotAllowed, "POST"), (got.StatusCode, got.Content.Headers.Allow.Single()));

        await amara.PostAsync(channel + "/archive", new { }, OK);
        await SayAsync(ci, address, Json("""{"text":"x"}"""), Gone, "channel_is_archived");
        await amara.PostAsync(channel + "/unarchive", new { }, OK);
        await amara.PutAsync(channel + "/announcements", new { on = true }, OK);
        await amara.PutAsync($"{channel}/members/{made.GetProperty("hook").Text("botId")}", new { poster = false }, OK);
        await SayAsync(ci, address, Json("""{"text":"x"}"""), Forbidden, "action_prohibited");

        var renewed = await amara.PostAsync($"{channel}/hooks/{id}/renew", new { }, OK);
        await SayAsync(ci, address, Json("""{"text":"x"}"""), NotFound, "no_service");
        await amara.PutAsync(channel + "/announcements", new { on = false }, OK);
        await SayAsync(ci, renewed.Text("address"), Json("""{"text":"x"}"""), OK, "ok");
        await jonas.AskAsync(HttpMethod.Delete, $"{channel}/hooks/{id}", null, NotFound);
        await amara.AskAsync(HttpMethod.Delete, $"{channel}/hooks/{id}", null, NoContent);
        await SayAsync(ci, renewed.Text("address"), Json("""{"text":"x"}"""), NotFound, "no_service");
    }

    [Theory, Databases]
    public async Task What_could_not_be_delivered_is_listed_in_pages_for_owners_alone(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider, b => b.UseSetting("Hooks:AllowedHosts", "siem.invalid"));
        using var amara = await web.ProgramAsync(Amara);
        using var jonas = await web.ProgramAsync(Jonas);
        var channel = $"/conversations/{(await amara.PostAsync("/conversations", new { kind = "channel", name = "api-letters" }, Created)).Text("id")}";
        var said = await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "told" }, Created);
        var hook = (await amara.PostAsync(channel + "/hooks", new { kind = "outgoing", name = "SIEM", address = "https://siem.invalid/told", events = new[] { "posted" } }, Created)).GetProperty("hook").Text("id");
        await using (var db = await web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync())
        {
            var (clock, now) = (web.Services.GetRequiredService<TimeProvider>(), DateTime.UnixEpoch.AddYears(57));
            for (var i = 0; i < 3; i++)
            {
                var told = clock.NewId();
                var work = db.Due(clock, HookDeliveries.Work, $"{told}", now);
                work.DeadAt = now;
                db.HookDeliveries.Add(new HookDelivery { Id = told, HookId = Guid.Parse(hook), Event = HookEvent.Posted, MessageId = Guid.Parse(said.Text("id")), CreatedAt = now, WorkId = work.Id });
            }
            await db.SaveChangesAsync();
        }
        var letters = $"{channel}/hooks/{hook}/letters";
        var first = await amara.GetAsync($"{letters}?limit=2", OK);
        var second = await amara.GetAsync($"{letters}?limit=2&after={first.Text("next")}", OK);
        Assert.Equal((2, 1, System.Text.Json.JsonValueKind.Null), (first.Items().Count, second.Items().Count, second.GetProperty("next").ValueKind));
        Assert.Equal(3, first.Items().Concat(second.Items()).Select(l => l.Text("id")).Distinct().Count());
        await amara.GetAsync($"{letters}?after=x", UnprocessableEntity);
        await jonas.GetAsync(letters, NotFound);
        await jonas.AskAsync(HttpMethod.Delete, letters, null, NotFound);
        await amara.AskAsync(HttpMethod.Delete, letters, null, NoContent);
        Assert.Empty((await amara.GetAsync(letters, OK)).Items());
    }

    [Theory, Databases]
    public async Task A_flood_is_let_in_to_its_measure_each_once_and_stops_nobody_else(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider, b => b.UseSetting("Hooks:Burst", "10"));
        using var amara = await web.ProgramAsync(Amara);
        var channel = (await amara.PostAsync("/conversations", new { kind = "channel", name = "flooded" }, Created)).Text("id");
        var loud = (await amara.PostAsync($"/conversations/{channel}/hooks", new { kind = "incoming", name = "Loud" }, Created)).Text("address");
        var calm = (await amara.PostAsync($"/conversations/{channel}/hooks", new { kind = "incoming", name = "Calm" }, Created)).Text("address");
        using var flood = web.Stranger();
        var sends = Enumerable.Range(0, 120).Select(i => flood.PostAsync(new Uri(loud), Json($$"""{"text":"flood {{i}}"}"""))).ToList();
        // Meanwhile: another program, and a person.
        using var other = await flood.PostAsync(new Uri(calm), Json("""{"text":"calm"}"""));
        await amara.PostAsync($"/conversations/{channel}/messages", new { clientMessageId = Guid.NewGuid(), text = "person" }, Created);
        var answers = await Task.WhenAll(sends);
        Assert.Equal(OK, other.StatusCode);
        Assert.All(answers, a => Assert.True(a.StatusCode is OK or TooManyRequests, $"{(int)a.StatusCode}"));
        Assert.All(answers.Where(a => a.StatusCode == TooManyRequests), a => Assert.Equal(TimeSpan.FromSeconds(1), a.Headers.RetryAfter!.Delta));
        var accepted = answers.Index().Where(a => a.Item.StatusCode == OK).Select(a => $"flood {a.Index}").ToHashSet();
        Assert.InRange(accepted.Count, 10, 60);
        await using var db = await web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var stored = await db.Messages.Where(m => m.ConversationId == Guid.Parse(channel)).OrderBy(m => m.Sequence).Select(m => new { m.Sequence, m.Text }).ToListAsync();
        Assert.Equal(Enumerable.Range(1, accepted.Count + 2).Select(n => (long)n), stored.Select(m => m.Sequence));
        Assert.Equal([.. accepted.Append("calm").Append("person").Order(StringComparer.Ordinal)], stored.Select(m => m.Text).Order(StringComparer.Ordinal));
        foreach (var answer in answers) answer.Dispose();
    }

    [Theory]
    [InlineData("Hooks:Burst", "0")]
    [InlineData("Hooks:PerSecond", "often")]
    public void A_limit_that_is_none_stops_the_start(string setting, string value)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new(setting, value)]).Build();
        Assert.Contains(setting, Assert.Throws<SettingsException>(() => new HookLimits(settings)).Message, StringComparison.Ordinal);
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static async Task SayAsync(HttpClient client, string address, HttpContent body, HttpStatusCode expected, string words, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = body };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request);
        Assert.Equal((expected, words, "text/plain"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType?.MediaType));
    }
}
