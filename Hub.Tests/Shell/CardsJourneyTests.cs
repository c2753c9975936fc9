using Hub.Domain.Chat;
using Hub.Domain.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Shell;

/// <summary>The rail's numbers and the home page's cards follow what happens elsewhere, on a page that nobody touches.</summary>
[Collection(InBrowser.Name)]
public sealed class CardsJourneyTests(HubServer hub)
{
    [Fact]
    public async Task Unread_messages_are_counted_as_they_come_and_gone_once_read_on_another_device()
    {
        var directory = hub.Get<DirectoryService>();
        var body = await directory.AddOrganisationAsync("Body of cards", "cards.example");
        var uma = new Actor(await directory.AddPersonAsync(new NewPerson(body, "Uma Cards", "uma@cards.example", "Constable")));
        var otto = new Actor(await directory.AddPersonAsync(new NewPerson(body, "Otto Cards", "otto@cards.example", "Sergeant")));
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var channel = (await chat.CreateChannelAsync(otto, new NewChannel("cards-talk"))).Value.Id;
        await chat.JoinAsync(uma, channel);

        var (home, phone) = (await hub.SignInAsync("uma@cards.example"), await hub.SignInAsync("uma@cards.example"));
        var (badge, card) = (home.Locator(".rail a[href='/chat'] .badge"), home.Locator("section", new() { Has = home.Locator("#unread-title") }));
        await Expect(card).ToContainTextAsync("You have read everything.");
        await Expect(badge).ToHaveCountAsync(0);
        await messages.PostAsync(otto, channel, Guid.NewGuid(), "The **van** is back");
        await Expect(card.Locator("li")).ToContainTextAsync("cards-talk");
        await Expect(card.Locator("li")).ToContainTextAsync("The van is back");
        await Expect(badge).ToContainTextAsync("1 unread");
        await messages.PostAsync(otto, channel, Guid.NewGuid(), "Keys are in the safe");
        await Expect(card.Locator("li")).ToContainTextAsync("Keys are in the safe");
        await Expect(badge).ToContainTextAsync("2 unread");

        await phone.Locator("section", new() { Has = phone.Locator("#unread-title") }).GetByRole(AriaRole.Link, new() { Name = "cards-talk" }).ClickAsync();
        await Expect(phone.Locator("li.message .said").Last).ToHaveTextAsync("Keys are in the safe");
        await Expect(card).ToContainTextAsync("You have read everything.");
        await Expect(badge).ToHaveCountAsync(0);
        await Expect(phone.Locator(".rail a[href='/chat'] .badge")).ToHaveCountAsync(0);
        await home.Context.CloseAsync();
        await phone.Context.CloseAsync();
    }

    [Fact]
    public async Task Unfinished_fixes_are_counted_as_they_begin_and_gone_once_left()
    {
        const string Person = "carol.whitaker@northbridge.example";
        var (home, other) = (await hub.SignInAsync(Person), await hub.SignInAsync(Person));
        var (badge, card) = (home.Locator(".rail a[href='/fixes'] .badge"), home.Locator("section", new() { Has = home.Locator("#unfinished-fixes") }));
        await Expect(card).ToContainTextAsync("Nothing is waiting for you.");
        await Expect(badge).ToHaveCountAsync(0);

        await other.GotoAsync(hub.Address + "/fixes/cannot-join-wifi");
        await other.Locator(".hub[data-live]").WaitForAsync();
        await other.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await Expect(other.Locator("#step-title")).ToBeVisibleAsync();
        await Expect(card.GetByRole(AriaRole.Link, new() { Name = "Go on: Cannot join Wi-Fi" })).ToBeVisibleAsync();
        await Expect(badge).ToContainTextAsync("1 unfinished");

        await other.GetByRole(AriaRole.Button, new() { Name = "Leave it" }).ClickAsync();
        await Expect(card).ToContainTextAsync("Nothing is waiting for you.");
        await Expect(badge).ToHaveCountAsync(0);
        await home.Context.CloseAsync();
        await other.Context.CloseAsync();
    }
}
