using System.Text.RegularExpressions;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>Somebody finds what was said and opens it where it stands, with the keyboard and on a phone.</summary>
[Collection(InBrowser.Name)]
public sealed class MessageSearchJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task What_was_said_is_found_narrowed_down_and_opened_in_context()
    {
        var (chat, messages) = (server.Get<ChatService>(), server.Get<MessageService>());
        var (amara, jonas) = ((await server.Get<PeopleService>().ActorByEmailAsync(Amara))!, (await server.Get<PeopleService>().ActorByEmailAsync(Jonas))!);
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("search-street"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        var root = (await messages.PostAsync(amara, channel, Guid.NewGuid(), "The **capybara** van needs a new battery")).Value.Message;
        await messages.PostAsync(jonas, channel, new NewMessage(Guid.NewGuid(), "Which capybara?") { ThreadId = root.Id });
        for (var i = 0; i < 60; i++) await messages.PostAsync(jonas, channel, Guid.NewGuid(), $"capybara note {i}");

        // By keyboard, from the list of conversations.
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Control+Shift+F");
        var box = page.GetByRole(AriaRole.Searchbox, new() { Name = "Search messages" });
        await Expect(box).ToBeFocusedAsync();
        await Expect(page.Locator(".page .hint")).ToBeVisibleAsync();
        await page.Keyboard.TypeAsync("capybara");
        await page.Keyboard.PressAsync("Enter");
        var hits = page.Locator("a.hit");
        await Expect(hits).ToHaveCountAsync(50);
        await Expect(page.Locator(".page [role=status]")).ToHaveTextAsync("50 messages, the newest first");
        await Expect(hits.First).ToContainTextAsync("capybara note 59");
        await Expect(hits.First.Locator("mark")).ToHaveTextAsync("capybara");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show older ones" }).ClickAsync();
        await Expect(hits).ToHaveCountAsync(62);
        await Axe.AssertCleanAsync(page);

        // A hint writes its filter at the end of the words; a person who is not found is named.
        await page.GetByRole(AriaRole.Button, new() { Name = "from someone" }).ClickAsync();
        await Expect(box).ToHaveValueAsync("capybara from:");
        await Expect(box).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("zzqqxx");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("called “zzqqxx”");
        await Expect(box).ToHaveValueAsync("capybara from:zzqqxx");
        await Axe.AssertCleanAsync(page);
        await box.FillAsync("capybara from:\"amara osei\"");
        await page.Keyboard.PressAsync("Enter");
        await Expect(hits).ToHaveCountAsync(1);
        await Expect(hits.First).ToContainTextAsync("search-street");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await hits.First.PressAsync("Enter");
        await Expect(page.Locator($"li[data-id='{root.Id}'][data-target]")).ToBeFocusedAsync();

        // From an open conversation, and a reply in its thread.
        await page.GetByRole(AriaRole.Link, new() { Name = "Search in this conversation" }).ClickAsync();
        await Expect(box).ToHaveValueAsync("in:\"search-street\" ");
        await Expect(box).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("is:thread which");
        await page.Keyboard.PressAsync("Enter");
        await Expect(hits).ToHaveCountAsync(1);
        await page.Locator(".hub[data-live]").WaitForAsync();
        await hits.First.ClickAsync();
        await Expect(page.Locator(".thread li[data-target] .said")).ToHaveTextAsync("Which capybara?");
        await page.GoBackAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/chat/search"));
        await Expect(hits).ToHaveCountAsync(1);

        // Nothing found says what to do next, on a phone too.
        var phone = await server.SignInAsync(Jonas, new() { ViewportSize = new() { Width = 390, Height = 844 } });
        await phone.GotoAsync($"{server.Address}/chat/search?q=capybara%20wombat");
        await Expect(phone.GetByRole(AriaRole.Link, new() { Name = "Search everything" })).ToHaveAttributeAsync("href", "/search?q=capybara%20wombat");
        await phone.Locator(".hub[data-live]").WaitForAsync();
        await Axe.AssertCleanAsync(phone);
        await phone.GetByRole(AriaRole.Searchbox).FillAsync("\"van needs\" is:thread");
        await phone.Keyboard.PressAsync("Enter");
        await Expect(phone.Locator("a.hit .snippet")).ToHaveTextAsync("The capybara van needs a new battery");
        await Axe.AssertCleanAsync(phone);
        foreach (var open in new[] { page, phone }) await open.Context.CloseAsync();
    }

    [Fact]
    public async Task What_is_taken_back_goes_from_the_results_of_who_is_in_and_of_who_only_finds_it()
    {
        var (chat, messages, moderation) = (server.Get<ChatService>(), server.Get<MessageService>(), server.Get<ModerationService>());
        var (amara, jonas) = ((await server.Get<PeopleService>().ActorByEmailAsync(Amara))!, (await server.Get<PeopleService>().ActorByEmailAsync(Jonas))!);
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("taken-back"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        var said = new List<MessageRecord>();
        foreach (var text in new[] { "okapi one", "okapi two", "okapi three" }) said.Add((await messages.PostAsync(jonas, channel, Guid.NewGuid(), text)).Value.Message);
        // Mina is not in the channel, which everyone of the body finds.
        var pages = new List<IPage>();
        foreach (var who in new[] { Amara, "mina.kaya@northbridge.example" })
        {
            var page = await server.SignInAsync(who);
            await page.GotoAsync($"{server.Address}/chat/search?q=okapi");
            await page.Locator(".hub[data-live]").WaitForAsync();
            await Expect(page.Locator(".hit .snippet")).ToHaveTextAsync(["okapi three", "okapi two", "okapi one"]);
            pages.Add(page);
        }
        Assert.True((await moderation.HideAsync(amara, said[1].Id, "why")).Ok);
        foreach (var page in pages)
        {
            await Expect(page.Locator(".hit .snippet")).ToHaveTextAsync(["okapi three", "okapi one"]);
            await Expect(page.Locator(".page [role=status]")).ToHaveTextAsync("2 messages, the newest first");
        }
        Assert.True((await messages.DeleteAsync(jonas, said[2].Id, 1)).Ok);
        foreach (var page in pages) await Expect(page.Locator(".hit .snippet")).ToHaveTextAsync(["okapi one"]);
        Assert.True((await moderation.ShowAsync(amara, said[1].Id)).Ok);
        foreach (var page in pages) await Expect(page.Locator(".hit .snippet")).ToHaveTextAsync(["okapi two", "okapi one"]);
        foreach (var page in pages) await page.Context.CloseAsync();
    }
}
