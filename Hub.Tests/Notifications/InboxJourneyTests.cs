using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Notifications;

/// <summary>One mentions, the other is told, opens it in its place and has read it everywhere.</summary>
[Collection(InBrowser.Name)]
public sealed class InboxJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task A_mention_is_chosen_by_keyboard_told_live_and_opened_in_its_place()
    {
        var (chat, amara) = (server.Get<ChatService>(), (await server.Get<PeopleService>().ActorByEmailAsync(Amara))!);
        var jonas = (await server.Get<PeopleService>().ActorByEmailAsync(Jonas))!;
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("mention-journey"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        var (one, two, phone) = (await server.SignInAsync(Amara), await server.SignInAsync(Jonas), await server.SignInAsync(Jonas, new() { ViewportSize = new() { Width = 390, Height = 844 } }));
        await two.GotoAsync(server.Address + "/inbox");
        await two.Locator(".hub[data-live]").WaitForAsync();
        await one.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(one.Locator(".composer[data-ready]")).ToBeVisibleAsync();

        var box = one.Locator("#composer-text");
        await box.PressSequentiallyAsync("Look, @jonas b");
        var first = one.Locator("[data-mentions] [role=option]").First;
        await Expect(first).ToContainTextAsync("Jonas Berg");
        await Expect(box).ToHaveAttributeAsync("aria-activedescendant", (await first.GetAttributeAsync("id"))!);
        await Axe.AssertCleanAsync(one);
        await one.Keyboard.PressAsync("Enter");
        await Expect(box).ToHaveValueAsync("Look, @Jonas Berg ");
        await one.Keyboard.TypeAsync("at the gate");
        await one.Keyboard.PressAsync("Enter");
        await Expect(one.Locator("li.message .said b")).ToHaveTextAsync("@Jonas Berg");

        var entry = two.Locator(".entry", new() { HasText = "mention-journey" });
        await Expect(entry).ToContainTextAsync("Amara Osei mentioned you in mention-journey");
        await Expect(entry.Locator(".fresh")).ToBeVisibleAsync();
        var badge = int.Parse(await two.Locator(".rail a[href='/inbox'] .badge [aria-hidden]").InnerTextAsync(), System.Globalization.CultureInfo.InvariantCulture);
        await Expect(phone.Locator(".bell .badge [aria-hidden]")).ToHaveTextAsync($"{badge}");
        await Axe.AssertCleanAsync(two);
        await Axe.AssertCleanAsync(phone);
        await entry.Locator("a").ClickAsync();
        await two.WaitForURLAsync($"{server.Address}/chat/{channel}?at=1");
        await Expect(two.Locator("li.message[data-seq='1']")).ToBeFocusedAsync();
        var left = phone.Locator(".bell .badge [aria-hidden]");
        if (badge == 1) await Expect(left).ToHaveCountAsync(0);
        else await Expect(left).ToHaveTextAsync($"{badge - 1}");
        foreach (var page in new[] { one, two, phone }) await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Choices_are_saved_and_are_there_on_the_next_page()
    {
        var page = await server.SignInAsync(Jonas);
        await page.GotoAsync(server.Address + "/inbox/preferences");
        await page.Locator("[data-preferences][data-ready]").WaitForAsync();
        await Expect(page.Locator(".notice")).ToContainTextAsync("sends no email");
        await page.Locator("[name=mail]").UncheckAsync();
        await page.Locator("#words").FillAsync("x");
        await page.Locator("main [type=submit]").ClickAsync();
        await Expect(page.Locator("[data-error]")).ToContainTextAsync("2 to 40 characters");
        await Expect(page.Locator("#words")).ToHaveValueAsync("x");
        await page.Locator("#words").FillAsync("tablet mount\n tablet mount \nrota");
        await page.Locator("main [type=submit]").ClickAsync();
        await Expect(page.Locator("[data-said]")).ToHaveTextAsync("Saved.");
        await Expect(page.Locator("#words")).ToHaveValueAsync("tablet mount\nrota");
        await page.RunAndWaitForResponseAsync(() => page.GetByLabel("night-shift").SelectOptionAsync("Everything"), r => r.Url.EndsWith("/alerts", StringComparison.Ordinal) && r.Ok);
        await page.ReloadAsync();
        await page.Locator("[data-preferences][data-ready]").WaitForAsync();
        await Expect(page.Locator("#words")).ToHaveValueAsync("tablet mount\nrota");
        await Expect(page.Locator("[name=mail]")).Not.ToBeCheckedAsync();
        await Expect(page.GetByLabel("night-shift")).ToHaveValueAsync("Everything");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_wakes_many_asks_first_and_the_text_stays_in_the_box()
    {
        var page = await server.SignInAsync(Amara);
        var amara = (await server.Get<PeopleService>().ActorByEmailAsync(Amara))!;
        var everyone = (await server.Get<PeopleService>().FindAsync(amara, "", limit: 50)).Value.Items.Where(p => p.Id != amara.PersonId).Take(35).Select(p => p.Id).ToList();
        Assert.Equal(35, everyone.Count);
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("crowd-journey", People: everyone))).Value.Id;
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        var box = page.Locator("#composer-text");
        await box.FillAsync("@channel we start at six ");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("[data-wakes-text]")).ToContainTextAsync("35 people");
        await Expect(box).ToHaveValueAsync("@channel we start at six ");
        await Axe.AssertCleanAsync(page);
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("[data-wakes]")).ToBeHiddenAsync();
        await Expect(box).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("[data-wakes-yes]").ClickAsync();
        await Expect(page.Locator("li.message .said")).ToContainTextAsync("we start at six");
        await Expect(box).ToHaveValueAsync("");
        await page.Context.CloseAsync();
    }
}
