using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Tests.Api;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;

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
        var browser = await web.BrowserAsync("amara.osei@northbridge.example");
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
    public void Nothing_else_is_open_to_strangers()
    {
        var open = web.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null && e.Metadata.GetMetadata<StaticAssetDescriptor>() is null)
            .Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/')).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        string[] allowed =
        [
            "/healthz", "/healthz/socket", "/readyz", "/openapi/{documentName}.json",
            // Who has the address of an incoming webhook is its bot, and may post in its channel.
            "/hooks/{id}/{secret}",
            "/signin", "/signin/denied", "/signin/persona", "/signin/out",
            // Pages that say what went wrong, also to those who are not signed in, and the language that they and the sign-in page are in.
            "/error", "/status/{code:int}", "/language",
            // What a device needs to have the hub on its home screen: its name and pictures, asked for without cookies.
            "/manifest.webmanifest",
            // The outlines of the icons, which the sign-in page has too.
            "/icons.svg",
        ];
        Assert.Equal(allowed.Order(StringComparer.Ordinal), open);
    }

    [Theory]
    [InlineData("/", HttpStatusCode.Redirect)]
    [InlineData("/chat", HttpStatusCode.Redirect)]
    [InlineData("/search/box?q=mail", HttpStatusCode.Redirect)]
    [InlineData("/_blazor/negotiate?negotiateVersion=1", HttpStatusCode.Unauthorized)]
    [InlineData("/hubs/live/negotiate?negotiateVersion=1", HttpStatusCode.OK)]
    [InlineData("/api/v1/me", HttpStatusCode.OK)]
    public async Task A_token_opens_what_is_for_programs_and_no_page(string path, HttpStatusCode expected)
    {
        using var program = await web.ProgramAsync("amara.osei@northbridge.example");
        using var request = new HttpRequestMessage(path.Contains("negotiate", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);
        using var answer = await program.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
        if (expected is HttpStatusCode.Redirect) Assert.Equal("/signin", answer.Headers.Location!.AbsolutePath);
    }
}
