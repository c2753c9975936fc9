using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Api;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static System.Net.HttpStatusCode;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>What people paste and send that is too much, nothing, a trick, or no longer theirs to say: each has its answer, and what came before stands.</summary>
public sealed class BadInputTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string Stranger = "marta.ribeiro-nunes@nbtransport.example";

    public static TheoryData<string, string> Kept => new()
    {
        { "lines", new string('\n', 9_999) + "x" }, { "zero-width", "\u200b\u200c\u200d\u2060\ufeff" }, { "turned round", "\u202egpj.exe\u202c \u2067right\u2069" }, { "marks", string.Concat(Enumerable.Repeat("Z\u0351\u034f\u0489", 2_000)) },
        { "deep", new string('>', 9_000) + " x" }, { "stars", new string('*', 10_000) }, { "brackets", string.Concat(Enumerable.Repeat("[x](", 2_500)) }, { "pipes", "|" + string.Concat(Enumerable.Repeat("a|", 4_000)) },
        { "half a pair", "\ud83d alone" }, { "script", "<script>alert(1)</script><img src=x onerror=alert(1)>" },
    };

    [Theory, MemberData(nameof(Kept))]
    public async Task What_is_only_strange_is_kept_as_it_was_typed(string what, string text)
    {
        var amara = await web.ProgramAsync(Amara);
        var channel = await ChannelAsync(amara, what);
        var sent = await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text }, Created);
        // JSON has no half of a pair: it arrives as the sign for what was lost.
        Assert.Equal(text.Replace("\ud83d alone", "\ufffd alone", StringComparison.Ordinal), sent.Text("text"));
        Assert.DoesNotContain("<script", sent.Text("html"), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", sent.Text("html"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_cannot_be_taken_names_what_to_do_and_leaves_the_rest()
    {
        var (amara, jonas, stranger) = (await web.ProgramAsync(Amara), await web.ProgramAsync(Jonas), await web.ProgramAsync(Stranger));
        var channel = await ChannelAsync(amara, "refusals");
        await jonas.PutAsync(channel + "/members/me", new { }, OK);
        await jonas.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "before" }, Created);

        await RefusedAsync(jonas, channel, "", UnprocessableEntity, "message.empty");
        await RefusedAsync(jonas, channel, new string('x', 10_001), UnprocessableEntity, "message.tooLong", "10000");
        await RefusedAsync(jonas, channel, new string('\n', 10_001), UnprocessableEntity, "message.tooLong", "10000");
        await RefusedAsync(jonas, channel, "a\0b", UnprocessableEntity, "text.nul");
        await RefusedAsync(jonas, channel, string.Join(' ', Enumerable.Repeat("@Amara Osei", 500)), UnprocessableEntity, "message.mentions", "50");
        await RefusedAsync(stranger, channel, "hello", NotFound, "notFound");
        await RefusedAsync(stranger, "/conversations/" + Guid.NewGuid(), "hello", NotFound, "notFound");

        await jonas.AskAsync(HttpMethod.Delete, channel + "/members/me", null, NoContent);
        await RefusedAsync(jonas, channel, "I have left", Forbidden, "chat.join");
        await amara.PostAsync(channel + "/archive", new { }, OK);
        await RefusedAsync(amara, channel, "too late", Forbidden, "chat.archived");
        Assert.Equal(["before"], (await amara.GetAsync(channel + "/messages", OK)).Items().Select(m => m.Text("text")));
    }

    private static async Task RefusedAsync(HttpClient who, string channel, string text, System.Net.HttpStatusCode status, string code, string said = "")
    {
        var answer = await who.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text }, status);
        Assert.Equal(code, answer.Text("code"));
        Assert.Contains(said, answer.Text("title"), StringComparison.Ordinal);
    }

    private static async Task<string> ChannelAsync(HttpClient maker, string name) =>
        "/conversations/" + (await maker.PostAsync("/conversations", new { kind = "channel", name = "bad-" + name.Replace(' ', '-') }, Created)).Text("id");
}

/// <summary>The same where it is seen.</summary>
[Collection(InBrowser.Name)]
public sealed class BadInputJourneyTests(HubServer server)
{
    [Fact]
    public async Task A_message_of_very_many_lines_opens_when_it_is_asked_to()
    {
        var (people, chat) = (server.Get<PeopleService>(), server.Get<ChatService>());
        var (amara, jonas) = ((await people.ActorByEmailAsync("amara.osei@northbridge.example"))!, (await people.ActorByEmailAsync("jonas.berg@northbridge.example"))!);
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("long-log"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        var page = await server.SignInAsync("amara.osei@northbridge.example", new() { ViewportSize = new() { Width = 390, Height = 844 } });
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await server.Get<MessageService>().PostAsync(jonas, channel, Guid.NewGuid(), "\n\nThe **log** of tonight\n" + string.Concat(Enumerable.Range(1, 1_500).Select(i => $"{i}\n")));
        await server.Get<MessageService>().PostAsync(jonas, channel, Guid.NewGuid(), "and what I make of it");

        var summary = page.Locator("li.message .tall > summary");
        await Expect(summary).ToHaveTextAsync("The log of tonight 1504 lines");
        await Expect(page.Locator("li.message .said").Last).ToBeInViewportAsync();
        await Expect(summary).ToBeInViewportAsync();
        await Axe.AssertCleanAsync(page);
        await summary.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("li.message .tall")).ToContainTextAsync("1499");
        Assert.True((await page.Locator("li.message .tall").BoundingBoxAsync())!.Height > 5_000);
        await page.Context.CloseAsync();
    }
}
