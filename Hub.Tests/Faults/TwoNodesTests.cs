using Hub.Tests.Api;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static System.Net.HttpStatusCode;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Faults;

/// <summary>Two people, each on a node of their own: what one does the other sees, whatever happens to what lies between.</summary>
[Collection(InBrowser.Name), Trait("Category", "Faults")]
public sealed class TwoNodesTests(HubServer server, TwoNodes nodes) : IClassFixture<TwoNodes>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task What_one_writes_on_one_node_the_other_reads_on_the_other()
    {
        var (one, two, _) = await TalkAsync("across");
        await SayAsync(one, "from node one");
        await Expect(Said(two, "from node one")).ToBeVisibleAsync();
        await SayAsync(two, "from node two");
        await Expect(Said(one, "from node two")).ToBeVisibleAsync();
        await CloseAsync(one, two);
    }

    [Fact]
    public async Task A_node_that_is_told_to_end_hands_its_pages_to_the_other()
    {
        var (one, two, _) = await TalkAsync("moving");
        await one.EvaluateAsync("() => { window.stillTheSamePage = true; }");
        await one.Locator("#composer-text").PressSequentiallyAsync("half a thought");
        Assert.Equal(0, await nodes.One.TerminateAsync());
        await SayAsync(two, "meanwhile");
        await Expect(Said(one, "meanwhile")).ToBeVisibleAsync();
        await Expect(one.Locator("#composer-text")).ToHaveValueAsync("half a thought");
        Assert.True(await one.EvaluateAsync<bool>("() => window.stillTheSamePage === true"));
        await one.Locator("#composer-text").PressSequentiallyAsync(", finished");
        await one.Keyboard.PressAsync("Enter");
        await Expect(Said(two, "half a thought, finished")).ToBeVisibleAsync();
        await nodes.One.StartAsync();
        await CloseAsync(one, two);
    }

    [Fact]
    public async Task Without_Redis_people_go_on_and_are_told_and_nothing_is_missing_when_it_is_back()
    {
        var (one, two, _) = await TalkAsync("alone");
        await nodes.KillRedisAsync();
        await Expect(two.Locator("#hub-node")).Not.ToBeEmptyAsync();
        await SayAsync(one, "while Redis is away");
        await Expect(Said(two, "while Redis is away")).ToBeVisibleAsync();
        await nodes.StartRedisAsync();
        await Expect(two.Locator("#hub-node")).ToBeEmptyAsync(new() { Timeout = 20_000 });
        await SayAsync(one, "with Redis again");
        await Expect(Said(two, "with Redis again")).ToBeVisibleAsync();
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
            await page.GotoAsync($"{nodes.Address}/chat/{channel}");
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        }
        return (one, two, channel);
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.Locator("#composer-text").FillAsync(text);
        await page.Keyboard.PressAsync("Enter");
    }

    private static ILocator Said(IPage page, string text) => page.Locator("li.message .said", new() { HasText = text });

    private static async Task CloseAsync(params IPage[] pages)
    {
        foreach (var page in pages) await page.Context.CloseAsync();
    }
}
