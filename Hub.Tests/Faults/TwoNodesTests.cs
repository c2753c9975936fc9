using Hub.Tests.Api;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static System.Net.HttpStatusCode;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Faults;

/// <summary>Two people, each on a node of their own: what one does the other sees, whatever happens to what lies between.</summary>
[Collection(AmongFaults.Name), Trait("Category", "Faults")]
public sealed partial class TwoNodesTests(HubServer server, TwoNodes nodes, ITestOutputHelper output) : IClassFixture<TwoNodes>
{
    private const string Amara = "amara.osei@northbridge.example";
    private static readonly LocatorAssertionsToBeVisibleOptions Soon = new() { Timeout = 30_000 };

    private const string Reena = "reena.patel@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string Agent = "ewan.buchanan@northbridge.example";

    [Fact]
    public async Task What_one_writes_on_one_node_the_other_reads_on_the_other()
    {
        var (one, two, _) = await TalkAsync("across");
        await SayAsync(one, "from node one");
        await SeesAsync(two, "from node one");
        await SayAsync(two, "from node two");
        await SeesAsync(one, "from node two");
        await CloseAsync(one, two);
    }

    [Fact]
    public async Task A_direct_message_is_counted_on_every_device_of_the_other_and_read_on_all_of_them_at_once()
    {
        var (one, two, channel) = await TalkAsync("direct");
        var tablet = await nodes.SignInAsync(server.Browser, "one", Jonas);
        await OpenAsync(tablet, $"{nodes.Address}/chat/{channel}");
        var jonas = (await (await nodes.Two.ProgramsAsync([Jonas]))[0].GetAsync("/me", OK)).Text("id");
        await OpenAsync(one, $"{nodes.Address}/chat/with/{jonas}");
        await Expect(one.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        var unread = $".pane-list a[href='{new Uri(one.Url).AbsolutePath}'] .badge [aria-hidden]";
        await SayAsync(one, "to you alone");
        foreach (var device in new[] { two, tablet }) await Expect(device.Locator(unread)).ToHaveTextAsync("1", new() { Timeout = 30_000 });
        await OpenAsync(two, one.Url);
        await SeesAsync(two, "to you alone");
        await Expect(tablet.Locator(unread)).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        await CloseAsync(one, two, tablet);
    }

    [Fact]
    public async Task Articles_fixes_and_meetings_are_the_same_on_both()
    {
        var (reena, amara, jonas) = (await nodes.SignInAsync(server.Browser, "one", Reena), await nodes.SignInAsync(server.Browser, "two", Amara), await nodes.SignInAsync(server.Browser, "one", Jonas));

        // One publishes, the other finds it, opens it and says that it helped.
        await OpenAsync(reena, nodes.Address + "/articles/new");
        await reena.Locator("form.editor[data-ready]").WaitForAsync();
        await reena.GetByLabel("Title").FillAsync("Headset stays silent across nodes");
        await reena.Locator("#article-body").FillAsync("Plug it in **again**.");
        await reena.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await Expect(reena.Locator("article.reading h1")).ToHaveTextAsync("Headset stays silent across nodes");
        await OpenAsync(amara, nodes.Address + "/search?q=headset+silent+across");
        await amara.GetByRole(AriaRole.Link, new() { Name = "Headset stays silent across nodes" }).First.ClickAsync();
        await amara.GetByRole(AriaRole.Button, new() { Name = "Yes", Exact = true }).ClickAsync();
        await Expect(reena.GetByText("1 found this helpful, 0 did not")).ToBeVisibleAsync();

        // One books the other, who sees it and accepts, and the organiser sees that.
        await OpenAsync(jonas, nodes.Address + "/meetings?day=2034-05-02");
        await Expect(jonas.Locator(".week [data-day='2034-05-02']")).ToBeVisibleAsync();
        await OpenAsync(amara, nodes.Address + "/meetings/new");
        await Expect(amara.Locator("[name=date]")).Not.ToHaveValueAsync("");
        foreach (var (name, value) in new[] { ("title", "Handover across nodes"), ("date", "2034-05-02"), ("from", "09:30"), ("to", "10:00") }) await amara.Locator($"[name={name}]").FillAsync(value);
        await amara.Locator("#find").PressSequentiallyAsync("Jonas B");
        await Expect(amara.Locator("#found [data-email]").First).ToContainTextAsync(Jonas);
        await amara.Locator("#find").PressAsync("Enter");
        await amara.GetByRole(AriaRole.Button, new() { Name = "Book" }).ClickAsync();
        await Expect(amara.Locator("h1")).ToHaveTextAsync("Handover across nodes");
        await jonas.Locator(".week a.meeting", new() { HasText = "Handover across nodes" }).ClickAsync();
        await jonas.Locator("[data-answer=accepted]").ClickAsync();
        await Expect(amara.Locator($"[data-email='{Jonas}'] .chip")).ToHaveTextAsync("Accepted");

        // Begun on one device, followed and ended on another.
        await OpenAsync(amara, nodes.Address + "/fixes/mailbox-not-syncing");
        await amara.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await Expect(amara.Locator("#step-title")).ToHaveTextAsync("Send the mail settings to this phone again");
        var tablet = await nodes.SignInAsync(server.Browser, "one", Amara);
        await OpenAsync(tablet, amara.Url);
        await tablet.GetByRole(AriaRole.Button, new() { Name = "Go ahead" }).ClickAsync();
        await Expect(amara.Locator(".end .state")).ToHaveTextAsync("Fixed, checked", new() { Timeout = 30_000 });
        await Expect(tablet.Locator(".end .state")).ToHaveTextAsync("Fixed, checked");
        await CloseAsync(reena, amara, jonas, tablet);
    }

    [Fact]
    public async Task A_fix_that_is_left_half_way_and_does_not_help_reaches_a_person_on_the_other_node()
    {
        var (jonas, agent) = (await nodes.SignInAsync(server.Browser, "one", Jonas), await nodes.SignInAsync(server.Browser, "two", Agent));
        await OpenAsync(jonas, nodes.Address + "/fixes/slow-laptop");
        await jonas.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await Expect(jonas.GetByRole(AriaRole.Button, new() { Name = "Go ahead" })).ToBeVisibleAsync();
        var run = jonas.Url;
        await jonas.Context.CloseAsync();

        jonas = await nodes.SignInAsync(server.Browser, "one", Jonas);
        await OpenAsync(jonas, run);
        await jonas.GetByRole(AriaRole.Button, new() { Name = "Go ahead" }).ClickAsync();
        await Expect(jonas.Locator(".end .state")).ToHaveTextAsync("Not fixed", new() { Timeout = 30_000 });
        await OpenAsync(agent, nodes.Address + "/chat");
        await agent.GetByRole(AriaRole.Link, new() { Name = "it-help" }).First.ClickAsync();
        await Expect(agent.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await jonas.GetByRole(AriaRole.Button, new() { Name = "Get a person" }).ClickAsync();
        var card = agent.Locator("li.message", new() { HasText = "Jonas Berg" }).Locator("a.run", new() { HasText = "Slow laptop" }).Last;
        await Expect(card.Locator(".chip")).ToHaveTextAsync("Not fixed", new() { Timeout = 30_000 });
        await card.ClickAsync();
        await Expect(agent.Locator(".end .state")).ToHaveTextAsync("Not fixed");
        await CloseAsync(jonas, agent);
    }

    [Fact]
    public async Task Who_was_on_a_node_that_died_goes_on_on_the_other_with_what_was_typed()
    {
        var (one, two, _) = await TalkAsync("died");
        await SayAsync(two, "before");
        await SeesAsync(one, "before");
        await two.Locator("#composer-text").PressSequentiallyAsync("half a thought");
        var (hers, his) = (await PresenceAsync(two, Amara), await PresenceAsync(one, Jonas));
        foreach (var mark in new[] { hers, his }) await Expect(mark).ToHaveAttributeAsync("data-presence", "online");
        await hers.Page.CloseAsync();
        // Without a network he cannot be at once on the other node instead.
        await two.Context.SetOfflineAsync(true);
        await nodes.Two.KillAsync();
        await Expect(his).ToHaveAttributeAsync("data-presence", "offline", new() { Timeout = 10_000 });
        await two.Context.SetOfflineAsync(false);
        await Expect(his).ToHaveAttributeAsync("data-presence", "online", new() { Timeout = 30_000 });
        await SayAsync(one, "meanwhile");
        await SeesAsync(two, "meanwhile");
        // From here on the other node has it, and could be done without.
        await nodes.Two.StartAsync();
        await Expect(two.Locator(".composer[data-ready]")).ToBeVisibleAsync(Soon);
        await Expect(two.Locator("#composer-text")).ToHaveValueAsync("half a thought");
        await two.Keyboard.PressAsync("End");
        await two.Locator("#composer-text").PressSequentiallyAsync(", finished");
        await two.Keyboard.PressAsync("Enter");
        await SeesAsync(one, "half a thought, finished");
        await CloseAsync(one, two);
    }

    [Fact]
    public async Task A_node_that_is_told_to_end_hands_its_pages_to_the_other()
    {
        var (one, two, _) = await TalkAsync("moving");
        var booking = await one.Context.NewPageAsync();
        await OpenAsync(booking, nodes.Address + "/meetings/new");
        await Expect(booking.Locator("[name=date]")).Not.ToHaveValueAsync("");
        foreach (var (name, value) in new[] { ("title", "Half a meeting"), ("date", "2034-05-03"), ("from", "11:15") }) await booking.Locator($"[name={name}]").FillAsync(value);
        foreach (var page in new[] { one, booking })
            await page.EvaluateAsync("""
                () => {
                  window.stillTheSamePage = true;
                  window.told = [];
                  const line = document.querySelector('#hub-connection');
                  new MutationObserver(() => { if (line.textContent) window.told.push(line.textContent); }).observe(line, { childList: true, characterData: true, subtree: true });
                }
                """);
        await one.Locator("#composer-text").PressSequentiallyAsync("half a thought");
        Assert.Equal(0, await nodes.One.TerminateAsync());
        await nodes.One.StartAsync();
        await SayAsync(two, "meanwhile");
        await SeesAsync(one, "meanwhile");
        await Expect(one.Locator("#composer-text")).ToHaveValueAsync("half a thought");
        foreach (var page in new[] { one, booking })
        {
            await Expect(page.Locator("#hub-connection")).ToBeEmptyAsync(new() { Timeout = 30_000 });
            Assert.True(await page.EvaluateAsync<bool>("() => window.stillTheSamePage === true"));
            Assert.Equal(["Moving to another server. Your text is kept."], await page.EvaluateAsync<string[]>("() => window.told"));
        }
        foreach (var (name, value) in new[] { ("title", "Half a meeting"), ("date", "2034-05-03"), ("from", "11:15") }) await Expect(booking.Locator($"[name={name}]")).ToHaveValueAsync(value);
        await booking.GetByRole(AriaRole.Button, new() { Name = "Book" }).ClickAsync();
        await Expect(booking.Locator("h1")).ToHaveTextAsync("Half a meeting");
        await one.Locator("#composer-text").PressSequentiallyAsync(", finished");
        await one.Keyboard.PressAsync("Enter");
        await SeesAsync(two, "half a thought, finished");
        await CloseAsync(one, two);
    }

    [Fact]
    public async Task Without_Redis_people_go_on_and_are_told_and_nothing_is_missing_when_it_is_back()
    {
        var (one, two, _) = await TalkAsync("alone");
        await nodes.KillRedisAsync();
        await Expect(two.Locator("#hub-node")).Not.ToBeEmptyAsync(new() { Timeout = 15_000 });
        await SayAsync(one, "while Redis is away");
        await SeesAsync(two, "while Redis is away");
        await nodes.StartRedisAsync();
        await Expect(two.Locator("#hub-node")).ToBeEmptyAsync(new() { Timeout = 30_000 });
        await SayAsync(one, "with Redis again");
        await SeesAsync(two, "with Redis again");
        await Expect(two.Locator("li.message .said")).ToHaveTextAsync(["while Redis is away", "with Redis again"]);
        await CloseAsync(one, two);
    }

    private async Task<(IPage One, IPage Two, string Channel)> TalkAsync(string name)
    {
        var programs = await nodes.One.ProgramsAsync([Amara, Jonas]);
        var channel = (await programs[0].PostAsync("/conversations", new { kind = "channel", name }, Created)).Text("id");
        await programs[1].PutAsync($"/conversations/{channel}/members/me", new { }, OK);
        var (one, two) = (await nodes.SignInAsync(server.Browser, "one", Amara), await nodes.SignInAsync(server.Browser, "two", Jonas));
        foreach (var page in new[] { one, two })
        {
            await OpenAsync(page, $"{nodes.Address}/chat/{channel}");
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        }
        return (one, two, channel);
    }

    /// <summary>How the person of that browser sees somebody, on a page of its own.</summary>
    private async Task<ILocator> PresenceAsync(IPage of, string email)
    {
        var id = (await (await nodes.One.ProgramsAsync([email]))[0].GetAsync("/me", OK)).Text("id");
        var page = await of.Context.NewPageAsync();
        await OpenAsync(page, $"{nodes.Address}/people/{id}");
        return page.Locator(".person [data-presence]");
    }

    private static async Task OpenAsync(IPage page, string address)
    {
        await page.GotoAsync(address);
        await page.Locator(".hub[data-live]").WaitForAsync();
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.Locator("#composer-text").FillAsync(text);
        await page.Keyboard.PressAsync("Enter");
    }

    private static Task SeesAsync(IPage page, string text) => Expect(Said(page, text)).ToBeVisibleAsync(Soon);

    private static ILocator Said(IPage page, string text) => page.Locator("li.message .said", new() { HasText = text });

    private static async Task CloseAsync(params IPage[] pages)
    {
        foreach (var page in pages) await page.Context.CloseAsync();
    }
}
