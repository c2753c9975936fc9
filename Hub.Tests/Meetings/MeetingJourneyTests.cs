using System.Globalization;
using Hub.Domain;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Hub.Web.Meetings;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Meetings;

/// <summary>Two people and their calendars in a real browser.</summary>
[Collection(InBrowser.Name)]
public sealed class MeetingJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    private static readonly BrowserNewContextOptions London = new() { ViewportSize = new() { Width = 1440, Height = 900 }, TimezoneId = "Europe/London" };

    private string Today => MyTime.Of(null).Day(server.Get<TimeProvider>().Now()).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [Fact]
    public async Task One_books_the_other_who_sees_it_at_once_and_accepts_and_the_organiser_sees_that()
    {
        // Where the two meet already: the form must say so before anything is saved.
        await BookAsync("Standing briefing", "T04:00", "T05:00");
        var (one, two, home) = (await server.SignInAsync(Amara, London), await server.SignInAsync(Jonas, London), await server.SignInAsync(Jonas, London));
        await two.GotoAsync($"{server.Address}/meetings");
        await Expect(two.Locator($".week [data-day='{Today}'] a.meeting", new() { HasText = "Standing briefing" })).ToBeVisibleAsync();
        await Expect(home.Locator(".today-card li", new() { HasText = "Standing briefing" })).ToBeVisibleAsync();

        await one.GotoAsync($"{server.Address}/meetings/new");
        await Expect(one.Locator("[data-clashes] li").First).ToBeVisibleAsync();
        await one.Locator("[name=title]").FillAsync("Handover of the pilot");
        await one.Locator("[name=date]").FillAsync(Today);
        await one.Locator("[name=from]").FillAsync("04:30");
        await one.Locator("[name=to]").FillAsync("05:30");
        await one.Locator("#find").PressSequentiallyAsync("Jonas B");
        await Expect(one.Locator("#found [data-email]").First).ToContainTextAsync(Jonas);
        await one.Locator("#find").PressAsync("Enter");
        await Expect(one.Locator("[data-chosen] li")).ToContainTextAsync("Jonas Berg");
        await Expect(one.Locator("[data-clashes] li.busy", new() { HasText = "Jonas Berg has “Standing briefing”" })).ToBeVisibleAsync();
        await Axe.AssertCleanAsync(one);
        await one.GetByRole(AriaRole.Button, new() { Name = "Book" }).ClickAsync();
        await Expect(one.Locator("h1")).ToHaveTextAsync("Handover of the pilot");

        var shown = two.Locator($".week [data-day='{Today}'] a.meeting", new() { HasText = "Handover of the pilot" });
        await Expect(shown).ToHaveAccessibleNameAsync("Handover of the pilot 04:30–05:30 Not answered");
        await Expect(home.Locator(".today-card li", new() { HasText = "Handover of the pilot" })).ToBeVisibleAsync();
        await shown.ClickAsync();
        await two.Locator("[data-answer=accepted]").ClickAsync();
        await Expect(one.Locator($"[data-email='{Jonas}'] .chip")).ToHaveTextAsync("Accepted");
        await Expect(one.Locator("[data-counts]")).ToContainTextAsync("2 accepted");
        await one.Locator("[data-cancel]").ClickAsync();
        await one.Locator("[data-cancel-sure]").ClickAsync();
        await Expect(two.Locator(".chip-bad", new() { HasText = "cancelled" })).ToBeVisibleAsync();
        await Expect(home.Locator(".today-card li", new() { HasText = "Handover of the pilot" })).ToHaveCountAsync(0);
        foreach (var page in new[] { one, two, home }) await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_edit_page_follows_its_meeting_and_keeps_what_was_typed()
    {
        var meeting = await BookAsync("Weekly look", "T06:00", "T06:30");
        var page = await server.SignInAsync(Amara, London);
        await page.GotoAsync($"{server.Address}/meetings/{meeting.Id}/edit");
        // Its own time is no clash; after six in the morning it is in the past besides.
        await Expect(page.Locator("[data-clashes] li.free")).ToHaveCountAsync(1);
        await page.Locator("[name=title]").FillAsync("Weekly look back");

        var service = server.Get<MeetingService>();
        var answered = (await service.RespondAsync(await ActorAsync(Jonas), meeting.Id, AttendeeStatus.Tentative)).Value;
        var elsewhere = new MeetingDraft("Weekly gaze", meeting.Start, meeting.End, meeting.TimeZone, [Jonas], null, "Room 4.12");
        Assert.True((await service.ChangeAsync(await ActorAsync(Amara), meeting.Id, elsewhere, answered.Version)).Ok);

        await Expect(page.Locator("[data-error]")).ToContainTextAsync("changed elsewhere");
        await Expect(page.Locator("[name=place]")).ToHaveValueAsync("Room 4.12");
        await Expect(page.Locator("[name=title]")).ToHaveValueAsync("Weekly look back");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Weekly look back");
        var saved = (await service.GetAsync(await ActorAsync(Jonas), meeting.Id)).Value;
        Assert.Equal(("Weekly look back", "Room 4.12"), (saved.Title, saved.Place));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Every_page_of_the_room_is_accessible_in_both_themes_on_desktop_and_phone()
    {
        var meeting = await BookAsync("Short one", "T07:00", "T07:15");
        var desktop = await server.SignInAsync(Amara, London);
        var phone = await server.SignInAsync(Amara, new() { ViewportSize = new() { Width = 390, Height = 844 }, HasTouch = true, IsMobile = true, TimezoneId = "Europe/London" });
        foreach (var (page, seen) in new[] { (desktop, ".week, .month"), (phone, ".agenda") })
        {
            foreach (var (path, there) in new[]
            {
                ("/meetings", seen), ("/meetings?view=month", seen), ("/meetings?day=2031-06-02", ".none"), ("/meetings/new", "[data-clashes] li"),
                ($"/meetings/{meeting.Id}", "[data-counts]"), ($"/meetings/{meeting.Id}/edit", "[data-clashes] li"), ($"/meetings/{Guid.NewGuid()}", ".empty"),
            })
            {
                await page.GotoAsync(server.Address + path);
                await Expect(page.Locator(there).First).ToBeVisibleAsync();
                await page.Locator(".hub[data-live]").WaitForAsync();
                await Expect(page).ToHaveTitleAsync(new System.Text.RegularExpressions.Regex("."));
                await Axe.AssertCleanAsync(page);
                Assert.False(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"), path + " is wider than the screen");
            }
            await page.Context.CloseAsync();
        }
    }

    private async Task<MeetingRecord> BookAsync(string title, string from, string to)
    {
        var draft = new MeetingDraft(title, Today + from, Today + to, "Europe/London", [Jonas]);
        return (await server.Get<MeetingService>().BookAsync(await ActorAsync(Amara), draft)).Value;
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
}
