using System.Globalization;
using Hub.Tests.Api;
using Microsoft.Playwright;
using static System.Net.HttpStatusCode;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Faults;

/// <summary>A day's work of two people on two nodes and of one on a phone with a bad signal, who loses every second answer to what he sends.</summary>
public sealed partial class TwoNodesTests
{
    [Fact]
    public async Task A_day_of_two_people_on_two_nodes_and_one_on_a_phone_with_a_bad_signal()
    {
        var (amara, ewan) = (await nodes.SignInAsync(server.Browser, "one", Amara), await nodes.SignInAsync(server.Browser, "two", Agent));
        var phone = await nodes.SignInAsync(server.Browser, "two", Jonas, new() { Width = 390, Height = 844 });
        var signal = await BadSignalTests.SlowAsync(phone);
        var sends = 0;
        await phone.RouteAsync("**/api/v1/conversations/*/messages", async route =>
        {
            if (route.Request.Method != "POST" || ++sends % 2 == 0)
            {
                await route.ContinueAsync();
                return;
            }
            await route.FetchAsync();
            await route.AbortAsync("connectionreset");
        });

        // One begins a channel; the others find it in the directory and join.
        await OpenAsync(amara, nodes.Address + "/chat/new/channel");
        await amara.GetByLabel("Name", new() { Exact = true }).FillAsync("carnival-day");
        await amara.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(amara.Locator(".composer[data-ready]")).ToBeVisibleAsync(Ready);
        var channel = amara.Url;
        foreach (var page in new[] { ewan, phone })
        {
            await OpenAsync(page, nodes.Address + "/chat/browse?find=carnival-day");
            await page.GetByRole(AriaRole.Button, new() { Name = "Join carnival-day" }).ClickAsync();
            await OpenAsync(page, channel);
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync(Ready);
        }

        // They talk, each sees all of it in one order.
        await SayAsync(amara, "The barriers are late");
        foreach (var page in new[] { ewan, phone }) await SeesAsync(page, "The barriers are late");
        await SayAsync(phone, "I am at the quay");
        foreach (var page in new[] { amara, ewan }) await SeesAsync(page, "I am at the quay");
        await SayAsync(ewan, "A van is on its way");
        string[] talk = ["The barriers are late", "I am at the quay", "A van is on its way"];
        foreach (var page in new[] { amara, ewan, phone }) await Expect(page.Locator("li.message .said")).ToHaveTextAsync(talk, Slowly);

        // A thread, begun at a desk and gone on with on the phone.
        var first = ewan.Locator("li.message", new() { HasText = "The barriers are late" });
        await first.HoverAsync();
        await first.GetByRole(AriaRole.Button, new() { Name = "Reply in a thread" }).ClickAsync();
        await ReplyAsync(ewan, "Who has the keys?");
        await phone.Locator("li.message", new() { HasText = "The barriers are late" }).Locator(".threadline").ClickAsync(new() { Timeout = 30_000 });
        await Expect(phone.Locator(".thread .messages .said")).ToHaveTextAsync(["Who has the keys?"], Slowly);
        await ReplyAsync(phone, "I have");
        await Expect(ewan.Locator(".thread .messages .said")).ToHaveTextAsync(["Who has the keys?", "I have"], Slowly);

        // A file.
        await amara.Locator(".talk [data-choose-files]").First.SetInputFilesAsync(new FilePayload { Name = "route.txt", MimeType = "text/plain", Buffer = "past the harbour\n"u8.ToArray() });
        await Expect(amara.Locator(".composer .files li")).ToHaveAttributeAsync("data-state", "ready");
        await SayAsync(amara, "The route");
        await OpenAsync(phone, channel);
        await Expect(phone.Locator("li.message .file")).ToContainTextAsync("route.txt", Contains);
        var saved = await phone.RunAndWaitForDownloadAsync(() => phone.Locator("li.message .file").ClickAsync());
        Assert.Equal("past the harbour\n", await File.ReadAllTextAsync(await saved.PathAsync()));

        // He looks for what was said, and opens it in its place.
        await OpenAsync(phone, nodes.Address + "/chat/search?q=" + Uri.EscapeDataString("keys in:carnival-day"));
        await Expect(phone.Locator("a.hit")).ToContainTextAsync("Who has the keys?", Contains);
        await phone.Locator("a.hit").ClickAsync();
        await Expect(phone.Locator(".thread li[data-target] .said")).ToHaveTextAsync("Who has the keys?", new() { Timeout = 30_000 });

        // He asks for help; the service desk answers on the other side of the town, and he says that it helped.
        await OpenAsync(phone, nodes.Address + "/chat/browse?find=it-help");
        await Expect(phone.Locator(".channel a", new() { HasText = "it-help" })).ToBeVisibleAsync(Ready);
        await phone.Locator(".channel a", new() { HasText = "it-help" }).ClickAsync();
        await Expect(phone.Locator(".composer[data-ready]")).ToBeVisibleAsync(Ready);
        await SayAsync(phone, "The tablet in the van shows no map");
        await OpenAsync(ewan, phone.Url);
        var question = ewan.Locator("li.message", new() { HasText = "The tablet in the van shows no map" }).First;
        await Expect(question).ToContainTextAsync("Open", Contains);
        await question.HoverAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Reply in a thread" }).ClickAsync();
        await ReplyAsync(ewan, "Switch its location on");
        var asked = phone.Locator("li.message", new() { HasText = "The tablet in the van shows no map" }).First;
        await Expect(asked).ToContainTextAsync("Being helped", Contains);
        await asked.Locator(".threadline").ClickAsync();
        await phone.GetByRole(AriaRole.Button, new() { Name = "Mark resolved" }).ClickAsync(new() { Timeout = 30_000 });
        await Expect(question).ToContainTextAsync("Resolved", Contains);

        // In the tunnel he misses something and writes something; outside he catches up, and what he wrote comes once.
        await OpenAsync(phone, channel);
        await Expect(phone.Locator(".composer[data-ready]")).ToBeVisibleAsync(Ready);
        await OpenAsync(ewan, channel);
        await Expect(ewan.Locator(".composer[data-ready]")).ToBeVisibleAsync(Ready);
        // What the route fetches itself knows of no tunnel.
        await phone.UnrouteAllAsync();
        await BadSignalTests.SignalAsync(signal, offline: true);
        await SayAsync(phone, "In the tunnel");
        await Expect(phone.Locator(".pending li")).ToHaveAttributeAsync("data-state", "waiting");
        await SayAsync(ewan, "The van is there");
        await SeesAsync(amara, "The van is there");
        await SayAsync(amara, "Stand down at six");
        await SeesAsync(ewan, "Stand down at six");
        await BadSignalTests.SignalAsync(signal, offline: false);
        talk = [.. talk, "The route", "The van is there", "Stand down at six", "In the tunnel"];
        foreach (var page in new[] { phone, amara, ewan })
        {
            await Expect(page.Locator("li.message .said")).ToHaveCountAsync(talk.Length, new() { Timeout = 40_000 });
            await Expect(page.Locator("li.message .said")).ToContainTextAsync(talk, Contains);
        }
        await Expect(phone.Locator(".pending li")).ToHaveCountAsync(0, new() { Timeout = 30_000 });

        // At home nothing is left unread of it, on any device.
        var jonas = (await nodes.One.ProgramsAsync([Jonas]))[0];
        var home = await nodes.SignInAsync(server.Browser, "one", Jonas);
        await OpenAsync(home, nodes.Address + "/chat/unread");
        await Expect(home.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        await Expect(home.GetByRole(AriaRole.Article, new() { Name = "carnival-day" })).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        var mine = await jonas.GetAsync($"/conversations/{channel[(channel.LastIndexOf('/') + 1)..]}/messages", OK);
        Assert.Equal(Enumerable.Range(1, mine.GetProperty("items").GetArrayLength()).Select(i => i.ToString(CultureInfo.InvariantCulture)), mine.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("sequence").ToString()));
        await CloseAsync(amara, ewan, phone, home);
    }

    private static readonly LocatorAssertionsToBeVisibleOptions Ready = new() { Timeout = 40_000 };
    private static readonly LocatorAssertionsToHaveTextOptions Slowly = new() { Timeout = 40_000 };
    private static readonly LocatorAssertionsToContainTextOptions Contains = new() { Timeout = 40_000 };

    private static async Task ReplyAsync(IPage page, string text)
    {
        await Expect(page.Locator(".thread .composer[data-ready]")).ToBeVisibleAsync(Ready);
        await page.Locator(".thread").GetByRole(AriaRole.Textbox).FillAsync(text);
        await page.Locator(".thread").GetByRole(AriaRole.Textbox).PressAsync("Enter");
    }
}
