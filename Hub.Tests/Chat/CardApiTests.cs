using System.Text.Json;
using Hub.Tests.Api;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Chat;

/// <summary>/messages/{id}/cards as docs/api.md has it.</summary>
public sealed class CardApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string OtherBody = "gwen.tregarthen@nbtransport.example";

    [Fact]
    public async Task A_program_reads_the_cards_that_its_person_may_see()
    {
        using var amara = await web.ProgramAsync(Amara);
        using var jonas = await web.ProgramAsync(Jonas);
        var channel = "/conversations/" + (await amara.PostAsync("/conversations", new { kind = "channel", name = "api-cards" }, Created)).Text("id");
        var start = DateTime.UnixEpoch.AddYears(80).ToString("yyyy-MM-ddTHH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        var meeting = (await amara.PostAsync("/meetings", new { title = "Cards", start, end = start.Replace("T00", "T01", StringComparison.Ordinal), timeZone = "Europe/London", attendees = Array.Empty<string>() }, Created)).Text("id");
        var said = await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "Look here" }, Created);
        // By the address at which the program reaches the hub, and by a path.
        var message = await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = $"[there]({amara.BaseAddress}chat/m/{said.Text("id")}) [it](/meetings/{meeting})" }, Created);
        Assert.Equal([("message", said.Text("id")), ("meeting", meeting)], message.GetProperty("links").EnumerateArray().Select(l => (l.Text("kind"), l.Text("id"))));
        Assert.Empty(said.GetProperty("links").EnumerateArray());

        var cards = await amara.GetAsync($"/messages/{message.Text("id")}/cards", OK);
        var (first, second) = (cards.Items()[0], cards.Items()[1]);
        Assert.Equal(("message", $"/chat/m/{said.Text("id")}", "Amara Osei", "Look here", "api-cards"), (first.Text("kind"), first.Text("url"), first.Text("title"), first.Text("text"), first.Text("place")));
        Assert.Equal(("meeting", "Cards", "accepted", "2050-01-01T00:00:00.000Z"), (second.Text("kind"), second.Text("title"), second.Text("state"), second.Text("startsAt")));
        Assert.Equal(JsonValueKind.Null, cards.GetProperty("next").ValueKind);
        Assert.False(second.TryGetProperty("version", out _));

        Assert.Equal(["message"], (await jonas.GetAsync($"/messages/{message.Text("id")}/cards", OK)).Items().Select(c => c.Text("kind")));
        Assert.Empty((await jonas.GetAsync($"/messages/{said.Text("id")}/cards", OK)).Items());
        using var chatter = await web.ProgramAsync(Amara, "chat:read");
        Assert.Equal(["message"], (await chatter.GetAsync($"/messages/{message.Text("id")}/cards", OK)).Items().Select(c => c.Text("kind")));
        using var other = await web.ProgramAsync(OtherBody);
        await other.GetAsync($"/messages/{message.Text("id")}/cards", NotFound);
        await amara.GetAsync($"/messages/{Guid.NewGuid()}/cards", NotFound);
        using var stranger = web.Stranger();
        await stranger.GetAsync($"/messages/{message.Text("id")}/cards", Unauthorized);
        using var limited = await web.ProgramAsync(Amara, "articles:read");
        await limited.GetAsync($"/messages/{message.Text("id")}/cards", Forbidden);

        // An edit is read anew.
        var edited = await amara.PutAsync($"/messages/{message.Text("id")}", new { text = "nothing any more", version = 1 }, OK);
        Assert.Empty(edited.GetProperty("links").EnumerateArray());
        Assert.Empty((await amara.GetAsync($"/messages/{message.Text("id")}/cards", OK)).Items());
        Assert.Contains("/api/v1/messages/{id}/cards", await amara.GetStringAsync("/openapi/v1.json"), StringComparison.Ordinal);
    }
}
