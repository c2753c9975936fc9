using System.Net;
using Hub.Tests.Api;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Chat;

/// <summary>/conversations: the directory, members, roles, the end of a channel, as programs see them.</summary>
public sealed class ChannelApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string Callum = "callum.fraser@northbridge.example";

    [Fact]
    public async Task A_channel_is_run_by_its_owner_and_by_those_who_were_named()
    {
        var (amara, jonas, callum) = (await web.ProgramAsync(Amara), await web.ProgramAsync(Jonas), await web.ProgramAsync(Callum));
        var (him, third) = ((await jonas.GetAsync("/me", OK)).Text("id"), (await callum.GetAsync("/me", OK)).Text("id"));
        var made = await amara.PostAsync("/conversations", new { kind = "channel", name = "api-run", people = new[] { him }, announcements = true }, Created);
        Assert.Equal(("owner", true, true), (made.Text("role"), made.GetProperty("canPost").GetBoolean(), made.GetProperty("announcements").GetBoolean()));
        var channel = "/conversations/" + made.Text("id");
        var send = new { clientMessageId = Guid.NewGuid(), text = "may I?" };
        Assert.Equal("chat.announcements", (await jonas.PostAsync(channel + "/messages", send, Forbidden)).Text("code"));
        await callum.GetAsync(channel + "/about", NotFound);
        await jonas.PostAsync(channel + "/members", new { people = new[] { third } }, Forbidden);
        await jonas.PutAsync(channel, new { name = "his", topic = "", version = 0 }, Forbidden);
        Assert.Equal("moderator", (await amara.PutAsync($"{channel}/members/{him}", new { role = "moderator" }, OK)).Text("role"));
        await jonas.PostAsync(channel + "/messages", send, Created);
        Assert.Equal(["Callum Fraser"], (await jonas.PostAsync(channel + "/members", new { people = new[] { third, him } }, OK)).Items().Select(p => p.Text("name")));
        Assert.Equal(3, (await callum.GetAsync(channel + "/members", OK)).Items().Count);
        Assert.Single((await callum.GetAsync(channel + "/members?q=callum", OK)).Items());
        await jonas.PutAsync(channel, new { name = "no version" }, UnprocessableEntity);
        Assert.Equal(1, (await jonas.PutAsync(channel, new { name = "api-ran", topic = "new", version = 0 }, OK)).GetProperty("detailsVersion").GetInt32());
        Assert.Equal("api-ran", (await amara.PutAsync(channel, new { name = "late", topic = "", version = 0 }, Conflict)).GetProperty("current").Text("name"));
        var about = await callum.GetAsync(channel + "/about", OK);
        Assert.Equal("Amara Osei", about.GetProperty("leaders")[0].Text("name"));

        await amara.PutAsync(channel + "/announcements", new { on = false }, OK);
        await callum.PutAsync(channel + "/mute", new { muted = true }, OK);
        Assert.Equal(System.Text.Json.JsonValueKind.String, (await callum.GetAsync(channel, OK)).GetProperty("mutedAt").ValueKind);
        await callum.PostAsync(channel + "/archive", new { }, Forbidden);
        await amara.PostAsync(channel + "/archive", new { }, OK);
        Assert.Equal("chat.archived", (await callum.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "late" }, Forbidden)).Text("code"));
        Assert.Contains((await callum.GetAsync("/conversations/directory?archived=true&q=api-ran&sort=size", OK)).Items(), c => c.Text("name") == "api-ran");
        await amara.PostAsync(channel + "/unarchive", new { }, OK);
        await amara.AskAsync(HttpMethod.Delete, $"{channel}/members/{third}", null, NoContent);
        await callum.GetAsync(channel, NotFound);
        await callum.GetAsync("/conversations/directory?after=nonsense", UnprocessableEntity);
        await amara.AskAsync(HttpMethod.Delete, channel + "/members/me", null, Forbidden);
    }

    [Fact]
    public async Task A_direct_conversation_of_several_is_one_and_named_after_the_others()
    {
        var (amara, jonas, callum) = (await web.ProgramAsync(Amara), await web.ProgramAsync(Jonas), await web.ProgramAsync(Callum));
        var (her, him, third) = ((await amara.GetAsync("/me", OK)).Text("id"), (await jonas.GetAsync("/me", OK)).Text("id"), (await callum.GetAsync("/me", OK)).Text("id"));
        var made = await jonas.PostAsync("/conversations", new { kind = "direct", people = new[] { her, third } }, Created);
        Assert.Equal("Amara Osei, Callum Fraser", made.Text("name"));
        Assert.Equal(made.Text("id"), (await callum.PostAsync("/conversations", new { kind = "direct", people = new[] { him, her } }, OK)).Text("id"));
        await amara.PostAsync($"/conversations/{made.Text("id")}/members", new { people = new[] { third } }, Forbidden);
        await amara.PostAsync("/conversations", new { kind = "direct", people = Array.Empty<string>() }, UnprocessableEntity);
        await amara.PostAsync("/conversations", new { kind = "direct", people = Enumerable.Range(0, 9).Select(_ => Guid.NewGuid()) }, UnprocessableEntity);
    }
}
