using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Meetings;

/// <summary>A series booked through the form, and the month in which the other sees it come and go, in a real browser.</summary>
[Collection(InBrowser.Name)]
public sealed class SeriesJourneyTests(HubServer server)
{
    // 1 May 2034 is a Monday.
    private static readonly string[] Expected = ["2034-05-02", "2034-05-04", "2034-05-09", "2034-05-11", "2034-05-16"];

    private static readonly BrowserNewContextOptions London = new() { ViewportSize = new() { Width = 1440, Height = 900 }, TimezoneId = "Europe/London" };

    [Fact]
    public async Task A_series_on_chosen_days_appears_in_the_others_month_and_week_and_goes_again_and_words_survive_a_reload()
    {
        var directory = server.Get<DirectoryService>();
        var body = await directory.AddOrganisationAsync("Body of series", "series.example");
        await directory.AddPersonAsync(new NewPerson(body, "Sam Series", "sam@series.example", "Sergeant"));
        await directory.AddPersonAsync(new NewPerson(body, "Sky Series", "sky@series.example", "Constable"));
        var (one, two) = (await server.SignInAsync("sam@series.example", London), await server.SignInAsync("sky@series.example", London));
        await two.GotoAsync($"{server.Address}/meetings?view=month&day=2034-05-01");
        await two.Locator(".hub[data-live]").WaitForAsync();
        await Expect(two.Locator(".none")).ToBeVisibleAsync();

        // The browser keeps each word; the hub has it once it says so, and both outlive the page.
        await OpenAsync(one);
        foreach (var (name, text) in new[] { ("title", "Custody pilot"), ("place", "Room 4.12"), ("notes", "Bring the keys") })
            await one.RunAndWaitForResponseAsync(() => one.Locator($"[name={name}]").PressSequentiallyAsync(text),
                r => r.Request.Method == "PUT" && r.Url.Contains("/me/drafts/", StringComparison.Ordinal) && r.Request.PostData!.Contains(text, StringComparison.Ordinal) && r.Ok);
        await one.ReloadAsync();
        await Expect(one.Locator("[name=date]")).Not.ToHaveValueAsync("");
        await Expect(one.Locator("[name=title]")).ToHaveValueAsync("Custody pilot");
        await Expect(one.Locator("[name=place]")).ToHaveValueAsync("Room 4.12");
        await Expect(one.Locator("[name=notes]")).ToHaveValueAsync("Bring the keys");

        await one.Locator("[name=date]").FillAsync(Expected[0]);
        await one.Locator("[name=from]").FillAsync("09:30");
        await one.Locator("[name=to]").FillAsync("10:15");
        await one.Locator("#find").PressSequentiallyAsync("Sky");
        await Expect(one.Locator("#found [data-email='sky@series.example']")).ToBeVisibleAsync();
        await one.Locator("#find").PressAsync("Enter");
        await one.Locator("[name=repeat]").SelectOptionAsync("WEEKLY");
        await one.Locator("[name=day][value=TU]").CheckAsync();
        await one.Locator("[name=day][value=TH]").CheckAsync();
        await one.Locator("[name=ends]").SelectOptionAsync("COUNT");
        await one.Locator("[name=count]").FillAsync("5");
        await one.GetByRole(AriaRole.Button, new() { Name = "Book" }).ClickAsync();
        await Expect(one.Locator("h1")).ToHaveTextAsync("Custody pilot");
        await Expect(one.Locator(".meeting-page")).ToContainTextAsync("Every week on Tue, Thu, 5 times");
        var meeting = one.Url;

        var shown = two.Locator(".month a.meeting", new() { HasText = "Custody pilot" });
        await Expect(shown).ToHaveCountAsync(Expected.Length);
        Assert.Equal(Expected, await DaysAsync(shown));
        await Expect(shown.First).ToContainTextAsync("09:30");
        await two.Locator(".month [data-day='2034-05-09'] a.number").ClickAsync();
        var week = two.Locator(".week a.meeting", new() { HasText = "Custody pilot" });
        await Expect(week).ToHaveCountAsync(2);
        Assert.Equal(Expected[2..4], await DaysAsync(week));
        await week.Last.ClickAsync();
        await Expect(two.Locator(".when").First).ToContainTextAsync("Thursday, 11 May 2034, 09:30–10:15");
        await Expect(two.Locator("main a[href='/meetings?day=2034-05-11']")).ToBeVisibleAsync();
        await two.GoBackAsync();
        await Expect(week).ToHaveCountAsync(2);
        await two.GetByRole(AriaRole.Link, new() { Name = "Month" }).ClickAsync();
        await Expect(shown).ToHaveCountAsync(Expected.Length);

        // Booked, so the words are no draft any more.
        await OpenAsync(one);
        await Expect(one.Locator("[name=title]")).ToHaveValueAsync("");
        await one.GotoAsync(meeting + "?on=2034-05-09T09:30:00");
        await one.GetByRole(AriaRole.Link, new() { Name = "Change all occurrences" }).ClickAsync();
        await Expect(one.Locator("h1")).ToHaveTextAsync("Change all occurrences");
        await one.Locator("[name=place]").FillAsync("Room 5");
        await one.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Expect(one.Locator(".when").First).ToContainTextAsync("Tuesday, 9 May 2034");
        await one.Locator("[data-cancel]").ClickAsync();
        await Expect(one.Locator("[data-cancel-sure]")).ToHaveTextAsync("Cancel all of them for everyone");
        await one.Locator("[data-cancel-sure]").ClickAsync();
        await Expect(one.Locator(".chip-bad")).ToContainTextAsync("cancelled");
        await Axe.AssertCleanAsync(one);
        await Expect(shown).ToHaveCountAsync(0);
        await one.Context.CloseAsync();
        await two.Context.CloseAsync();
    }

    private async Task OpenAsync(IPage page)
    {
        await page.GotoAsync(server.Address + "/meetings/new");
        await Expect(page.Locator("[name=date]")).Not.ToHaveValueAsync("");
    }

    private static async Task<string[]> DaysAsync(ILocator meetings) => await meetings.EvaluateAllAsync<string[]>("all => all.map(e => e.closest('[data-day]').dataset.day)");
}
