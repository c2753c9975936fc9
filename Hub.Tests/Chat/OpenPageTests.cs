using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>What an open page may not do: send twice, speak for who signed in after, mark as read what nobody saw, lead nowhere.</summary>
[Collection(InBrowser.Name)]
public sealed class OpenPageTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task Enter_pressed_twice_at_once_sends_once()
    {
        var channel = await ChannelAsync("open-twice");
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await page.Locator("#composer-text").FillAsync("only once");
        await page.EvaluateAsync("""
            () => {
              const box = document.getElementById('composer-text');
              for (let i = 0; i < 2; i++) box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
            }
            """);
        await page.Locator("#composer-text").FillAsync("and this after it");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("li.message .said").Last).ToHaveTextAsync("and this after it");
        Assert.Equal(["only once", "and this after it"], await TextsAsync(channel));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_page_left_open_speaks_for_nobody_who_signs_in_after()
    {
        var channel = await ChannelAsync("open-shared");
        var old = await server.SignInAsync(Amara);
        await old.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(old.Locator(".composer[data-ready]")).ToBeVisibleAsync();

        var other = await old.Context.NewPageAsync();
        await other.GotoAsync(server.Address);
        await other.Locator(".hub[data-live]").WaitForAsync();
        await other.Locator(".me summary").ClickAsync();
        await other.Locator("form[action='/signin/out'] button").ClickAsync();
        await other.Locator($"button[data-email='{Jonas}']").ClickAsync();
        await other.WaitForURLAsync(server.Address + "/");

        await old.Locator("#composer-text").FillAsync("Amara's own words");
        await old.Keyboard.PressAsync("Enter");
        await Expect(old.Locator("[data-pending] li")).ToHaveAttributeAsync("data-state", "signedOut");
        Assert.Empty(await TextsAsync(channel));
        Assert.Null(await server.Get<DraftService>().GetAsync(await ActorAsync(Jonas), $"message:{channel}"));

        // Signed in again, she goes on: her words leave as hers, once.
        await other.Locator(".hub[data-live]").WaitForAsync();
        await other.Locator(".me summary").ClickAsync();
        await other.Locator("form[action='/signin/out'] button").ClickAsync();
        await other.Locator($"button[data-email='{Amara}']").ClickAsync();
        await other.WaitForURLAsync(server.Address + "/");
        await other.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(other.Locator("li.message .said")).ToHaveTextAsync("Amara's own words");
        Assert.Equal(["Amara's own words"], await TextsAsync(channel));
        await old.Context.CloseAsync();
    }

    [Fact]
    public async Task On_a_phone_the_list_alone_marks_nothing_read()
    {
        var channel = await ChannelAsync("open-unread");
        await server.Get<MessageService>().PostAsync(await ActorAsync(Amara), channel, Guid.NewGuid(), "nobody has seen this");
        var page = await server.SignInAsync(Jonas, new() { ViewportSize = new() { Width = 390, Height = 844 } });
        var read = 0;
        page.Request += (_, r) => read += r.Url.EndsWith("/read", StringComparison.Ordinal) ? 1 : 0;
        await page.Clock.InstallAsync();
        await page.GotoAsync($"{server.Address}/chat");
        var row = page.Locator("a.row", new() { HasText = "open-unread" });
        await Expect(row.Locator(".badge")).ToBeVisibleAsync();
        await Expect(page.Locator(".composer[data-ready]")).ToBeAttachedAsync();
        await page.Clock.RunForAsync(2000);
        await Expect(row.Locator(".badge")).ToBeVisibleAsync();
        Assert.Equal(0, read);

        await row.ClickAsync();
        await Expect(page.Locator("li.message .said").Last).ToHaveTextAsync("nobody has seen this");
        await page.RunAndWaitForRequestAsync(() => page.Clock.RunForAsync(2000), r => r.Url.EndsWith("/read", StringComparison.Ordinal));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task At_400_percent_a_conversation_opens_at_its_newest_and_what_is_above_the_window_is_not_read()
    {
        var channel = await ChannelAsync("open-zoom");
        var (jonas, messages) = (await ActorAsync(Jonas), server.Get<MessageService>());
        for (var i = 1; i <= 12; i++) await messages.PostAsync(await ActorAsync(Amara), channel, Guid.NewGuid(), $"line {i}");
        var page = await server.SignInAsync(Jonas, new() { ViewportSize = new() { Width = 360, Height = 225 } });
        await page.Clock.InstallAsync();
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeAttachedAsync();
        await Expect(page.Locator("li.message .said").Last).ToBeInViewportAsync();
        await page.RunAndWaitForRequestAsync(() => page.Clock.RunForAsync(2000), r => r.Url.EndsWith("/read", StringComparison.Ordinal));

        // Who has gone back to the start stays there, and has not seen what comes meanwhile.
        await page.EvaluateAsync("() => { scrollTo(0, 0); }");
        await Expect(page.Locator(".talk h1")).ToBeInViewportAsync();
        await messages.PostAsync(await ActorAsync(Amara), channel, Guid.NewGuid(), "below the window");
        await Expect(page.Locator("li.message .said").Last).ToHaveTextAsync("below the window");
        await page.Clock.RunForAsync(2000);
        await Expect(page.Locator(".talk h1")).ToBeInViewportAsync();
        Assert.Equal(1, (await server.Get<ChatService>().ListAsync(jonas)).Value.Items.Single(c => c.Id == channel).Unread);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_can_be_done_stands_where_the_keys_are_and_for_whom_pointed_before_the_page_lived()
    {
        var channel = await ChannelAsync("open-tools");
        for (var i = 1; i <= 40; i++) await server.Get<MessageService>().PostAsync(await ActorAsync(Amara), channel, Guid.NewGuid(), $"line {i}");
        var page = await server.SignInAsync(Amara);
        var come = new TaskCompletionSource();
        await page.RouteAsync("**/MessageList.razor*.js", async route => { await come.Task; await route.ContinueAsync(); });
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        var rows = page.Locator("li.message");
        await rows.Last.HoverAsync();
        come.SetResult();
        await Expect(page.Locator(".rowtools")).ToBeVisibleAsync();

        // The list goes by under the pointer.
        await page.Locator(".scroller").FocusAsync();
        for (var i = 0; i < 25; i++) await page.Keyboard.PressAsync("ArrowUp");
        await Expect(rows.Nth(-25)).ToBeFocusedAsync();
        await Expect(rows.Nth(-25).Locator(".rowtools")).ToBeVisibleAsync();
        await rows.Nth(-24).HoverAsync();
        await Expect(rows.Nth(-24).Locator(".rowtools")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Long_words_are_followed_where_they_are_sent_edited_and_too_long()
    {
        var channel = await ChannelAsync("open-long");
        for (var i = 1; i <= 30; i++) await server.Get<MessageService>().PostAsync(await ActorAsync(Amara), channel, Guid.NewGuid(), $"line {i}");
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        var (box, jump, last) = (page.Locator("#composer-text"), page.Locator("[data-jump]"), page.Locator("li.message .said").Last);
        await box.FocusAsync();
        for (var i = 1; i <= 9; i++)
        {
            await page.Keyboard.TypeAsync($"row {i}");
            await page.Keyboard.PressAsync("Shift+Enter");
        }
        await Expect(jump).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(last).ToContainTextAsync("row 9");
        await Expect(last).ToBeInViewportAsync(new() { Ratio = 0.95f });
        await Expect(jump).ToBeHiddenAsync();

        await page.Locator("li.message[data-mine]").Last.HoverAsync();
        await page.Locator(".rowtools").GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await Expect(page.Locator(".rowtools .btn-primary")).ToBeInViewportAsync(new() { Ratio = 0.95f });
        await page.Keyboard.PressAsync("Escape");

        // What is too long is not cut, not sent, and says so.
        await box.FillAsync(new string('x', 10_001));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("[data-over]")).ToContainTextAsync("10,001");
        await Expect(box).ToHaveAttributeAsync("aria-invalid", "true");
        Assert.Equal(10_001, (await box.InputValueAsync()).Length);
        await box.FillAsync("short again");
        await Expect(page.Locator("[data-over]")).ToBeEmptyAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Without_a_network_the_page_says_so_at_once_and_is_not_left()
    {
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync(server.Address + "/fixes");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.Context.SetOfflineAsync(true);
        await Expect(page.Locator("#hub-connection")).ToContainTextAsync("Not connected");
        await page.Locator(".rail a[href='/articles']").ClickAsync();
        await Expect(page).ToHaveURLAsync(server.Address + "/fixes");
        await page.Context.SetOfflineAsync(false);
        await Expect(page.Locator("#hub-connection")).ToBeEmptyAsync();
        await page.Locator(".rail a[href='/articles']").ClickAsync();
        await Expect(page).ToHaveURLAsync(server.Address + "/articles");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_persons_page_leads_to_the_conversation_with_them_and_a_vain_search_to_a_person_who_helps()
    {
        var (page, jonas) = (await server.SignInAsync(Amara), (await ActorAsync(Jonas)).PersonId);
        await page.GotoAsync($"{server.Address}/people/{jonas}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.Locator($"a[href='/chat/with/{jonas}']").ClickAsync();
        await Expect(page.Locator(".talk h1")).ToHaveTextAsync("Jonas Berg");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();

        await page.GotoAsync($"{server.Address}/search?q=qqqqzzzz");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.Locator("main a[href='/chat/help']").ClickAsync();
        await Expect(page.Locator(".talk h1")).ToHaveTextAsync("it-help");

        await page.GotoAsync($"{server.Address}/chat/with/{Guid.NewGuid()}");
        await Expect(page.Locator(".empty a[href='/chat/browse']")).ToBeVisibleAsync();
        await Axe.AssertCleanAsync(page);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task An_edit_that_was_interrupted_goes_on_where_it_was()
    {
        var channel = await ChannelAsync("open-edit");
        await server.Get<MessageService>().PostAsync(await ActorAsync(Amara), channel, Guid.NewGuid(), "as it was sent");
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await EditAsync("as it was sent");
        await page.Locator("li.message textarea").FillAsync("half of a better");
        await page.ReloadAsync();
        await EditAsync("half of a better");
        await page.Context.CloseAsync();

        async Task EditAsync(string expected)
        {
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
            await page.Locator("li.message[data-mine]").HoverAsync();
            await page.Locator("li.message .rowtools").GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
            await Expect(page.Locator("li.message textarea")).ToHaveValueAsync(expected);
        }
    }

    private async Task<IEnumerable<string>> TextsAsync(Guid channel) =>
        (await server.Get<MessageService>().PageAsync(await ActorAsync(Amara), channel)).Value.Items.Select(m => m.Text);

    private async Task<Guid> ChannelAsync(string name)
    {
        var channel = (await server.Get<ChatService>().CreateChannelAsync(await ActorAsync(Amara), new NewChannel(name))).Value.Id;
        await server.Get<ChatService>().JoinAsync(await ActorAsync(Jonas), channel);
        return channel;
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
}
