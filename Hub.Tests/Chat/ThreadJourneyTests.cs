using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>Two people in one thread: reply, react by keyboard, pin, save, copy the link and follow it, in a real browser.</summary>
[Collection(InBrowser.Name)]
public sealed class ThreadJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task A_question_is_answered_in_its_thread_and_what_is_worth_it_is_kept()
    {
        var (chat, messages) = (server.Get<ChatService>(), server.Get<MessageService>());
        var (amara, jonas) = (await ActorAsync(Amara), await ActorAsync(Jonas));
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("thread-street"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        var root = (await messages.PostAsync(amara, channel, Guid.NewGuid(), "Is the **VPN** slow? :thinking:")).Value.Message;
        for (var i = 0; i < 30; i++) await messages.PostAsync(jonas, channel, Guid.NewGuid(), $"Something else {i}");
        var (one, two) = (await server.SignInAsync(Amara), await server.SignInAsync(Jonas));
        await one.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(one.Locator(".composer[data-ready]")).ToBeVisibleAsync();

        // Jonas comes by the message's own address, answers in its thread and for all.
        await two.GotoAsync($"{server.Address}/chat/m/{root.Id}");
        var asked = two.Locator($"li[data-id='{root.Id}']");
        await Expect(asked).ToBeFocusedAsync();
        await Expect(asked.Locator(".said")).ToHaveTextAsync("Is the VPN slow? 🤔");
        await asked.GetByRole(AriaRole.Button, new() { Name = "Reply in a thread" }).ClickAsync();
        var thread = two.Locator(".thread");
        await Expect(thread.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await thread.GetByRole(AriaRole.Textbox).FillAsync("Only for you");
        await two.Keyboard.PressAsync("Enter");
        await Expect(thread.Locator(".messages .said")).ToHaveTextAsync(["Only for you"]);
        await thread.GetByLabel("Also send to thread-street").CheckAsync();
        await thread.GetByRole(AriaRole.Textbox).FillAsync("It is back for everyone");
        await two.Keyboard.PressAsync("Enter");
        await Expect(one.Locator(".messages .said").Last).ToHaveTextAsync("It is back for everyone");
        await Expect(one.GetByText("Only for you")).ToHaveCountAsync(0);
        await Expect(one.Locator(".messages li.message").Last.Locator(".threadline")).ToHaveTextAsync("Reply in a thread");
        await Expect(thread.GetByRole(AriaRole.Button, new() { Name = "Following" })).ToHaveAttributeAsync("aria-pressed", "true");

        // Amara reacts with the keyboard alone; both see it, and it is hers to take back.
        await one.Locator(".scroller").FocusAsync();
        await one.Keyboard.PressAsync("ArrowUp");
        var last = one.Locator(".messages li.message").Last;
        await Expect(last).ToBeFocusedAsync();
        await one.Keyboard.PressAsync("Tab");
        await Expect(last.GetByRole(AriaRole.Link)).ToBeFocusedAsync();
        await one.Keyboard.PressAsync("Tab");
        await Expect(last.GetByRole(AriaRole.Button, new() { Name = "Add a reaction" })).ToBeFocusedAsync();
        await one.Keyboard.PressAsync("Enter");
        await Expect(one.GetByRole(AriaRole.Dialog, new() { Name = "Choose an emoji" })).ToBeVisibleAsync();
        await one.Keyboard.TypeAsync("party popper");
        await Expect(one.Locator(".emoji-picker section button").First).ToHaveTextAsync("🎉");
        await Axe.AssertCleanAsync(one);
        await one.Keyboard.PressAsync("Enter");
        var mine = last.GetByRole(AriaRole.Button, new() { Name = "party popper, 1: Amara Osei" });
        await Expect(mine).ToHaveAttributeAsync("aria-pressed", "true");
        var theirs = thread.Locator(".messages li.message").Last.GetByRole(AriaRole.Button, new() { Name = "party popper, 1: Amara Osei" });
        await Expect(theirs).ToHaveAttributeAsync("aria-pressed", "false");
        await theirs.ClickAsync();
        await Expect(mine).ToHaveCountAsync(0);
        await last.GetByRole(AriaRole.Button, new() { Name = "party popper, 2: Amara Osei, Jonas Berg" }).ClickAsync();
        await Expect(thread.GetByRole(AriaRole.Button, new() { Name = "party popper, 1: Jonas Berg" })).ToBeFocusedAsync();
        await Axe.AssertCleanAsync(two);

        // Pinned for both, saved for one; the lists lead back.
        await last.HoverAsync();
        await last.GetByRole(AriaRole.Button, new() { Name = "Pin for everyone here" }).ClickAsync();
        await Expect(last.Locator(".pinned")).ToBeVisibleAsync();
        await last.HoverAsync();
        await last.GetByRole(AriaRole.Button, new() { Name = "Save for yourself" }).ClickAsync();
        await Expect(last).ToHaveAttributeAsync("data-saved", "");
        await two.GotoAsync($"{server.Address}/chat/{channel}/pins");
        await Expect(two.Locator(".said")).ToHaveTextAsync(["It is back for everyone"]);
        await one.GotoAsync($"{server.Address}/chat/saved");
        await Expect(one.Locator(".said").First).ToHaveTextAsync("It is back for everyone");
        await one.Locator(".place").First.ClickAsync();
        await Expect(one.Locator(".thread li[data-target] .said")).ToHaveTextAsync("It is back for everyone");
        await one.GotoAsync($"{server.Address}/chat/threads");
        await Expect(one.Locator(".title > a").First).ToContainTextAsync("2 replies");
        await Axe.AssertCleanAsync(one);
        foreach (var page in new[] { one, two }) await page.Context.CloseAsync();
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
}
