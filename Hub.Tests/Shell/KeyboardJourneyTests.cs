using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Shell;

/// <summary>A person who has no pointer signs in, finds and runs a fix, rates an article, writes a message and books a meeting (WCAG 2.2 2.1.1, 2.4.3).</summary>
[Collection(InBrowser.Name)]
public sealed class KeyboardJourneyTests(HubServer hub)
{
    // Where the focus stands without an outline of its own or of the box around it (WCAG 2.2 2.4.7).
    private const string Unseen = """
        () => {
          const at = document.activeElement;
          for (let e = at, i = 0; e && e !== document.body && i < 3; e = e.parentElement, i++)
            if (getComputedStyle(e).outlineStyle !== 'none' && parseFloat(getComputedStyle(e).outlineWidth) >= 1) return null;
          return at === document.body ? null : `${location.pathname}: ${at.outerHTML.slice(0, 160)}`;
        }
        """;

    private const string Person = "grace.mbeki@northbridge.example";

    [Fact]
    public async Task Every_room_can_be_used_without_a_pointer()
    {
        var context = await hub.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 1440, Height = 900 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(hub.Address + "/signin");
        await EnterAsync(page, page.Locator($"button[data-email='{Person}']"));
        await page.Locator(".hub[data-live]").WaitForAsync();

        // Past the rail in one step.
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.Locator("a.skip")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex("#main$"));

        // The box, the fix it finds, and a first step of it.
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("slow laptop");
        await Expect(page.Locator("dialog[open] [role=option][data-kind=fix]").First).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(new Regex("/fixes/"));
        await EnterAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }));
        await page.WaitForURLAsync(new Regex("/fixes/runs/"));
        // Hers is a healthy laptop: the fix asks, she lets it go.
        await Expect(page.Locator(".step .answers .btn").First).ToBeVisibleAsync();
        await EnterAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Leave it" }));
        await Expect(page.Locator(".end .state")).ToHaveTextAsync("Left unfinished");

        // An article, and a word on it.
        await EnterAsync(page, page.Locator(".rail a[href='/articles']"));
        await EnterAsync(page, page.Locator("main a[href^='/articles/']:not([href$='/new'])").First);
        await EnterAsync(page, page.Locator("[data-helpful=true]"));
        await Expect(page.Locator("[data-helpful=true]")).ToHaveAttributeAsync("aria-pressed", "true");

        // A message.
        await EnterAsync(page, page.Locator(".rail a[href='/chat']"));
        await EnterAsync(page, page.Locator(".pane-list ul:not(.more) a[href^='/chat/']").First);
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await TabToAsync(page, page.Locator("#composer-text"));
        await page.Keyboard.TypeAsync("Written without a pointer");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("li.message", new() { HasText = "Written without a pointer" })).ToBeVisibleAsync();

        // A meeting.
        await EnterAsync(page, page.Locator(".rail a[href='/meetings']"));
        await EnterAsync(page, page.Locator("main a[href='/meetings/new']").First);
        await Expect(page.Locator("#meeting-form [name=date]")).Not.ToHaveValueAsync("");
        await TabToAsync(page, page.Locator("#meeting-form [name=title]"));
        await page.Keyboard.TypeAsync("Booked without a pointer");
        await EnterAsync(page, page.Locator("#meeting-form [type=submit]"));
        await Expect(page.Locator("h1")).ToHaveTextAsync("Booked without a pointer");

        // The person's own menu.
        await EnterAsync(page, page.Locator(".me summary"));
        await EnterAsync(page, page.Locator("[data-theme-choice=dark]"));
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await context.CloseAsync();
    }

    private static async Task EnterAsync(IPage page, ILocator to)
    {
        await Expect(to).ToBeVisibleAsync();
        await page.Locator(".hub[data-live], .personas").First.WaitForAsync();
        await TabToAsync(page, to);
        await page.Keyboard.PressAsync("Enter");
    }

    // One round through the page at most: what Tab does not reach in it, it never reaches.
    private static async Task TabToAsync(IPage page, ILocator to)
    {
        await Expect(to).ToBeVisibleAsync();
        for (var i = 0; i < 150; i++)
        {
            if (await to.EvaluateAsync<bool>("e => e === document.activeElement")) return;
            await page.Keyboard.PressAsync("Tab");
            Assert.Null(await page.EvaluateAsync<string?>(Unseen));
        }
        Assert.Fail($"The keyboard does not reach {to} on {page.Url}");
    }
}
