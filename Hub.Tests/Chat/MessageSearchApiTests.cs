using Hub.Tests.Api;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Chat;

/// <summary>/messages/search as API.md has lists, errors and scopes.</summary>
public sealed class MessageSearchApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string OtherBody = "gwen.tregarthen@nbtransport.example";

    [Fact]
    public async Task Messages_are_found_in_pages_under_the_rules_of_the_page()
    {
        using var amara = await web.ProgramAsync(Amara);
        using var jonas = await web.ProgramAsync(Jonas);
        var channel = "/conversations/" + (await amara.PostAsync("/conversations", new { kind = "channel", name = "api-search" }, Created)).Text("id");
        foreach (var text in new[] { "quagga one", "quagga two", "quagga three" }) await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text }, Created);

        var first = await jonas.GetAsync("/messages/search?q=quagga%20in:api-search&limit=2", OK);
        Assert.Equal(["quagga three", "quagga two"], first.Items().Select(i => i.GetProperty("message").Text("text")));
        Assert.Equal(("api-search", "<mark>quagga</mark> three", "Amara Osei"), (first.Items()[0].Text("conversation"), first.Items()[0].Text("snippet"), first.Items()[0].GetProperty("message").GetProperty("author").Text("name")));
        var second = await jonas.GetAsync($"/messages/search?q=quagga%20in:api-search&limit=2&after={first.Text("next")}", OK);
        Assert.Equal(("quagga one", System.Text.Json.JsonValueKind.Null), (Assert.Single(second.Items()).GetProperty("message").Text("text"), second.GetProperty("next").ValueKind));

        using var other = await web.ProgramAsync(OtherBody);
        Assert.Empty((await other.GetAsync("/messages/search?q=quagga", OK)).Items());
        using var stranger = web.Stranger();
        await stranger.GetAsync("/messages/search?q=quagga", Unauthorized);
        using var limited = await web.ProgramAsync(Amara, "articles:read");
        await limited.GetAsync("/messages/search?q=quagga", Forbidden);
        using var reader = await web.ProgramAsync(Amara, "chat:read");
        Assert.Equal(3, (await reader.GetAsync("/messages/search?q=quagga", OK)).Items().Count);
    }

    [Fact]
    public async Task A_question_that_cannot_be_answered_says_which_part_and_what_to_do()
    {
        using var amara = await web.ProgramAsync(Amara);
        foreach (var (question, code, part) in new[]
        {
            ("", "find.empty", "from:name"), ("from:nobody-here", "find.from", "nobody-here"), ("quagga in:nowhere", "find.in", "nowhere"), ("quagga before:soon", "find.date", "before:today"), ("has:wings", "find.has", "has:link"),
        })
        {
            var refused = await amara.GetAsync("/messages/search?q=" + Uri.EscapeDataString(question), UnprocessableEntity);
            Assert.Equal(code, refused.Text("code"));
            Assert.Contains(part, refused.GetProperty("errors").GetProperty("q")[0].GetString(), StringComparison.Ordinal);
        }
        Assert.Equal("after", Assert.Single((await amara.GetAsync("/messages/search?q=quagga&after=x", UnprocessableEntity)).GetProperty("errors").EnumerateObject()).Name);
    }
}
