using Hub.Domain.Chat;
using Hub.Domain.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Shell;

[Collection(InBrowser.Name)]
public sealed class ShellJourneyTests(HubServer hub)
{
    private const string Amara = "amara.osei@northbridge.example";

    // A box such as every room has: only its key matters to the drafts.
    private const string Box = "() => { const t = document.createElement('textarea'); t.id = 'box'; t.dataset.draft = 'shell-test'; t.setAttribute('aria-label', 'box'); document.body.append(t); }";

    [Fact]
    public async Task Pages_of_the_shell_are_accessible_in_both_themes()
    {
        var page = await hub.SignInAsync(Amara);
        await Expect(page.Locator("h1")).ToContainTextAsync("Amara");
        await Axe.AssertCleanAsync(page);
        await page.Locator(".me summary").ClickAsync();
        await Axe.AssertCleanAsync(page);
        var jonas = (await hub.Get<PeopleService>().ActorByEmailAsync("jonas.berg@northbridge.example"))!;
        foreach (var path in new[] { "/nothing-here", "/error", "/signin", "/signin/denied", "/status/403", $"/people/{jonas.PersonId}", $"/people/{Guid.NewGuid()}", "/chat/new", "/chat/browse" })
        {
            await page.GotoAsync(hub.Address + path);
            await Expect(page.Locator("h1")).ToHaveCountAsync(1);
            await Axe.AssertCleanAsync(page);
        }
    }

    [Fact]
    public async Task A_lost_connection_comes_back_and_what_was_typed_survives_it_and_a_closed_tab()
    {
        var page = await hub.SignInAsync(Amara);
        await page.WaitForFunctionAsync("() => window.Blazor?._internal?.forceCloseConnection && document.querySelector('.me')");
        await page.EvaluateAsync(Box);
        await page.Locator("#box").PressSequentiallyAsync("My mailbox ");
        await page.EvaluateAsync("() => Blazor._internal.forceCloseConnection()");
        await page.Locator("#box").PressSequentiallyAsync("stopped syncing");
        await Expect(page.Locator("#hub-connection.good")).ToBeVisibleAsync();
        await Expect(page.Locator("#box")).ToHaveValueAsync("My mailbox stopped syncing");

        await page.CloseAsync();
        var again = await page.Context.NewPageAsync();
        await again.GotoAsync(hub.Address);
        await again.EvaluateAsync(Box);
        await Expect(again.Locator("#box")).ToHaveValueAsync("My mailbox stopped syncing");

        var emptied = again.WaitForResponseAsync(r => r.Request.Method == "PUT" && r.Url.EndsWith("/me/drafts/shell-test", StringComparison.Ordinal));
        await again.EvaluateAsync("() => document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: 'shell-test' }))");
        Assert.Equal(204, (await emptied).Status);
        Assert.Equal(204, await again.EvaluateAsync<int>("async () => (await fetch('/api/v1/me/drafts/shell-test')).status"));
    }

    [Fact]
    public async Task Without_network_a_quiet_line_says_so_and_what_was_missed_is_there_once_it_is_back()
    {
        var (chat, messages, people) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<PeopleService>());
        var (amara, jonas) = ((await people.ActorByEmailAsync(Amara))!, (await people.ActorByEmailAsync("jonas.berg@northbridge.example"))!);
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("shell-lost"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        var page = await hub.SignInAsync(Amara);
        await page.GotoAsync($"{hub.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await page.EvaluateAsync("() => { window.here = true; }");

        await page.Context.SetOfflineAsync(true);
        await page.EvaluateAsync("() => Blazor._internal.forceCloseConnection()");
        var line = page.Locator("#hub-connection");
        await Expect(line).ToBeVisibleAsync();
        await Expect(line).ToHaveTextAsync((await line.GetAttributeAsync("data-lost"))!);
        await Expect(line).Not.ToContainClassAsync("good");
        await Axe.AssertCleanAsync(page);
        await messages.PostAsync(jonas, channel, Guid.NewGuid(), "While you were away");

        await page.Context.SetOfflineAsync(false);
        await Expect(line).ToContainClassAsync("good");
        await Expect(line).ToHaveTextAsync((await line.GetAttributeAsync("data-back"))!);
        await Expect(page.Locator("li.message .said")).ToHaveTextAsync(["While you were away"]);
        await Expect(line).ToBeEmptyAsync();
        await messages.PostAsync(jonas, channel, Guid.NewGuid(), "And now");
        await Expect(page.Locator("li.message .said")).ToHaveTextAsync(["While you were away", "And now"]);
        Assert.True(await page.EvaluateAsync<bool>("() => window.here === true"), "The page was loaded anew instead of going on.");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_theme_and_the_language_are_kept()
    {
        var page = await hub.SignInAsync(Amara);
        await page.Locator(".me summary").ClickAsync();
        await page.Locator("[data-theme-choice=dark]").ClickAsync();
        await page.ReloadAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await page.GotoAsync(hub.Address + "/language?to=qps-ploc&returnUrl=/");
        await Expect(page.Locator(".rail a[aria-current=page]")).ToContainTextAsync("[Ĥóɱé".Replace("ɱ", "m", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_first_page_is_under_400_kilobytes_and_everything_large_is_compressed()
    {
        var context = await hub.Browser.NewContextAsync();
        var page = await context.NewPageAsync();
        var cdp = await context.NewCDPSessionAsync(page);
        await cdp.SendAsync("Network.enable");
        var bytes = 0.0;
        cdp.Event("Network.loadingFinished").OnEvent += (_, e) => bytes += e!.Value.GetProperty("encodedDataLength").GetDouble();
        await page.GotoAsync(hub.Address + "/signin", new() { WaitUntil = WaitUntilState.NetworkIdle });
        await page.Locator($"button[data-email='{Amara}']").ClickAsync();
        await Expect(page.Locator("h1")).ToContainTextAsync("Amara");
        Assert.InRange(bytes, 20_000, 400 * 1024);
    }
}
