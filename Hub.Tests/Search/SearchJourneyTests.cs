using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Search;

[Collection(InBrowser.Name)]
public sealed class SearchJourneyTests(HubServer hub)
{
    private const string Amara = "amara.osei@northbridge.example";

    [Fact]
    public async Task A_page_of_results_opened_by_address_keeps_what_was_asked()
    {
        var page = await hub.SignInAsync(Amara);
        await page.GotoAsync(hub.Address + "/search?q=mail");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("mail");
        await Expect(page.Locator(".search-page input[name=q]")).ToHaveValueAsync("mail");
        await Expect(page.Locator(".results a").First).ToBeVisibleAsync();

        // Asking again from the page itself, and going back, moves the words of the box too.
        await page.Locator(".search-page input[name=q]").FillAsync("printer");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToContainTextAsync("printer");
        await page.GoBackAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("mail");
        await Expect(page.Locator(".search-page input[name=q]")).ToHaveValueAsync("mail");
        await page.ReloadAsync();
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("mail");
        await Expect(page.Locator(".search-page input[name=q]")).ToHaveValueAsync("mail");
    }
}
