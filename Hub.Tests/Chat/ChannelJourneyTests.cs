using System.Text.RegularExpressions;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>Making, finding, joining and leaving channels, and opening a direct conversation, in a real browser.</summary>
[Collection(InBrowser.Name)]
public sealed partial class ChannelJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string Callum = "callum.fraser@northbridge.example";

    [Fact]
    public async Task A_channel_made_with_people_is_found_and_joined_by_another_and_left_again()
    {
        var (one, two, three) = (await server.SignInAsync(Amara), await server.SignInAsync(Jonas), await server.SignInAsync(Callum));
        await two.GotoAsync(server.Address + "/chat");
        await Expect(two.Locator(".pane-list nav")).ToBeVisibleAsync();
        var address = await MakeAsync(one, "open-to-all", hidden: false);
        await Expect(two.Locator(".pane-list a", new() { HasText = "open-to-all" })).ToBeVisibleAsync();

        await three.GotoAsync(server.Address + "/chat/browse");
        await three.Locator(".hub[data-live]").WaitForAsync();
        await three.GetByRole(AriaRole.Button, new() { Name = "Join open-to-all" }).ClickAsync();
        await three.WaitForURLAsync(address);
        await Expect(three.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await Expect(one.Locator(".title .meta")).ToContainTextAsync("3 members");
        await three.Locator("#composer-text").FillAsync("May I come in?");
        await three.Keyboard.PressAsync("Enter");
        await Expect(one.Locator("li.message .said")).ToHaveTextAsync("May I come in?");

        await three.GetByRole(AriaRole.Button, new() { Name = "Leave" }).ClickAsync();
        await three.WaitForURLAsync(server.Address + "/chat/browse");
        await Expect(three.GetByRole(AriaRole.Button, new() { Name = "Join open-to-all" })).ToBeVisibleAsync();
        await Expect(three.Locator(".pane-list a", new() { HasText = "open-to-all" })).ToHaveCountAsync(0);
        await Expect(one.Locator(".title .meta")).ToContainTextAsync("2 members");
        foreach (var page in new[] { one, two, three }) await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_private_channel_is_there_for_those_added_and_for_nobody_else()
    {
        var (one, two, three) = (await server.SignInAsync(Amara), await server.SignInAsync(Jonas), await server.SignInAsync(Callum));
        Assert.True((await server.Get<ChatService>().CreateChannelAsync(await ActorAsync(Amara), new NewChannel("there-for-all"))).Ok);
        var address = await MakeAsync(one, "between-us", hidden: true);
        await two.GotoAsync(address);
        await Expect(two.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await three.GotoAsync(server.Address + "/chat/browse");
        // The list has come once the one that is there for all is in it.
        await Expect(three.GetByRole(AriaRole.Button, new() { Name = "Join there-for-all" })).ToBeVisibleAsync();
        await Expect(three.GetByRole(AriaRole.Button, new() { Name = "Join between-us" })).ToHaveCountAsync(0);
        await three.GotoAsync(address);
        await Expect(three.Locator(".pane-detail .empty")).ToContainTextAsync("it is not for you to see");
        foreach (var page in new[] { one, two, three }) await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Who_reads_a_channel_joins_it_there_writes_and_has_read_what_comes()
    {
        var (chat, amara, callum) = (server.Get<ChatService>(), await ActorAsync(Amara), await ActorAsync(Callum));
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("join-bar"))).Value.Id;
        var page = await server.SignInAsync(Callum);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.Locator(".joinbar button").ClickAsync();
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await Expect(page.Locator(".joinbar")).ToHaveCountAsync(0);
        await page.RunAndWaitForResponseAsync(
            () => server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), "Welcome"),
            r => r.Request.Method == "PUT" && r.Url.EndsWith($"/conversations/{channel}/read", StringComparison.Ordinal) && r.Ok);
        Assert.Equal(0, (await chat.GetAsync(callum, channel)).Value.Unread);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_direct_message_opens_the_one_conversation_from_wherever_one_comes()
    {
        var (one, other) = (await server.SignInAsync(Amara), await server.SignInAsync(Callum));
        var first = await DirectAsync(one, "Callum F", "Callum Fraser");
        await Expect(one.Locator("h1")).ToHaveTextAsync("Callum Fraser");
        await Expect(one.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        Assert.Equal(first, await DirectAsync(one, "Callum F", "Callum Fraser"));
        Assert.Equal(first, await DirectAsync(other, "Amara", "Amara Osei"));
        await one.GotoAsync($"{server.Address}/people/{(await ActorAsync(Callum)).PersonId}");
        await one.Locator(".hub[data-live]").WaitForAsync();
        await one.GetByRole(AriaRole.Link, new() { Name = "Message" }).ClickAsync();
        await one.WaitForURLAsync(first);
        await Expect(one.Locator("h1")).ToHaveTextAsync("Callum Fraser");
        await one.GotoAsync($"{server.Address}/chat/with/{Guid.NewGuid()}");
        await Expect(one.Locator("main")).ToContainTextAsync("does not exist");
        await one.Context.CloseAsync();
        await other.Context.CloseAsync();
    }

    [Fact]
    public async Task A_form_that_is_sent_before_its_script_has_come_goes_once_when_it_has()
    {
        var page = await server.SignInAsync("amara.osei@northbridge.example");
        var come = new TaskCompletionSource();
        await page.RouteAsync("**/Chat/NewPage.razor*.js*", async route =>
        {
            await come.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync($"{server.Address}/chat/new/channel");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.Locator("#new-name").FillAsync("early-bird");
        foreach (var key in new[] { "Enter", "Enter" }) await page.Keyboard.PressAsync(key);
        await Expect(page.Locator("#new-name")).ToHaveValueAsync("early-bird");
        Assert.EndsWith("/chat/new/channel", page.Url, StringComparison.Ordinal);
        come.SetResult();
        await page.WaitForURLAsync(Conversation());
        await Expect(page.Locator("h1")).ToHaveTextAsync("early-bird");
        var amara = await ActorAsync("amara.osei@northbridge.example");
        Assert.Single((await server.Get<ChatService>().ListAsync(amara, joined: true, limit: 200)).Value.Items, c => c.Name == "early-bird");
        await page.Context.CloseAsync();
    }

    // Amara makes it with Jonas in it; gives its address.
    private async Task<string> MakeAsync(IPage page, string name, bool hidden)
    {
        await NewAsync(page, "/chat/new/channel", "[data-channel][data-ready]");
        await page.Locator("#new-name").FillAsync(name);
        if (hidden) await page.Locator("[value=private]").CheckAsync();
        await page.Locator("#new-add").PressSequentiallyAsync("Jonas B");
        await page.Locator("[data-found=add] button", new() { HasText = "Jonas Berg" }).ClickAsync();
        await Expect(page.Locator("[data-chosen=add] button")).ToContainTextAsync("Jonas Berg");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create channel" }).ClickAsync();
        await page.WaitForURLAsync(Conversation());
        await Expect(page.Locator("h1")).ToHaveTextAsync(name);
        await Expect(page.Locator(".title .meta")).ToContainTextAsync("2 members");
        return page.Url;
    }

    private async Task<string> DirectAsync(IPage page, string typed, string name)
    {
        await NewAsync(page, "/chat/new", "[data-direct][data-ready]");
        await page.Locator("#new-person").PressSequentiallyAsync(typed);
        await page.Locator("[data-found=direct] button", new() { HasText = name }).ClickAsync();
        // Enter goes on, once somebody is chosen.
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(Conversation());
        return page.Url;
    }

    private async Task NewAsync(IPage page, string path, string ready)
    {
        await page.GotoAsync(server.Address + path);
        await Expect(page.Locator(ready)).ToBeVisibleAsync();
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;

    [GeneratedRegex("/chat/[0-9a-f-]{36}$")]
    private static partial Regex Conversation();
}
