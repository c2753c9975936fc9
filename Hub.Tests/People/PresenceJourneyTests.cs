using Hub.Domain.Chat;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Shell;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.People;

/// <summary>One sees the other come, go away, come back and leave; the clock of the other's browser is moved.</summary>
[Collection(InBrowser.Name)]
public sealed class PresenceJourneyTests(HubServer hub)
{
    // Nobody else's test signs in as these.
    private const string Zoe = "zoe.hartley@northbridge.example";
    private const string Imran = "imran.chaudhry-bell@northbridge.example";
    private static readonly LocatorAssertionsToHaveAttributeOptions Soon = new() { Timeout = 30_000 };

    [Fact]
    public async Task One_sees_the_other_come_go_away_and_leave()
    {
        var people = hub.Get<PeopleService>();
        await WithoutPlansAsync();
        var (zoe, imran) = ((await people.ActorByEmailAsync(Zoe))!, (await people.ActorByEmailAsync(Imran))!);
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(zoe, imran.PersonId)).Value.Conversation.Id;
        var meeting = (await hub.Get<MeetingService>().BookAsync(zoe, new MeetingDraft("Presence", "2032-06-02T09:30:00", "2032-06-02T10:00:00", "Europe/London", [Imran]))).Value.Id;
        var person = await hub.SignInAsync(Zoe);
        var (chat, invited) = (await person.Context.NewPageAsync(), await person.Context.NewPageAsync());
        await person.GotoAsync($"{hub.Address}/people/{imran.PersonId}");
        await chat.GotoAsync($"{hub.Address}/chat/{direct}");
        await invited.GotoAsync($"{hub.Address}/meetings/{meeting}");
        var marks = new[]
        {
            person.Locator(".person [data-presence]"), chat.Locator(".talk .head [data-presence]"), chat.Locator($"nav a[href='/chat/{direct}'] [data-presence]"),
            invited.Locator($"[data-email='{Imran}'] [data-presence]"),
        };
        await EverywhereAsync("offline");

        var desktop = await hub.SignInAsync(Imran);
        await EverywhereAsync("online");
        await Expect(marks[0]).ToContainTextAsync("Online");
        await Expect(marks[0]).ToContainTextAsync("Computer");
        await Expect(marks[1]).ToHaveTextAsync("Online");
        await Expect(chat.GetByRole(AriaRole.Link, new() { Name = "Imran Chaudhry-Bell Online" })).ToBeVisibleAsync();

        // Nothing is touched for five minutes; then it is.
        await desktop.Clock.SetFixedTimeAsync(hub.Get<TimeProvider>().GetUtcNow().UtcDateTime.AddMinutes(5.1));
        await EverywhereAsync("away");
        await desktop.Mouse.MoveAsync(200, 200);
        await EverywhereAsync("online");

        // The tab is out of sight for a minute, and seen again.
        await desktop.EvaluateAsync("() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }");
        await desktop.Clock.SetFixedTimeAsync(hub.Get<TimeProvider>().GetUtcNow().UtcDateTime.AddMinutes(6.2));
        await EverywhereAsync("away");
        await desktop.EvaluateAsync("() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }");
        await EverywhereAsync("online");

        // A phone in the pocket beside it, and then alone; a page that is loaded again is no leaving.
        var phone = await hub.SignInAsync(Imran, new() { ViewportSize = new() { Width = 390, Height = 844 }, ScreenSize = new() { Width = 390, Height = 844 }, IsMobile = true, HasTouch = true });
        await Expect(marks[0]).ToContainTextAsync("Phone");
        await desktop.Context.CloseAsync();
        await Expect(marks[0]).Not.ToContainTextAsync("Computer", new() { Timeout = 10_000 });
        await person.EvaluateAsync("() => { window.states = []; new MutationObserver(m => m.forEach(r => window.states.push(r.target.dataset.presence))).observe(document.querySelector('.person [data-presence]'), { attributes: true, attributeFilter: ['data-presence'] }); }");
        await phone.ReloadAsync();
        await phone.Locator(".hub[data-live]").WaitForAsync();
        await phone.Context.CloseAsync();
        await EverywhereAsync("offline");
        Assert.Equal(["offline"], await person.EvaluateAsync<string[]>("() => window.states"));
        await person.Context.CloseAsync();

        async Task EverywhereAsync(string state)
        {
            foreach (var mark in marks) await Expect(mark).ToHaveAttributeAsync("data-presence", state, Soon);
        }
    }

    // What the demonstration has planned for Imran would show beside it, at some hours of the day.
    private async Task WithoutPlansAsync()
    {
        await using var db = await hub.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        await db.Shifts.Where(s => db.People.Any(p => p.Id == s.PersonId && p.Email == Imran)).ExecuteDeleteAsync();
        await db.Absences.Where(s => db.People.Any(p => p.Id == s.PersonId && p.Email == Imran)).ExecuteDeleteAsync();
        await db.MeetingAttendees.Where(a => a.Person.Email == Imran).ExecuteUpdateAsync(s => s.SetProperty(a => a.Status, AttendeeStatus.Declined));
    }

    [Fact]
    public async Task A_page_that_lost_its_circuit_says_again_how_it_is_when_it_goes_on()
    {
        var imran = (await hub.Get<PeopleService>().ActorByEmailAsync(Imran))!.PersonId;
        var watcher = await hub.SignInAsync(Zoe);
        await watcher.GotoAsync($"{hub.Address}/people/{imran}");
        var mark = watcher.Locator(".person [data-presence]");
        var page = await hub.SignInAsync(Imran);
        await Expect(mark).ToHaveAttributeAsync("data-presence", "online", Soon);
        await page.EvaluateAsync("() => { window.stillTheSamePage = true; }");
        // As with a node that goes: the circuit ends, and the page finds no hub until it may.
        await page.RouteAsync("**/healthz", r => r.AbortAsync());
        await page.EvaluateAsync("() => Blazor.pauseCircuit()");
        await Expect(mark).ToHaveAttributeAsync("data-presence", "offline", Soon);
        await page.UnrouteAsync("**/healthz");
        await Expect(mark).ToHaveAttributeAsync("data-presence", "online", Soon);
        Assert.True(await page.EvaluateAsync<bool>("() => window.stillTheSamePage === true"));
        await page.Context.CloseAsync();
        await watcher.Context.CloseAsync();
    }
}
