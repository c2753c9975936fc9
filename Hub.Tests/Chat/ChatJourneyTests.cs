using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>Two people and a channel of their own in a real browser.</summary>
[Collection(InBrowser.Name)]
public sealed class ChatJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task One_posts_the_other_sees_it_and_replies_and_both_pages_agree()
    {
        var channel = await ChannelAsync("journey-talk");
        var (one, two) = (await OpenAsync(Amara, channel), await OpenAsync(Jonas, channel));

        await WriteAsync(one, "VPN drops **every** ten minutes");
        await Expect(two.Locator("li.message .said strong")).ToHaveTextAsync("every");
        await WriteAsync(two, "Same here");
        await Expect(one.Locator("li.message")).ToHaveCountAsync(2);
        await Expect(two.Locator("li.message")).ToHaveCountAsync(2);
        Assert.Equal(await two.Locator("li.message .said").AllTextContentsAsync(), await one.Locator("li.message .said").AllTextContentsAsync());

        var mine = one.Locator("li.message[data-mine]");
        await mine.HoverAsync();
        await mine.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await mine.Locator("textarea").FillAsync("VPN drops hourly");
        await mine.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(two.Locator("li.message .said").First).ToHaveTextAsync("VPN drops hourly");
        await mine.HoverAsync();
        await mine.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await mine.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(two.Locator("li.message .gone")).ToHaveTextAsync("Message deleted");
        await one.Context.CloseAsync();
        await two.Context.CloseAsync();
    }

    [Fact]
    public async Task What_was_sent_without_network_and_in_a_closed_page_is_sent_once()
    {
        var channel = await ChannelAsync("journey-offline");
        var page = await OpenAsync(Amara, channel);
        await page.Context.SetOfflineAsync(true);
        await WriteAsync(page, "from the tunnel");
        await Expect(page.Locator("[data-pending] li")).ToHaveAttributeAsync("data-state", "waiting");
        await page.Context.SetOfflineAsync(false);
        await Expect(page.Locator("[data-pending] li")).ToHaveCountAsync(0);
        await Expect(page.Locator("li.message .said")).ToHaveTextAsync(["from the tunnel"]);

        var sent = await server.Get<MessageService>().PageAsync(await ActorAsync(Amara), channel);
        Assert.Equal(["from the tunnel"], sent.Value.Items.Select(m => m.Text));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Two_thousand_characters_typed_fast_arrive_whole()
    {
        var channel = await ChannelAsync("journey-long");
        var page = await OpenAsync(Amara, channel);
        var text = string.Concat(Enumerable.Range(0, 250).Select(i => $"{i:000} abc "))[..1999] + "z";
        await page.Locator("#composer-text").PressSequentiallyAsync(text, new() { Timeout = 120_000 });
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("li.message .said")).ToHaveTextAsync(text);

        var sent = await server.Get<MessageService>().PageAsync(await ActorAsync(Amara), channel);
        Assert.Equal([text], sent.Value.Items.Select(m => m.Text));
        await page.Context.CloseAsync();
    }

    private async Task<Guid> ChannelAsync(string name)
    {
        var chat = server.Get<ChatService>();
        var channel = (await chat.CreateChannelAsync(await ActorAsync(Amara), new NewChannel(name))).Value.Id;
        await chat.JoinAsync(await ActorAsync(Jonas), channel);
        return channel;
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;

    private async Task<IPage> OpenAsync(string email, Guid channel)
    {
        var page = await server.SignInAsync(email);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        // The page is alive once its module has been started by the circuit.
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        return page;
    }

    private static async Task WriteAsync(IPage page, string text)
    {
        await page.Locator("#composer-text").FillAsync(text);
        await page.Keyboard.PressAsync("Enter");
    }
}
