using Hub.Tests.Shell;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>What a person began to type is where they are.</summary>
[Collection(InBrowser.Name)]
public sealed class DraftJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";

    private const string Box = "() => { const t = document.createElement('textarea'); t.id = 'box'; t.dataset.draft = 'shell-device'; t.setAttribute('aria-label', 'box'); document.body.append(t); }";

    [Fact]
    public async Task Another_device_goes_on_with_the_draft()
    {
        var (laptop, desk) = (await server.SignInAsync(Amara), await server.SignInAsync(Amara));
        await desk.EvaluateAsync(Box);
        await laptop.EvaluateAsync(Box);
        // A predicate that is async would be taken as true: the answer to the save is what counts.
        await laptop.RunAndWaitForResponseAsync(() => laptop.Locator("#box").PressSequentiallyAsync("begun on the laptop"),
            r => r.Request.Method == "PUT" && r.Url.EndsWith("/me/drafts/shell-device", StringComparison.Ordinal)
                && r.Request.PostData!.Contains("begun on the laptop", StringComparison.Ordinal) && r.Ok);

        var phone = await server.SignInAsync(Amara);
        await phone.EvaluateAsync(Box);
        await Expect(phone.Locator("#box")).ToHaveValueAsync("begun on the laptop");
        // This page was open all the time, with an empty box.
        await desk.Locator("#box").FocusAsync();
        await Expect(desk.Locator("#box")).ToHaveValueAsync("begun on the laptop");

        foreach (var page in new[] { laptop, desk, phone }) await page.Context.CloseAsync();
    }
}
