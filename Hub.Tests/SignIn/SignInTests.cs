using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Tests.Api;
using Microsoft.AspNetCore.Hosting;

namespace Hub.Tests.SignIn;

public sealed class SignInTests(HubWeb web) : IClassFixture<HubWeb>
{
    [Theory]
    [InlineData("/", HttpStatusCode.Redirect)]
    [InlineData("/people/0", HttpStatusCode.Redirect)]
    [InlineData("/api/v1/me", HttpStatusCode.Unauthorized)]
    [InlineData("/api/v1/nothing", HttpStatusCode.Unauthorized)]
    [InlineData("/hubs/live/negotiate", HttpStatusCode.Unauthorized)]
    [InlineData("/_blazor/negotiate", HttpStatusCode.Unauthorized)]
    [InlineData("/signin", HttpStatusCode.OK)]
    [InlineData("/healthz", HttpStatusCode.OK)]
    [InlineData("/readyz", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json", HttpStatusCode.OK)]
    [InlineData("/hub.css", HttpStatusCode.OK)]
    public async Task A_stranger_sees_the_door_and_nothing_else(string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(path.EndsWith("negotiate", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);
        Assert.Equal(expected, (await web.Stranger().SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("/chat?x=1", "/chat?x=1")]
    [InlineData("https://elsewhere.example", "/")]
    [InlineData("//elsewhere.example", "/")]
    [InlineData("/\\elsewhere.example", "/")]
    [InlineData("/\t/elsewhere.example", "/")]
    [InlineData(null, "/")]
    public void Signing_in_leads_nowhere_else(string? asked, string led) => Assert.Equal(led, Hub.Web.SignIn.SignInSetup.Local(asked));

    [Theory]
    [InlineData("/_blazor/negotiate")]
    [InlineData("/hubs/live/negotiate")]
    public async Task A_page_elsewhere_opens_no_live_connection(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path + "?negotiateVersion=1");
        request.Headers.Add("Origin", "https://elsewhere.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await (await web.ProgramAsync("amara.osei@northbridge.example")).SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_token_speaks_for_its_person_and_a_wrong_one_for_nobody()
    {
        var me = await (await web.ProgramAsync("amara.osei@northbridge.example")).GetFromJsonAsync<JsonElement>("/api/v1/me");
        Assert.Equal("Amara Osei", me.GetProperty("name").GetString());

        var wrong = web.Stranger();
        wrong.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "hub_" + new string('a', 43));
        Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.GetAsync("/api/v1/me")).StatusCode);
    }

    [Fact]
    public async Task A_program_of_one_body_does_not_find_people_of_another()
    {
        var client = await web.ProgramAsync("amara.osei@northbridge.example");
        var found = await client.GetFromJsonAsync<JsonElement>("/api/v1/people?q=nbtransport.example");
        Assert.Equal(0, found.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_browser_session_needs_the_antiforgery_header_to_change_something()
    {
        var browser = web.CreateClient(new() { AllowAutoRedirect = false, HandleCookies = true });
        var page = await browser.GetStringAsync("/signin");
        var field = page[(page.IndexOf("name=\"__RequestVerificationToken\"", StringComparison.Ordinal) + 1)..];
        var token = Between(field, "value=\"", "\"");
        var person = Between(page[page.LastIndexOf("<form", page.IndexOf("amara.osei@", StringComparison.Ordinal), StringComparison.Ordinal)..], "name=\"person\" value=\"", "\"");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["person"] = person, ["__RequestVerificationToken"] = token });
        Assert.Equal(HttpStatusCode.Redirect, (await browser.PostAsync("/signin/persona", form)).StatusCode);

        var without = await browser.PutAsJsonAsync("/api/v1/me/drafts/test", new { text = "kept" });
        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);

        var header = (await browser.GetFromJsonAsync<JsonElement>("/api/v1/antiforgery")).GetProperty("token").GetString();
        browser.DefaultRequestHeaders.Add("X-Hub-Antiforgery", header);
        Assert.Equal(HttpStatusCode.OK, (await browser.PutAsJsonAsync("/api/v1/me/drafts/test", new { text = "kept" })).StatusCode);
        Assert.Equal("kept", (await browser.GetFromJsonAsync<JsonElement>("/api/v1/me/drafts/test")).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Nobody_signs_in_by_form_without_the_pages_own_token()
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["person"] = Guid.NewGuid().ToString() });
        Assert.Equal(HttpStatusCode.BadRequest, (await web.Stranger().PostAsync("/signin/persona", form)).StatusCode);
    }

    [Fact]
    public void Outside_development_the_hub_does_not_start_without_Entra()
    {
        using var production = web.WithWebHostBuilder(b => b.UseEnvironment("Production"));
        var refusal = Assert.ThrowsAny<Exception>(() => production.CreateClient());
        Assert.Contains("AzureAd", refusal.ToString(), StringComparison.Ordinal);
    }

    private static string Between(string text, string before, string after)
    {
        var from = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[from..text.IndexOf(after, from, StringComparison.Ordinal)];
    }
}
