using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Hub.Domain.People;
using Hub.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.People;

/// <summary>Shifts, teams, presence and quiet over HTTP.</summary>
public sealed class ShiftApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Sergeant = "dele.okafor@northbridge.example", Amara = "amara.osei@northbridge.example", Other = "tom.byrne@northbridge.example", Far = "gwen.tregarthen@nbtransport.example";

    [Fact]
    public async Task A_supervisor_imports_reads_and_corrects_and_others_do_not()
    {
        using var sergeant = await web.ProgramAsync(Sergeant);
        using var amara = await web.ProgramAsync(Amara);
        using var other = await web.ProgramAsync(Other);
        using var far = await web.ProgramAsync(Far);
        var id = (await amara.GetAsync("/me", OK)).Text("id");
        var file = $"email,start,end\n{Amara},2031-03-10T07:00,2031-03-10T15:00\n{Amara},2031-03-11T07:00,2031-03-11T15:00\n";
        var would = await SendAsync(sergeant, "?checkOnly=true", file, "text/csv", OK);
        Assert.Equal((false, 2), (would.GetProperty("stored").GetBoolean(), would.GetProperty("added").GetInt32()));
        var done = await SendAsync(sergeant, "", file, "text/csv; charset=utf-8", OK);
        Assert.Equal((true, 2, "2031-03-10T07:00:00.000Z"), (done.GetProperty("stored").GetBoolean(), done.GetProperty("added").GetInt32(), done.Text("from")));
        Assert.Equal(2, (await SendAsync(sergeant, "", file, "text/csv", OK)).GetProperty("unchanged").GetInt32());
        var wrong = await SendAsync(sergeant, "", file + $"{Amara},never,2031-03-11T15:00\n", "text/csv", UnprocessableEntity);
        Assert.Equal((4, "shifts.line.time"), (wrong.GetProperty("report").GetProperty("wrong")[0].GetProperty("number").GetInt32(), wrong.GetProperty("report").GetProperty("wrong")[0].Text("code")));
        Assert.Contains("never", wrong.GetProperty("report").GetProperty("wrong")[0].Text("reason"), StringComparison.Ordinal);
        await SendAsync(sergeant, "", file, "application/json", UnprocessableEntity);
        await SendAsync(amara, "", file, "text/csv", Forbidden);

        var list = (await amara.GetAsync($"/people/{id}/shifts?from=2031-03-10T00:00:00Z&to=2031-03-12T00:00:00Z", OK)).Items();
        Assert.Equal(2, list.Count);
        await other.GetAsync($"/people/{id}/shifts", Forbidden);
        await amara.GetAsync($"/people/{id}/shifts?from=yesterday", UnprocessableEntity);
        var (shift, version) = (list[0].Text("id"), list[0].GetProperty("version").GetInt32());
        var longer = new { startsAt = "2031-03-10T07:00:00Z", endsAt = "2031-03-10T17:00:00Z", version };
        await amara.PutAsync($"/shifts/{shift}", longer, Forbidden);
        await far.PutAsync($"/shifts/{shift}", longer, NotFound);
        await sergeant.PutAsync($"/shifts/{shift}", new { longer.startsAt, longer.endsAt }, UnprocessableEntity);
        Assert.Equal(version + 1, (await sergeant.PutAsync($"/shifts/{shift}", longer, OK)).GetProperty("version").GetInt32());
        Assert.Equal(version + 1, (await sergeant.PutAsync($"/shifts/{shift}", longer, Conflict)).GetProperty("current").GetProperty("version").GetInt32());
        await sergeant.AskAsync(HttpMethod.Delete, $"/shifts/{shift}?version={version + 1}", null, NoContent);
        await sergeant.AskAsync(HttpMethod.Delete, $"/shifts/{shift}?version={version + 1}", null, NotFound);
        await sergeant.PostAsync($"/people/{id}/shifts", new { startsAt = "2031-03-12T07:00:00Z", endsAt = "2031-03-12T17:00:00Z" }, Created);
        Assert.Contains("DTSTART:20310312T070000Z", await amara.GetStringAsync("/api/v1/me/shifts.ics"), StringComparison.Ordinal);

        var team = await sergeant.GetAsync("/me/team", OK);
        Assert.Equal(("Harbour response team B", true), (team.Text("unit"), team.GetProperty("leads").GetBoolean()));
        Assert.Contains(team.GetProperty("members").EnumerateArray(), m => m.Text("personId") == id);
        var described = await web.Stranger().GetStringAsync("/openapi/v1.json");
        foreach (var path in new[] { "/api/v1/shifts/import", "/api/v1/shifts/{id}", "/api/v1/people/{id}/shifts", "/api/v1/me/team", "/api/v1/me/presence", "/api/v1/me/quiet", "/api/v1/conversations/{id}/typing" })
            Assert.Contains($"\"{path}\"", described, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_sets_what_others_see_and_who_may_wake_one()
    {
        using var amara = await web.ProgramAsync(Amara);
        using var other = await web.ProgramAsync(Other);
        var (id, his) = ((await amara.GetAsync("/me", OK)).Text("id"), (await other.GetAsync("/me", OK)).Text("id"));
        var until = web.Services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime.AddMinutes(30);
        var set = await amara.PutAsync("/me/presence", new { state = "doNotDisturb", until, lastSeen = "everyone" }, OK);
        Assert.Equal(("doNotDisturb", "everyone"), (set.Text("state"), set.Text("lastSeen")));
        Assert.Equal("doNotDisturb", (await other.GetAsync($"/people/{id}/presence", OK)).Text("now"));
        await web.Services.GetRequiredService<AvailabilityService>().SeenAsync([Guid.Parse(id)]);
        Assert.NotEqual(JsonValueKind.Null, (await other.GetAsync($"/people/{id}/last-seen", OK)).GetProperty("lastSeenAt").ValueKind);
        await amara.PutAsync("/me/presence", new { state = "doNotDisturb" }, UnprocessableEntity);
        await amara.PutAsync("/me/presence", new { state = "asleep" }, UnprocessableEntity);
        Assert.Equal("available", (await amara.PutAsync("/me/presence", new { state = "available", lastSeen = "nobody" }, OK)).Text("state"));
        Assert.Equal(JsonValueKind.Null, (await other.GetAsync($"/people/{id}/last-seen", OK)).GetProperty("lastSeenAt").ValueKind);

        Assert.Single((await amara.PutAsync($"/me/quiet/people/{his}", new { }, OK)).GetProperty("contacts").EnumerateArray());
        await amara.PutAsync($"/me/quiet/people/{Guid.NewGuid()}", new { }, NotFound);
        Assert.Empty((await amara.AskAsync(HttpMethod.Delete, $"/me/quiet/people/{his}", null, OK)).GetProperty("contacts").EnumerateArray());
        Assert.True((await amara.GetAsync("/me/quiet", OK)).GetProperty("hasShifts").GetBoolean());

        var channel = (await amara.PostAsync("/conversations", new { kind = "channel", name = "Typing" }, Created)).Text("id");
        await amara.PostAsync($"/conversations/{channel}/typing", new { }, NoContent);
        await other.PostAsync($"/conversations/{channel}/typing", new { }, Forbidden);
        await amara.PostAsync($"/conversations/{Guid.NewGuid()}/typing", new { }, NotFound);
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, string query, string text, string type, System.Net.HttpStatusCode expected)
    {
        using var content = new StringContent(text, Encoding.UTF8);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var answer = await client.PostAsync("/api/v1/shifts/import" + query, content);
        var said = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{(int)answer.StatusCode} {said}");
        return JsonDocument.Parse(said).RootElement;
    }
}
