using Hub.Domain;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Chat;

/// <summary>Messages that are posted later, and reminders, over HTTP.</summary>
public sealed class LaterApiTests
{
    [Theory, Databases]
    public async Task A_program_schedules_changes_sends_and_is_reminded(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        var clock = web.Services.GetRequiredService<OffsetClock>();
        using var amara = await web.ProgramAsync("amara.osei@northbridge.example");
        using var jonas = await web.ProgramAsync("jonas.berg@northbridge.example");
        var channel = $"/conversations/{(await amara.PostAsync("/conversations", new { kind = "channel", name = "api-later" }, Created)).Text("id")}";
        var at = clock.Now().AddDays(1);
        var body = new { clientMessageId = Guid.NewGuid(), text = "Good morning", at };
        var made = await amara.PostAsync(channel + "/later", body, Created);
        Assert.Equal((body.clientMessageId.ToString(), "api-later", 1), (made.Text("id"), made.Text("conversation"), made.GetProperty("version").GetInt32()));
        Assert.Equal(made.Text("id"), (await amara.PostAsync(channel + "/later", body, OK)).Text("id"));
        Assert.Equal("message.used", (await amara.PostAsync(channel + "/later", new { body.clientMessageId, text = "Other", at }, Conflict)).Text("code"));
        Assert.Equal("later.at", (await amara.PostAsync(channel + "/later", new { clientMessageId = Guid.NewGuid(), text = "x" }, UnprocessableEntity)).Text("code"));
        Assert.Equal("later.at", (await amara.PostAsync(channel + "/later", new { clientMessageId = Guid.NewGuid(), text = "x", local = "soon" }, UnprocessableEntity)).Text("code"));
        await jonas.PostAsync(channel + "/later", new { clientMessageId = Guid.NewGuid(), text = "x", at }, Forbidden);
        await jonas.PostAsync($"/conversations/{Guid.NewGuid()}/later", body, NotFound);

        var path = $"/me/later/{made.Text("id")}";
        await jonas.GetAsync(path, NotFound);
        await amara.AskAsync(HttpMethod.Patch, path, new { text = "Good day" }, UnprocessableEntity);
        Assert.Equal("Good day", (await amara.AskAsync(HttpMethod.Patch, path, new { text = "Good day", version = 1 }, OK)).Text("text"));
        var stale = await amara.AskAsync(HttpMethod.Patch, path, new { text = "Good night", version = 1 }, Conflict);
        Assert.Equal("Good day", stale.GetProperty("current").Text("text"));
        var local = (await amara.GetAsync("/me/times", OK)).Items().Single(t => t.Text("name") == "tomorrow");
        Assert.EndsWith("T08:00", local.Text("local"), StringComparison.Ordinal);
        Assert.Equal(local.Text("at"), (await amara.AskAsync(HttpMethod.Patch, path, new { local = local.Text("local"), version = 2 }, OK)).Text("at"));
        Assert.Equal("later.local", (await amara.AskAsync(HttpMethod.Patch, path, new { local = "tomorrow", version = 3 }, UnprocessableEntity)).Text("code"));
        Assert.Single((await amara.GetAsync("/me/later", OK)).Items());
        Assert.Empty((await amara.GetAsync($"/me/later?conversation={Guid.NewGuid()}", OK)).Items());
        Assert.Equal("Good day", (await amara.PostAsync(path + "/send", new { version = 3 }, OK)).Text("text"));
        await amara.GetAsync(path, NotFound);
        Assert.Equal("later.sent", (await amara.PostAsync(channel + "/later", body, Conflict)).Text("code"));
        var second = await amara.PostAsync(channel + "/later", new { clientMessageId = Guid.NewGuid(), text = "Never", local = local.Text("local") }, Created);
        await amara.AskAsync(HttpMethod.Delete, $"/me/later/{second.Text("id")}?version=2", null, Conflict);
        await amara.AskAsync(HttpMethod.Delete, $"/me/later/{second.Text("id")}?version=1", null, NoContent);

        var message = (await amara.GetAsync(channel + "/messages", OK)).Items()[0].Text("id");
        Assert.Equal("reminder.empty", (await jonas.PostAsync("/me/reminders", new { at }, UnprocessableEntity)).Text("code"));
        await jonas.PostAsync("/me/reminders", new { at, messageId = Guid.NewGuid() }, NotFound);
        var reminder = await jonas.PostAsync("/me/reminders", new { at, messageId = message, note = "answer" }, Created);
        Assert.Equal("Good day", reminder.GetProperty("message").GetProperty("message").Text("text"));
        var mine = $"/me/reminders/{reminder.Text("id")}";
        await amara.GetAsync(mine, NotFound);
        Assert.Equal("answer her", (await jonas.AskAsync(HttpMethod.Patch, mine, new { note = "answer her", version = 1 }, OK)).Text("note"));
        await jonas.AskAsync(HttpMethod.Patch, mine, new { note = "x", version = 1 }, Conflict);
        Assert.Single((await jonas.GetAsync("/me/reminders", OK)).Items());
        clock.Advance(TimeSpan.FromHours(25));
        await web.Services.GetRequiredService<DueWorker>().WorkAsync("notifications.remind");
        using var later = await web.ProgramAsync("jonas.berg@northbridge.example");
        var entry = (await later.GetAsync("/inbox?show=unread", OK)).Items().Single(e => e.Text("kind") == "reminder");
        Assert.Equal(("answer her", "Good day"), (entry.Text("note"), entry.Text("text")));
        Assert.Empty((await later.GetAsync("/me/reminders", OK)).Items());
        await later.AskAsync(HttpMethod.Delete, mine + "?version=2", null, NoContent);
        Assert.DoesNotContain((await later.GetAsync("/inbox", OK)).Items(), e => e.Text("kind") == "reminder");
    }
}
