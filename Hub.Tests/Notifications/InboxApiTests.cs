using Hub.Domain.Storage;
using Hub.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Notifications;

/// <summary>/inbox and the mentions of /conversations over HTTP.</summary>
public sealed class InboxApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    [Fact]
    public async Task A_program_mentions_is_asked_and_reads_its_inbox()
    {
        var (amara, jonas) = (await web.ProgramAsync("amara.osei@northbridge.example"), await web.ProgramAsync("jonas.berg@northbridge.example"));
        var channel = $"/conversations/{(await amara.PostAsync("/conversations", new { kind = "channel", name = "api-mentions" }, Created)).Text("id")}";
        var found = (await amara.GetAsync(channel + "/mentions?q=jonas", OK)).Items();
        Assert.Equal(("person", "Jonas Berg", "Jonas Berg"), (found[0].Text("kind"), found[0].Text("name"), found[0].Text("write")));
        await jonas.GetAsync(channel + "/mentions?q=a", Forbidden);

        var wide = new { clientMessageId = Guid.NewGuid(), text = "@Corporate services, please read" };
        var count = await amara.PostAsync(channel + "/mentions/count", wide, OK);
        var asks = count.GetProperty("asks").GetBoolean();
        if (asks) Assert.Equal(count.GetProperty("people").GetInt32(), (await amara.PostAsync(channel + "/messages", wide, Conflict)).GetProperty("current").GetProperty("people").GetInt32());
        await amara.PostAsync(channel + "/messages", new { wide.clientMessageId, wide.text, confirmed = count.GetProperty("people").GetInt32() }, Created);
        var many = await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = string.Join(' ', Enumerable.Repeat("@here", 500)) }, UnprocessableEntity);
        Assert.Equal("message.mentions", many.Text("code"));
        Assert.Contains("500", many.Text("title"), StringComparison.Ordinal);

        await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "@jonas.berg hello" }, Created);
        await web.Services.GetRequiredService<DueWorker>().WorkAsync();
        var entry = (await jonas.GetAsync("/inbox?show=mentions", OK)).Items().Single(e => e.Text("text") == "@jonas.berg hello");
        Assert.Equal(("mention", false), (entry.Text("kind"), entry.GetProperty("read").GetBoolean()));
        await amara.PutAsync($"/inbox/{entry.Text("id")}/read", new { }, NotFound);
        await jonas.PutAsync($"/inbox/{entry.Text("id")}/read", new { }, NoContent);
        Assert.DoesNotContain((await jonas.GetAsync("/inbox?show=unread", OK)).Items(), e => e.Text("id") == entry.Text("id"));
        await jonas.PostAsync("/inbox/read-all", new { }, NoContent);
        Assert.Empty((await jonas.GetAsync("/inbox?show=unread", OK)).Items());
        await jonas.GetAsync("/inbox?show=nothing", UnprocessableEntity);
    }
}
