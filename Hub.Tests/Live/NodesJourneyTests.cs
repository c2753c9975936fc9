using Hub.Domain;
using Hub.Domain.Storage;
using Hub.Tests.Shell;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Live;

/// <summary>The administrator looks at nodes and work, without a pointer; nobody else finds the page.</summary>
[Collection(InBrowser.Name)]
public sealed class NodesJourneyTests(HubServer hub)
{
    [Fact]
    public async Task The_administrator_goes_there_by_keyboard_and_has_failed_work_tried_again()
    {
        var page = await hub.SignInAsync("kirsty.drummond-hay@northbridge.example");
        await page.Locator(".me summary").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Link, new() { Name = "Nodes and work" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Nodes and work");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator("table[aria-labelledby=nodes] tbody tr").First).ToContainTextAsync("Ready");
        await Expect(page.Locator("[data-kind='storage.idempotency'] td").First).ToHaveTextAsync("0");

        // Work fails while she looks: it comes by itself, and what she has selected and focused stays.
        await page.Locator("[role=region][aria-labelledby=nodes]").FocusAsync();
        await page.EvaluateAsync("() => getSelection().selectAllChildren(document.querySelector('table[aria-labelledby=nodes] th[scope=row]'))");
        var selected = await page.EvaluateAsync<string>("() => getSelection().toString()");
        await using (var db = await hub.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync())
        {
            var clock = hub.Get<TimeProvider>();
            var row = db.Due(clock, "live.journey", Guid.NewGuid().ToString(), clock.Now().AddHours(-3));
            (row.DeadAt, row.LastError, row.Attempts) = (clock.Now(), nameof(TimeoutException), DueWorker.MostAttempts);
            await db.SaveChangesAsync();
        }
        var failed = page.Locator("table[aria-labelledby=failed] tbody tr", new() { HasText = "live.journey" });
        await Expect(failed).ToContainTextAsync("TimeoutException");
        await Expect(page.Locator("[role=region][aria-labelledby=nodes]")).ToBeFocusedAsync();
        Assert.NotEmpty(selected);
        Assert.Equal(selected, await page.EvaluateAsync<string>("() => getSelection().toString()"));
        await Axe.AssertCleanAsync(page);
        await page.SetViewportSizeAsync(390, 844);
        await Axe.AssertCleanAsync(page);

        await failed.GetByRole(AriaRole.Button).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("p[role=status].said")).ToHaveTextAsync("It is tried again now: live.journey");
        await Expect(failed).ToHaveCountAsync(0);
        await Expect(page.Locator("#failed")).ToBeFocusedAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task For_anybody_else_there_is_no_such_page()
    {
        var page = await hub.SignInAsync("amara.osei@northbridge.example");
        await Expect(page.Locator("a[href='/admin/nodes']")).ToHaveCountAsync(0);
        var answer = await page.GotoAsync(hub.Address + "/admin/nodes");
        Assert.Equal(404, answer!.Status);
        await Expect(page.Locator("h1")).ToHaveTextAsync("There is nothing here");
        await Expect(page.Locator("table")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }
}
