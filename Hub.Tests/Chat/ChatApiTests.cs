using System.Net;
using Hub.Tests.Api;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Chat;

/// <summary>/conversations and /messages as API.md has them.</summary>
public sealed class ChatApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string OtherBody = "gwen.tregarthen@nbtransport.example";

    [Fact]
    public async Task A_send_is_made_once_and_a_repeat_gives_the_same_message_for_ever()
    {
        var amara = await web.ProgramAsync(Amara);
        var (one, two) = (await ChannelAsync(amara, "api-once"), await ChannelAsync(amara, "api-elsewhere"));
        var send = new { clientMessageId = Guid.NewGuid(), text = "hello **you**" };
        var made = await amara.PostAsync(one + "/messages", send, Created);
        Assert.Equal(("hello **you**", 1, 1), (made.Text("text"), made.GetProperty("sequence").GetInt64(), made.GetProperty("version").GetInt32()));
        Assert.Contains("<strong>you</strong>", made.Text("html"), StringComparison.Ordinal);
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$", made.Text("postedAt"));
        foreach (var name in new[] { "conversationId", "clientMessageId", "author", "editedAt", "deletedAt" }) Assert.True(made.TryGetProperty(name, out _), name);

        Assert.Equal(made.GetRawText(), (await amara.PostAsync(one + "/messages", send, OK)).GetRawText());
        await amara.PostAsync(one + "/messages", new { send.clientMessageId, text = "other" }, Conflict);
        await amara.PostAsync(two + "/messages", send, Conflict);
        await amara.PutAsync($"/messages/{made.Text("id")}", new { text = "hello", version = 1 }, OK);
        var late = await amara.PostAsync(one + "/messages", send, OK);
        Assert.Equal(("hello", made.Text("id")), (late.Text("text"), late.Text("id")));
        Assert.Single((await amara.GetAsync(one + "/messages", OK)).Items());
    }

    [Fact]
    public async Task Messages_come_in_pages_always_ascending()
    {
        var amara = await web.ProgramAsync(Amara);
        var channel = await ChannelAsync(amara, "api-pages");
        for (var i = 1; i <= 55; i++) await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = $"m{i}" }, Created);

        Assert.Equal(Enumerable.Range(6, 50).Select(i => (long)i), await SequencesAsync(""));
        Assert.Equal([1, 2, 3], await SequencesAsync("?afterSequence=0&limit=3"));
        Assert.Equal([50, 51, 52, 53, 54, 55], await SequencesAsync("?afterSequence=49"));
        Assert.Equal([3, 4, 5], await SequencesAsync("?beforeSequence=6&limit=3"));
        Assert.Equal([], await SequencesAsync("?afterSequence=55"));
        Assert.Equal([], await SequencesAsync("?beforeSequence=1"));

        // The list goes on in the direction that was asked for; the newest page is the end of it, and goes back.
        Assert.Equal(Enumerable.Range(1, 55).Select(i => (long)i), (await PagesAsync("?afterSequence=0&limit=20")).SelectMany(p => p));
        Assert.Equal(Enumerable.Range(1, 55).Select(i => (long)i), (await PagesAsync("?limit=20")).AsEnumerable().Reverse().SelectMany(p => p));
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), (await PagesAsync("?beforeSequence=41&limit=20")).AsEnumerable().Reverse().SelectMany(p => p));
        Assert.Equal([6, 7, 8], await SequencesAsync("?after=5&limit=3"));
        await amara.GetAsync(channel + "/messages?afterSequence=1&beforeSequence=9", UnprocessableEntity);

        // Page after page by the cursor, with the query it began with and without.
        async Task<List<List<long>>> PagesAsync(string query)
        {
            var pages = new List<List<long>>();
            for (var next = query; ;)
            {
                var page = await amara.GetAsync($"{channel}/messages{next}", OK);
                pages.Add([.. page.Items().Select(m => m.GetProperty("sequence").GetInt64())]);
                if (page.GetProperty("next").ValueKind == System.Text.Json.JsonValueKind.Null) return pages;
                next = (pages.Count % 2 == 0 ? query : "?limit=20") + $"&after={page.Text("next")}";
            }
        }

        async Task<IEnumerable<long>> SequencesAsync(string query) =>
            (await amara.GetAsync($"{channel}/messages{query}", OK)).Items().Select(m => m.GetProperty("sequence").GetInt64());
    }

    [Fact]
    public async Task Another_body_and_a_stranger_find_nothing()
    {
        var (amara, other, stranger) = (await web.ProgramAsync(Amara), await web.ProgramAsync(OtherBody), web.Stranger());
        var channel = await ChannelAsync(amara, "api-ours");
        var message = await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "ours" }, Created);
        var send = new { clientMessageId = Guid.NewGuid(), text = "theirs" };
        foreach (var (client, expected) in new[] { (other, NotFound), (stranger, Unauthorized) })
        {
            await client.GetAsync(channel, expected);
            await client.GetAsync(channel + "/messages", expected);
            await client.PostAsync(channel + "/messages", send, expected);
            await client.PutAsync(channel + "/members/me", new { }, expected);
            await client.PutAsync(channel + "/read", new { sequence = 1 }, expected);
            await client.PutAsync($"/messages/{message.Text("id")}", new { text = "x", version = 1 }, expected);
            await client.AskAsync(HttpMethod.Delete, $"/messages/{message.Text("id")}?version=1", null, expected);
        }
        Assert.DoesNotContain((await other.GetAsync("/conversations?joined=false&limit=200", OK)).Items(), c => c.Text("name") == "api-ours");
    }

    [Fact]
    public async Task Who_is_not_in_it_reads_and_joins_before_posting_and_only_the_author_edits()
    {
        var (amara, jonas) = (await web.ProgramAsync(Amara), await web.ProgramAsync(Jonas));
        var channel = await ChannelAsync(amara, "api-join");
        var message = "/messages/" + (await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "mine" }, Created)).Text("id");
        var send = new { clientMessageId = Guid.NewGuid(), text = "me too" };
        Assert.Contains((await jonas.GetAsync("/conversations?joined=false&limit=200", OK)).Items(), c => c.Text("name") == "api-join" && !c.GetProperty("canPost").GetBoolean());
        await jonas.PostAsync(channel + "/messages", send, Forbidden);
        await jonas.PutAsync(channel + "/members/me", new { }, OK);
        await jonas.PostAsync(channel + "/messages", send, Created);
        Assert.Contains((await amara.GetAsync("/conversations?limit=200", OK)).Items(), c => c.Text("name") == "api-join" && c.GetProperty("unread").GetInt64() == 1);
        await amara.PutAsync(channel + "/read", new { sequence = 2 }, OK);
        Assert.Equal(0, (await amara.GetAsync(channel, OK)).GetProperty("unread").GetInt64());

        await jonas.PutAsync(message, new { text = "his", version = 1 }, Forbidden);
        await jonas.AskAsync(HttpMethod.Delete, message + "?version=1", null, Forbidden);
        var edited = await amara.PutAsync(message, new { text = "mine, better", version = 1 }, OK);
        Assert.Equal(2, edited.GetProperty("version").GetInt32());
        var stale = await amara.PutAsync(message, new { text = "late", version = 1 }, Conflict);
        Assert.Equal("mine, better", stale.GetProperty("current").Text("text"));
        var gone = await amara.AskAsync(HttpMethod.Delete, message + "?version=2", null, OK);
        Assert.Equal(("", ""), (gone.Text("text"), gone.Text("html")));
        await jonas.AskAsync(HttpMethod.Delete, channel + "/members/me", null, NoContent);
        await jonas.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "gone" }, Forbidden);
    }

    [Fact]
    public async Task What_cannot_be_sent_names_its_field()
    {
        var amara = await web.ProgramAsync(Amara);
        var messages = await ChannelAsync(amara, "api-invalid") + "/messages";
        var id = Guid.NewGuid();
        await amara.PostAsync(messages, new { clientMessageId = id, text = new string('x', 10_000) }, Created);
        foreach (var (field, body) in new (string, object)[]
        {
            ("text", new { clientMessageId = Guid.NewGuid(), text = new string('x', 10_001) }), ("text", new { clientMessageId = Guid.NewGuid(), text = "" }),
            ("text", new { clientMessageId = Guid.NewGuid(), text = "a\0b" }), ("clientMessageId", new { text = "no id" }),
        })
            Assert.Equal(field, Assert.Single((await amara.PostAsync(messages, body, UnprocessableEntity)).GetProperty("errors").EnumerateObject()).Name);
        await amara.PostAsync(messages, new { clientMessageId = "not an id", text = "x" }, UnprocessableEntity);
        await amara.PostAsync("/conversations", new { kind = "channel", name = "" }, UnprocessableEntity);
        await amara.PostAsync("/conversations", new { kind = "party", name = "x" }, UnprocessableEntity);
        await amara.GetAsync($"/conversations/{Guid.NewGuid()}/messages", NotFound);
    }

    [Fact]
    public async Task A_direct_conversation_of_two_is_one_and_nobody_elses()
    {
        var (amara, jonas) = (await web.ProgramAsync(Amara), await web.ProgramAsync(Jonas));
        var (me, him) = ((await amara.GetAsync("/me", OK)).Text("id"), (await jonas.GetAsync("/me", OK)).Text("id"));
        // These two talk in the demonstration already.
        var first = await amara.PostAsync("/conversations", new { kind = "direct", people = new[] { him } }, OK);
        var again = await jonas.PostAsync("/conversations", new { kind = "direct", people = new[] { me } }, OK);
        Assert.Equal(first.Text("id"), again.Text("id"));
        Assert.Equal("Amara Osei", again.Text("name"));
        var third = await web.ProgramAsync("callum.fraser@northbridge.example");
        var made = await third.PostAsync("/conversations", new { kind = "direct", people = new[] { him } }, Created);
        Assert.Equal(made.Text("id"), (await jonas.PostAsync("/conversations", new { kind = "direct", people = new[] { (await third.GetAsync("/me", OK)).Text("id") } }, OK)).Text("id"));
        await third.GetAsync($"/conversations/{again.Text("id")}/messages", NotFound);
    }

    [Fact]
    public async Task A_channel_with_people_is_private_unless_an_audience_says_who_else_finds_it()
    {
        var (amara, jonas, third) = (await web.ProgramAsync(Amara), await web.ProgramAsync(Jonas), await web.ProgramAsync("callum.fraser@northbridge.example"));
        var people = new[] { (await jonas.GetAsync("/me", OK)).Text("id") };
        await amara.PostAsync("/conversations", new { kind = "channel", name = "api-private", people }, Created);
        await amara.PostAsync("/conversations", new { kind = "channel", name = "api-nobody", people, audience = Array.Empty<object>() }, Created);
        await amara.PostAsync("/conversations", new { kind = "channel", name = "api-our-body", people, audience = new[] { new { kind = "organisation" } } }, Created);
        Assert.Equal(["api-our-body"], Named(await third.GetAsync("/conversations?joined=false&limit=200", OK)));
        Assert.Equal(["api-nobody", "api-our-body", "api-private"], Named(await jonas.GetAsync("/conversations?limit=200", OK)));
        Assert.Empty(Named(await (await web.ProgramAsync(OtherBody)).GetAsync("/conversations?joined=false&limit=200", OK)));
        await amara.PostAsync("/conversations", new { kind = "channel", name = "api-no-unit", audience = new[] { new { kind = "unit" } } }, UnprocessableEntity);

        static IEnumerable<string> Named(System.Text.Json.JsonElement page) =>
            page.Items().Select(c => c.Text("name")).Where(n => n is "api-private" or "api-nobody" or "api-our-body").Order(StringComparer.Ordinal);
    }

    private static async Task<string> ChannelAsync(HttpClient maker, string name) =>
        "/conversations/" + (await maker.PostAsync("/conversations", new { kind = "channel", name }, Created)).Text("id");
}
