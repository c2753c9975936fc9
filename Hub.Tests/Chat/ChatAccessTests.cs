using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>Every page and state of the room in both themes, on desktop and phone; and what has not been read.</summary>
[Collection(InBrowser.Name)]
public sealed class ChatAccessTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task Every_page_of_the_room_is_accessible_in_both_themes_on_desktop_and_phone()
    {
        var (chat, messages, jonas) = (server.Get<ChatService>(), server.Get<MessageService>(), await ActorAsync(Jonas));
        var open = (await chat.CreateChannelAsync(jonas, new NewChannel("access-open", "To be joined"))).Value.Id;
        var channel = (await chat.CreateChannelAsync(jonas, new NewChannel("access"))).Value.Id;
        var empty = (await chat.CreateChannelAsync(await ActorAsync(Amara), new NewChannel("access-empty"))).Value.Id;
        await chat.JoinAsync(await ActorAsync(Amara), channel);
        foreach (var text in new[] { "plain", "**bold** `code` ~~gone~~", "> quoted\n\n- one\n- two", "```\nfence\n```", "see https://hub.example/a" }) await messages.PostAsync(jonas, channel, Guid.NewGuid(), text);
        await messages.PostAsync(await ActorAsync(Amara), channel, Guid.NewGuid(), "mine");

        foreach (var phone in new[] { false, true })
        {
            var page = await server.SignInAsync(Amara, phone ? new() { ViewportSize = new() { Width = 390, Height = 844 }, IsMobile = true, HasTouch = true } : null);
            foreach (var (path, there) in new[]
            {
                ("/chat", ".pane-list h2"), ("/chat/browse", "li.row"), ("/chat/new", "h1"), ($"/chat/{channel}", ".composer[data-ready]"),
                ($"/chat/{empty}", ".composer[data-ready]"), ($"/chat/{open}", ".joinbar"), ($"/chat/{Guid.NewGuid()}", ".empty"),
            })
            {
                await page.GotoAsync(server.Address + path);
                await Expect(page.Locator(there).First).ToBeVisibleAsync();
                await page.Locator(".hub[data-live]").WaitForAsync();
                await Expect(page).ToHaveTitleAsync(new System.Text.RegularExpressions.Regex("."));
                await Axe.AssertCleanAsync(page);
                Assert.False(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"), $"{path} is wider than the screen");
            }
            // States: a message being edited, one that waits for the network.
            await page.GotoAsync($"{server.Address}/chat/{channel}");
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
            await page.Locator("li.message[data-mine]").First.FocusAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
            await Axe.AssertCleanAsync(page);
            await page.Context.SetOfflineAsync(true);
            await page.Locator("#composer-text").FillAsync("waits");
            await page.Locator("[data-send]").ClickAsync();
            await Expect(page.Locator("[data-pending] li")).ToHaveAttributeAsync("data-state", "waiting");
            await Axe.AssertCleanAsync(page);
            await page.Context.CloseAsync();
        }
    }

    [Fact]
    public async Task What_was_not_read_is_counted_marked_with_a_line_and_read_once_seen()
    {
        var (chat, messages, jonas, amara) = (server.Get<ChatService>(), server.Get<MessageService>(), await ActorAsync(Jonas), await ActorAsync(Amara));
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("unread-line"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        await messages.PostAsync(amara, channel, Guid.NewGuid(), "old");
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync($"{server.Address}/chat/browse");
        var link = page.Locator($".pane-list a[href='/chat/{channel}']", new() { HasText = "unread-line" });
        await Expect(link).ToBeVisibleAsync();
        await page.Locator(".hub[data-live]").WaitForAsync();
        foreach (var text in new[] { "new one", "new two" }) await messages.PostAsync(jonas, channel, Guid.NewGuid(), text);
        await Expect(link.Locator(".badge")).ToContainTextAsync("2");

        await page.RunAndWaitForResponseAsync(() => link.ClickAsync(), r => r.Url.EndsWith("/read", StringComparison.Ordinal));
        await Expect(page.Locator("li.new + li.message .said")).ToHaveTextAsync("new one");
        await Expect(link.Locator(".badge")).ToHaveCountAsync(0);
        Assert.Equal(0, (await chat.GetAsync(amara, channel)).Value.Unread);
        await page.ReloadAsync();
        await Expect(page.Locator("li.message")).ToHaveCountAsync(3);
        await Expect(page.Locator("li.new")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
}
