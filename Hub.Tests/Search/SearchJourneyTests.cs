using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Search;

[Collection(InBrowser.Name)]
public sealed class SearchJourneyTests(HubServer hub)
{
    private const string Amara = "amara.osei@northbridge.example";

    private const string Box = ".search-page input[name=q]";

    [Fact]
    public async Task A_page_of_results_opened_by_address_keeps_what_was_asked()
    {
        var page = await hub.SignInAsync(Amara);
        await page.GotoAsync(hub.Address + "/search?q=mail");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("mail");
        await Expect(page.Locator(Box)).ToHaveValueAsync("mail");
        await Expect(page.Locator(".results a").First).ToBeVisibleAsync();

        // Asking again from the page itself, and going back, moves the words of the box too.
        await page.Locator(Box).FillAsync("printer");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToContainTextAsync("printer");
        await page.GoBackAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("mail");
        await Expect(page.Locator(Box)).ToHaveValueAsync("mail");
        await page.ReloadAsync();
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("mail");
        await Expect(page.Locator(Box)).ToHaveValueAsync("mail");
    }

    [Fact]
    public async Task A_stranger_who_opens_results_by_address_finds_them_after_signing_in()
    {
        var page = await (await hub.Browser.NewContextAsync()).NewPageAsync();
        await page.GotoAsync(hub.Address + "/search?q=mail&kind=article");
        await page.Locator($"button[data-email='{Amara}']").ClickAsync();
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("mail");
        await Expect(page.Locator(Box)).ToHaveValueAsync("mail");
        await Expect(page.Locator(".search-page .tabs [aria-current=page]")).ToHaveTextAsync("Articles");
    }

    [Fact]
    public async Task Words_typed_before_the_page_is_live_stay_and_are_asked()
    {
        var page = await hub.SignInAsync(Amara);
        var typed = new TaskCompletionSource();
        await page.RouteAsync("**/_blazor?**", async route =>
        {
            await typed.Task;
            await route.ContinueAsync();
        });
        await page.RouteAsync("**/_blazor/negotiate**", async route =>
        {
            await typed.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync(hub.Address + "/");
        var box = page.Locator("main .searchbox input");
        await box.ClickAsync();
        await box.PressSequentiallyAsync("mailbox");
        await page.EvaluateAsync("() => { window.early = document.querySelector('main .searchbox input'); }");
        typed.SetResult();
        await page.WaitForFunctionAsync("() => !window.early.isConnected");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(box).ToHaveValueAsync("mailbox");
        await Expect(box).ToBeFocusedAsync();
        await Expect(page.Locator("main .sb-list [role=option]").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_box_is_used_by_keyboard_alone()
    {
        var page = await hub.SignInAsync(Amara);
        var dialog = page.Locator("dialog.search-overlay");
        var box = dialog.Locator("input[name=q]");
        await page.Keyboard.PressAsync("Control+k");
        await Expect(box).ToBeFocusedAsync();
        await box.PressSequentiallyAsync("mail");
        var rows = dialog.GetByRole(AriaRole.Option);
        await Expect(rows.First).ToBeVisibleAsync();
        await Expect(box).ToHaveAttributeAsync("aria-expanded", "true");
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(rows.First).ToHaveAttributeAsync("aria-selected", "true");
        await Expect(box).ToHaveAttributeAsync("aria-activedescendant", (await rows.First.GetAttributeAsync("id"))!);
        await page.Keyboard.PressAsync("ArrowUp");
        await Expect(rows.Last).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Escape");
        await Expect(box).ToHaveAttributeAsync("aria-expanded", "false");
        await Expect(box).ToHaveValueAsync("mail");
        await page.Keyboard.PressAsync("Escape");
        await Expect(box).ToHaveValueAsync("");
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).Not.ToBeVisibleAsync();

        // A single key opens it where nobody is typing, and types itself where somebody is. The focus is back where it was: nowhere.
        await page.WaitForFunctionAsync("() => document.activeElement === document.body");
        await page.EvaluateAsync("() => { window.keys = []; for (const kind of ['keydown', 'close', 'focusin']) document.addEventListener(kind, e => window.keys.push(`${kind} ${e.key ?? ''} ${e.target.id || e.target.tagName}`), true); }");
        await page.Keyboard.PressAsync("/");
        try
        {
            await Expect(box).ToBeFocusedAsync();
        }
        catch (PlaywrightException e)
        {
            throw new PlaywrightException(await page.EvaluateAsync<string>("() => `${JSON.stringify(window.keys)} ready ${window.hubSearch?.isConnected} focus ${document.activeElement.id || document.activeElement.tagName}`"), e);
        }
        await page.Keyboard.TypeAsync("a/b");
        await Expect(box).ToHaveValueAsync("a/b");
        await box.FillAsync("mail");
        await page.Keyboard.PressAsync("Enter");
        await Expect(dialog).Not.ToBeVisibleAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("mail");
        await Expect(page.Locator(Box)).ToHaveValueAsync("mail");

        await page.Keyboard.PressAsync("Control+k");
        await box.FillAsync("mailbox");
        await Expect(rows.First).ToContainTextAsync("ailbox");
        await page.Keyboard.PressAsync("ArrowDown");
        var to = await rows.First.GetAttributeAsync("href");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(hub.Address + to);
        await Expect(dialog).Not.ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_is_typed_after_the_key_goes_into_the_box_that_comes_later()
    {
        var page = await hub.SignInAsync(Amara);
        var come = new TaskCompletionSource();
        await page.RouteAsync("**/SearchBox.razor*.js", async route => { await come.Task; await route.ContinueAsync(); });
        await page.GotoAsync(hub.Address + "/articles");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("mailboxx");
        await page.Keyboard.PressAsync("Backspace");
        come.SetResult();
        await Expect(page.Locator("dialog.search-overlay input[name=q]")).ToHaveValueAsync("mailbox");
        await Expect(page.Locator("dialog[open] [role=option]").First).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Theory]
    [InlineData(1440, 900)]
    [InlineData(390, 844)]
    public async Task Search_is_accessible_in_every_state(int width, int height)
    {
        var page = await hub.SignInAsync(Amara, new() { ViewportSize = new() { Width = width, Height = height } });
        var box = page.Locator("dialog.search-overlay input[name=q]");
        await page.Keyboard.PressAsync("Control+k");
        await Expect(box).ToBeFocusedAsync();
        await Axe.AssertCleanAsync(page);
        await box.FillAsync("mailbox");
        await Expect(page.Locator("dialog [role=option]").First).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await Axe.AssertCleanAsync(page);
        await box.FillAsync("zzqqxxy");
        await Expect(page.Locator("dialog .sb-none")).ToBeVisibleAsync();
        await Axe.AssertCleanAsync(page);
        foreach (var query in new[] { "", "?q=mail", "?q=zzqqxxy", "?q=mail&kind=meeting" })
        {
            await page.GotoAsync(hub.Address + "/search" + query);
            await page.Locator(".hub[data-live]").WaitForAsync();
            await Expect(page.Locator(".search-page .hint, .search-page .empty, .search-page .results").First).ToBeVisibleAsync();
            await Axe.AssertCleanAsync(page);
            Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), query);
        }
    }
}
