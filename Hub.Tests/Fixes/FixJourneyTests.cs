using Hub.Domain.Fixes;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Fixes;

/// <summary>The one journey that decides, in a real browser: a fix begun on a phone, ended elsewhere; and one that a person takes over.</summary>
[Collection(InBrowser.Name)]
public sealed class FixJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string Lea = "lea.schmidt@northbridge.example";
    private const string Agent = "ewan.buchanan@northbridge.example";

    // The simulated tenant answers within six seconds; a node looks every second or two.
    private static readonly LocatorAssertionsToHaveTextOptions Soon = new() { Timeout = 40_000 };

    private static BrowserNewContextOptions Phone => new() { ViewportSize = new() { Width = 390, Height = 844 }, HasTouch = true, IsMobile = true, TimezoneId = "Europe/London" };

    [Fact]
    public async Task Begun_on_a_phone_it_goes_on_elsewhere_from_home_and_ends_healed_and_checked()
    {
        var phone = await server.SignInAsync(Amara, Phone);
        await phone.GotoAsync(server.Address + "/fixes/mailbox-not-syncing");
        await phone.Locator(".hub[data-live]").WaitForAsync();
        await phone.GetByRole(AriaRole.Button, new() { Name = "Start" }).TapAsync();
        await Expect(phone.Locator("#step-title")).ToHaveTextAsync("Send the mail settings to this phone again");
        await Expect(phone.Locator(".number")).ToHaveTextAsync("Step 4 of about 5 · changes something");
        await Expect(phone.Locator(".timeline .found")).ToContainTextAsync("has not synced mail since your password change");
        var address = phone.Url;
        await phone.Context.CloseAsync();

        var desk = await server.SignInAsync(Amara);
        var card = desk.Locator("section", new() { Has = desk.Locator("#unfinished-fixes") });
        await Expect(card).ToContainTextAsync("Send the mail settings to this phone again");
        await card.GetByRole(AriaRole.Link, new() { Name = "Go on: Mailbox not syncing on a phone" }).ClickAsync();
        await desk.WaitForURLAsync(address);
        await Expect(desk.Locator(".timeline .done")).ToHaveCountAsync(2);
        await desk.GetByRole(AriaRole.Button, new() { Name = "Go ahead" }).ClickAsync();
        await Expect(desk.Locator(".end .state")).ToHaveTextAsync("Fixed, checked", Soon);
        await Expect(desk.Locator(".end h2")).ToHaveTextAsync("Mail arrives on your phone again");
        await Expect(desk.Locator(".end h2")).ToBeFocusedAsync();
        await Expect(desk.Locator(".timeline .done", new() { HasText = "The phone has synced mail" })).ToBeVisibleAsync();
        await desk.GotoAsync(server.Address + "/");
        await Expect(desk.Locator(".hub[data-live]")).ToBeVisibleAsync();
        await Expect(card).ToContainTextAsync("Nothing is waiting for you.");

        var run = (await server.Get<RunService>().GetAsync(await ActorAsync(Amara), Guid.Parse(address.Split('/')[^1]))).Value;
        Assert.Equal((RunState.Fixed, true), (run.State, run.Verified));
        await desk.Context.CloseAsync();
    }

    [Fact]
    public async Task What_could_not_be_healed_goes_to_a_person_who_sees_every_step_in_the_help_channel()
    {
        var (runner, agent) = (await server.SignInAsync(Jonas), await server.SignInAsync(Agent));
        await StartAsync(runner, "slow-laptop");
        await runner.GetByRole(AriaRole.Button, new() { Name = "Go ahead" }).ClickAsync();
        await Expect(runner.Locator(".end .state")).ToHaveTextAsync("Not fixed", Soon);

        await agent.GotoAsync(server.Address + "/chat");
        await agent.GetByRole(AriaRole.Link, new() { Name = "it-help" }).First.ClickAsync();
        await Expect(agent.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await runner.GetByRole(AriaRole.Button, new() { Name = "Get a person" }).ClickAsync();
        await Expect(await CardAtHelpAsync(runner, "Slow laptop")).ToHaveTextAsync("Not fixed");
        await runner.GoBackAsync();
        await Expect(runner.Locator(".handed")).ToContainTextAsync("Passed on to a person");
        await Expect(runner.GetByRole(AriaRole.Button, new() { Name = "Get a person" })).ToHaveCountAsync(0);

        var card = agent.Locator("li.message", new() { HasText = "Jonas Berg" }).Locator("a.run", new() { HasText = "Slow laptop" }).Last;
        await Expect(card.Locator(".chip")).ToHaveTextAsync("Not fixed");
        await card.ClickAsync();
        await Expect(agent.Locator(".end .state")).ToHaveTextAsync("Not fixed");
        await Expect(agent.Locator(".timeline .found").First).ToBeVisibleAsync();
        await Expect(agent.GetByRole(AriaRole.Button, new() { Name = "Get a person" })).ToHaveCountAsync(0);
        await runner.Context.CloseAsync();
        await agent.Context.CloseAsync();
    }

    [Fact]
    public async Task A_run_passed_on_while_it_works_changes_its_card_before_the_agents_eyes()
    {
        var (runner, agent) = (await server.SignInAsync(Amara), await server.SignInAsync(Agent));
        await agent.GotoAsync(server.Address + "/chat");
        await agent.GetByRole(AriaRole.Link, new() { Name = "it-help" }).First.ClickAsync();
        await Expect(agent.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await StartAsync(runner, "virtual-desktop-stuck");
        await runner.GetByRole(AriaRole.Button, new() { Name = "Go ahead" }).ClickAsync();
        await Expect(runner.Locator(".step [role=status]")).ToContainTextAsync("Working on it");
        await runner.GetByRole(AriaRole.Button, new() { Name = "Get a person instead" }).ClickAsync();
        await Expect(await CardAtHelpAsync(runner, "Virtual desktop")).ToHaveTextAsync("Working");

        var chip = agent.Locator("li.message", new() { HasText = "Amara Osei" }).Locator("a.run", new() { HasText = "Virtual desktop" }).Last.Locator(".chip");
        await Expect(chip).ToHaveTextAsync("Working");
        await Expect(chip).ToHaveTextAsync("Fixed, checked", Soon);
        await runner.Context.CloseAsync();
        await agent.Context.CloseAsync();
    }

    [Fact]
    public async Task Every_page_and_every_state_of_a_run_is_accessible_in_both_themes_on_desktop_and_phone()
    {
        // His Wi-Fi settings are in place, so that he is asked to do something; his laptop stays full.
        var jonas = await server.SignInAsync(Jonas);
        await CleanAsync(jonas, "/fixes", "li.card");
        await CleanAsync(jonas, "/fixes/no-such-fix", "h1");
        await CleanAsync(jonas, "/fixes/cannot-join-wifi", ".what li");
        await StartAsync(jonas, "cannot-join-wifi");
        await CleanAsync(jonas, null, ".answers .btn");
        await jonas.GetByRole(AriaRole.Button, new() { Name = "My laptop" }).ClickAsync();
        await Expect(jonas.Locator("#step-title")).ToHaveTextAsync("Switch Wi-Fi off and on");
        await CleanAsync(jonas, null, ".answers .btn");
        await CleanAsync(jonas, "/", "#unfinished-fixes");
        await jonas.GetByRole(AriaRole.Link, new() { Name = "Go on: Cannot join Wi-Fi" }).ClickAsync();
        await jonas.GetByRole(AriaRole.Button, new() { Name = "Leave it" }).ClickAsync();
        await Expect(jonas.Locator(".end .state")).ToHaveTextAsync("Left unfinished");
        await CleanAsync(jonas, null, ".end");
        await StartAsync(jonas, "slow-laptop");
        await CleanAsync(jonas, null, ".step dl");
        await jonas.GetByRole(AriaRole.Button, new() { Name = "Go ahead" }).ClickAsync();
        await CleanAsync(jonas, null, ".step [role=status], .end");
        await Expect(jonas.Locator(".end .state")).ToHaveTextAsync("Not fixed", Soon);
        await CleanAsync(jonas, null, ".end .btn");
        await jonas.Context.CloseAsync();

        // Not Amara: her phone must stay as the other journey finds it.
        var lea = await server.SignInAsync(Lea);
        await StartAsync(lea, "cannot-join-wifi");
        await lea.GetByRole(AriaRole.Button, new() { Name = "My laptop" }).ClickAsync();
        await lea.GetByRole(AriaRole.Button, new() { Name = "Go ahead" }).ClickAsync();
        await Expect(lea.Locator(".end .state")).ToHaveTextAsync("Fixed, checked", Soon);
        await CleanAsync(lea, null, ".end.healed");
        await lea.Context.CloseAsync();
    }

    private async Task StartAsync(IPage page, string slug)
    {
        await page.GotoAsync($"{server.Address}/fixes/{slug}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await Expect(page.Locator("#step-title")).ToBeVisibleAsync();
        await Expect(page.Locator(".answers .btn").First).ToBeEnabledAsync();
    }

    // "Get a person" brings one there: the help channel, with one's run under one's own words.
    private async Task<ILocator> CardAtHelpAsync(IPage runner, string fix)
    {
        await runner.WaitForURLAsync(new System.Text.RegularExpressions.Regex("/chat/[0-9a-f-]{36}$"));
        await Expect(runner.Locator("h1")).ToHaveTextAsync("it-help");
        await Expect(runner.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        var mine = runner.Locator("li.message[data-mine]").Last;
        await Expect(mine.Locator("a.run")).ToContainTextAsync(fix);
        return mine.Locator("a.run .chip");
    }

    private async Task CleanAsync(IPage page, string? path, string there)
    {
        if (path is not null) await page.GotoAsync(server.Address + path);
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator(there).First).ToBeVisibleAsync();
        await Expect(page).ToHaveTitleAsync(new System.Text.RegularExpressions.Regex("."));
        foreach (var (width, height) in new[] { (390, 844), (1440, 900) })
        {
            await page.SetViewportSizeAsync(width, height);
            await Axe.AssertCleanAsync(page);
            Assert.False(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"), page.Url + " is wider than the screen");
        }
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
}
