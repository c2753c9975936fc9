using System.Text.Json;
using Hub.Tests.Api;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Chat;

/// <summary>Reports, hiding, retention, holds and exports over the API.</summary>
public sealed class OrderApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string Ruth = "ruth.abernathy@northbridge.example";

    [Fact]
    public async Task A_program_reports_hides_and_exports_as_its_person_may()
    {
        using var amara = await web.ProgramAsync(Amara);
        using var jonas = await web.ProgramAsync(Jonas);
        using var ruth = await web.ProgramAsync(Ruth);
        var channel = (await amara.PostAsync("/conversations", new { kind = "channel", name = "api-order" }, Created)).Text("id");
        await jonas.PutAsync($"/conversations/{channel}/members/me", new { }, OK);
        var said = (await jonas.PostAsync($"/conversations/{channel}/messages", new { clientMessageId = Guid.NewGuid(), text = "apisecret" }, Created)).Text("id");
        await amara.PostAsync($"/messages/{said}/report", new { text = "no reason" }, UnprocessableEntity);
        var report = await amara.PostAsync($"/messages/{said}/report", new { reason = "personalData", text = "mine" }, Created);
        Assert.Equal(report.Text("id"), (await amara.PostAsync($"/messages/{said}/report", new { reason = "spam" }, OK)).Text("id"));
        Assert.Contains((await amara.GetAsync("/reports", OK)).Items(), r => r.Text("id") == report.Text("id") && r.GetProperty("message").Text("text") == "apisecret");
        Assert.Empty((await jonas.GetAsync("/reports", OK)).Items());
        await amara.GetAsync("/reports?state=nonsense", UnprocessableEntity);
        await jonas.PostAsync($"/reports/{report.Text("id")}/dismiss", new { }, NotFound);

        await jonas.PutAsync($"/messages/{said}/hidden", new { reason = "x" }, Forbidden);
        Assert.Equal("Not here", (await amara.PutAsync($"/messages/{said}/hidden", new { reason = "Not here" }, OK)).Text("hiddenReason"));
        Assert.Equal("", (await jonas.GetAsync($"/messages/{said}", OK)).Text("text"));
        Assert.Equal("apisecret", (await jonas.GetAsync($"/messages/{said}/hidden", OK)).Text("text"));
        await amara.PostAsync($"/reports/{report.Text("id")}/dismiss", new { }, Conflict);

        // Compliance: rules, a hold, and both exports, streamed.
        var rules = (await ruth.GetAsync("/compliance/retention", OK)).Items();
        await amara.GetAsync("/compliance/retention", NotFound);
        var body = rules[0].Text("organisationId");
        Assert.Equal(400, (await ruth.PutAsync($"/compliance/retention/{body}/help", new { days = 400, version = 0 }, OK)).GetProperty("days").GetInt32());
        await ruth.PutAsync($"/compliance/retention/{body}/nonsense", new { days = 400 }, NotFound);
        Assert.Equal(1, (await ruth.PutAsync($"/compliance/retention/{body}/help", new { days = 3, version = 0 }, Conflict)).GetProperty("current").GetProperty("version").GetInt32());
        Assert.Equal(JsonValueKind.Null, (await ruth.PutAsync($"/compliance/retention/{body}/help", new { days = (int?)null, version = 1 }, OK)).GetProperty("days").ValueKind);
        Assert.Equal(channel, (await ruth.GetAsync("/compliance/conversations?q=api-order", OK)).Items().Single().Text("id"));
        await amara.GetAsync($"/compliance/conversations/{channel}", NotFound);
        var hold = await ruth.PostAsync("/compliance/holds", new { conversationId = channel, reason = "Case", reference = "C-9" }, Created);
        Assert.Contains((await ruth.GetAsync("/compliance/holds", OK)).Items(), h => h.Text("reference") == "C-9");
        await ruth.AskAsync(HttpMethod.Delete, $"/compliance/holds/{hold.Text("id")}", null, OK);
        var export = await ruth.PostAsync($"/compliance/conversations/{channel}/exports", new { reason = "Request" }, Created);
        await amara.GetAsync($"/compliance/exports/{export.Text("id")}", NotFound);
        await ruth.GetAsync($"/compliance/exports/{export.Text("id")}?format=pdf", UnprocessableEntity);
        var json = await ruth.GetAsync($"/compliance/exports/{export.Text("id")}?format=json", OK);
        Assert.Equal(("apisecret", "Not here"), (json.GetProperty("messages")[0].Text("text"), json.GetProperty("messages")[0].GetProperty("hidden").Text("reason")));
        using var page = await ruth.GetAsync($"/api/v1/compliance/exports/{export.Text("id")}?format=html");
        var html = await page.Content.ReadAsStringAsync();
        Assert.Contains("apisecret", html, StringComparison.Ordinal);
        Assert.Contains("attachment", page.Content.Headers.ContentDisposition!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        await amara.AskAsync(HttpMethod.Delete, $"/messages/{said}/hidden", null, OK);
        Assert.Equal("apisecret", (await jonas.GetAsync($"/messages/{said}", OK)).Text("text"));
    }
}
