using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Knowledge;
using Hub.Tests.Shell;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Meetings;

/// <summary>The booking form on a bad line and a locked phone.</summary>
[Collection(InBrowser.Name)]
public sealed class MeetingFormTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    private static readonly BrowserNewContextOptions London = new() { ViewportSize = new() { Width = 1440, Height = 900 }, TimezoneId = "Europe/London" };

    [Fact]
    public async Task The_form_says_what_a_slip_would_book()
    {
        var page = await OpenAsync("new");
        var said = page.Locator("[data-clashes]");
        await page.Locator("[name=title]").FillAsync("Slip");
        await page.Locator("[name=date]").FillAsync("2020-01-01");
        await Expect(said).ToContainTextAsync("in the past");
        // 2 May 2034 is a Tuesday.
        await page.Locator("[name=date]").FillAsync("2034-05-02");
        await page.Locator("[name=repeat]").SelectOptionAsync("WEEKLY");
        await page.Locator("[name=day][value=MO]").CheckAsync();
        await Expect(said).ToContainTextAsync("Monday 8 May");
        await Expect(said).Not.ToContainTextAsync("in the past");
        await page.Locator("[name=date]").FillAsync("");
        await Expect(said).ToHaveTextAsync("Choose a date, a start and an end.");
        await page.Locator("#meeting-form [type=submit]").ClickAsync();
        await Expect(page.Locator("[data-error]")).ToHaveTextAsync("Choose a date, a start and an end.");
        await Expect(page.Locator("[name=date]")).ToBeFocusedAsync();
        await page.Context.CloseAsync();
    }

    [Theory]
    [InlineData("again")]
    [InlineData("changed")]
    [InlineData("reloaded")]
    public async Task A_booking_whose_answer_was_lost_is_one_meeting(string then)
    {
        var title = "Lost answer, " + then;
        var page = await OpenAsync("new");
        await page.LoseFirstAnswerAsync("**/api/v1/meetings");
        await page.Locator("[name=title]").FillAsync(title);
        await page.Locator("#meeting-form [type=submit]").ClickAsync();
        await Expect(page.Locator("[data-error]")).ToContainTextAsync("cannot be reached");
        if (then == "changed") await page.Locator("[name=place]").FillAsync("Room 2");
        if (then == "reloaded")
        {
            await page.ReloadAsync();
            await Expect(page.Locator("[data-clashes] li").First).ToBeVisibleAsync();
            await Expect(page.Locator("[name=title]")).ToHaveValueAsync(title);
        }
        await page.Locator("#meeting-form [type=submit]").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync(title);
        await using var db = await server.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        Assert.Equal([then == "changed" ? "Room 2" : ""], await db.Meetings.Where(m => m.Title == title).Select(m => m.Place).ToListAsync());
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task All_that_was_chosen_comes_back_after_a_reload_and_is_gone_once_booked()
    {
        var page = await OpenAsync("new");
        var fields = new (string Name, string Value)[]
        {
            ("title", "Long planning"), ("date", "2031-06-03"), ("from", "22:10"), ("to", "01:20"), ("zone", "Asia/Kolkata"), ("place", "Room 9"),
            ("repeat", "WEEKLY"), ("ends", "UNTIL"), ("until", "2031-08-01"), ("notes", "Bring the plan"),
        };
        foreach (var (name, value) in fields)
        {
            var field = page.Locator($"[name={name}]");
            if (name is "repeat" or "ends" or "zone") await field.SelectOptionAsync(value);
            else await field.FillAsync(value);
        }
        await page.Locator("[name=day][value=TU]").CheckAsync();
        await page.Locator("[name=day][value=TH]").CheckAsync();
        await page.Locator("#find").PressSequentiallyAsync("Jonas B");
        await Expect(page.Locator("#found [data-email]").First).ToContainTextAsync(Jonas);
        await page.Locator("#find").PressAsync("Enter");

        await page.ReloadAsync();
        await Expect(page.Locator("[data-clashes] li").First).ToBeVisibleAsync();
        foreach (var (name, value) in fields) await Expect(page.Locator($"[name={name}]")).ToHaveValueAsync(value);
        await Expect(page.Locator("[name=until]")).ToBeVisibleAsync();
        Assert.Equal("TU,TH", await page.EvaluateAsync<string>("() => [...document.querySelectorAll('[name=day]:checked')].map(d => d.value).join()"));
        await Expect(page.Locator("[data-chosen] li")).ToContainTextAsync("Jonas Berg");
        await page.Locator("#meeting-form [type=submit]").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Long planning");
        await using var db = await server.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var booked = await db.Meetings.Include(m => m.Attendees).SingleAsync(m => m.Title == "Long planning");
        Assert.StartsWith("FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20310801", booked.Recurrence, StringComparison.Ordinal);
        Assert.Equal(2, booked.Attendees.Count);

        await page.GotoAsync($"{server.Address}/meetings/new");
        await Expect(page.Locator("[data-clashes] li").First).ToBeVisibleAsync();
        foreach (var name in new[] { "title", "place", "repeat", "notes" }) await Expect(page.Locator($"[name={name}]")).ToHaveValueAsync("");
        await Expect(page.Locator("[name=date]")).Not.ToHaveValueAsync("2031-06-03");
        await Expect(page.Locator("[name=zone]")).ToHaveValueAsync("Europe/London");
        await Expect(page.Locator("[data-chosen] li")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task After_a_reload_what_was_changed_stands_and_the_rest_follows_the_meeting()
    {
        var (service, actor) = (server.Get<MeetingService>(), (await server.Get<PeopleService>().ActorByEmailAsync(Amara))!);
        var meeting = (await service.BookAsync(actor, new MeetingDraft("Begun elsewhere", "2031-06-10T09:00", "2031-06-10T09:30", "Europe/London", []))).Value;
        var page = await OpenAsync($"{meeting.Id}/edit");
        await page.Locator("[name=date]").FillAsync("2031-06-11");
        await page.GotoAsync(server.Address + "/meetings");
        Assert.True((await service.ChangeAsync(actor, meeting.Id, new MeetingDraft("Begun elsewhere", "2031-06-10T10:00", "2031-06-10T11:00", "Europe/London", []), meeting.Version)).Ok);

        await page.GotoAsync($"{server.Address}/meetings/{meeting.Id}/edit");
        await Expect(page.Locator("[data-error]")).ToContainTextAsync("changed elsewhere");
        foreach (var (name, value) in new[] { ("date", "2031-06-11"), ("from", "10:00"), ("to", "11:00") }) await Expect(page.Locator($"[name={name}]")).ToHaveValueAsync(value);
        await page.Context.CloseAsync();
    }

    private async Task<IPage> OpenAsync(string form)
    {
        var page = await server.SignInAsync(Amara, London);
        await page.GotoAsync($"{server.Address}/meetings/{form}");
        await Expect(page.Locator("[data-clashes] li").First).ToBeVisibleAsync();
        return page;
    }
}
