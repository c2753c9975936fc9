using System.Net;
using System.Text.RegularExpressions;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Shell;

/// <summary>A room whose data is broken, in a real browser: the room says so, the rest of the hub lives.</summary>
[Collection(InBrowser.Name)]
public sealed class RoomErrorJourneyTests(HubServer hub)
{
    [Fact]
    public async Task A_room_that_fails_shows_a_reference_that_is_in_the_log_and_the_other_rooms_live_on_in_the_same_circuit()
    {
        var directory = hub.Get<DirectoryService>();
        var body = await directory.AddOrganisationAsync("Body of errors", "errors.example");
        var actor = new Actor(await directory.AddPersonAsync(new NewPerson(body, "Erin Errors", "erin@errors.example", "Constable")));
        var meeting = (await hub.Get<MeetingService>().BookAsync(actor, new MeetingDraft("Broken series", "2035-03-05T09:00:00", "2035-03-05T10:00:00", "Europe/London", [], "FREQ=DAILY;COUNT=3"))).Value.Id;
        await BreakAsync(meeting, "no rule at all");
        var page = await hub.SignInAsync("erin@errors.example");
        await page.EvaluateAsync("() => { window.here = true; }");

        await page.EvaluateAsync("to => Blazor.navigateTo(to)", $"/meetings/{meeting}");
        await Expect(page.Locator("main h1")).ToHaveTextAsync("Something went wrong");
        var reference = await page.Locator(".reference").TextContentAsync();
        Assert.Contains(hub.Log.All, l => l.Contains(reference!, StringComparison.Ordinal) && l.Contains("Room meetings failed", StringComparison.Ordinal) && l.Contains("Exception", StringComparison.Ordinal));
        await Axe.AssertCleanAsync(page);

        await page.Locator(".rail a[href='/chat']").ClickAsync();
        await Expect(page.Locator("main h1").First).ToHaveTextAsync("Chat");
        await page.Locator(".rail a[href='/articles']").ClickAsync();
        await Expect(page.Locator("#articles-title")).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<bool>("() => window.here === true && !document.documentElement.hasAttribute('data-offline')"));

        // Opened by its address it is the same page with the same rail.
        await page.GotoAsync($"{hub.Address}/meetings/{meeting}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator("main h1")).ToHaveTextAsync("Something went wrong");
        await BreakAsync(meeting, "FREQ=DAILY;COUNT=3");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(page.Locator("main h1")).ToHaveTextAsync("Broken series");
        await page.Context.CloseAsync();
    }

    private async Task BreakAsync(Guid meeting, string rule)
    {
        await using var db = await hub.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        await db.Meetings.Where(m => m.Id == meeting).ExecuteUpdateAsync(s => s.SetProperty(m => m.Recurrence, rule));
    }
}

/// <summary>A page outside the rooms that fails.</summary>
public sealed class ErrorPageTests
{
    [Theory, Databases]
    public async Task The_error_page_shows_a_reference_that_is_in_the_log(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        var log = new LogLines();
        await using var logged = web.WithWebHostBuilder(b => b.ConfigureLogging(l => l.AddProvider(log)));
        using var client = logged.CreateClient();
        // The sign-in page lists people; without their table it cannot.
        await using (var db = await logged.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync())
            await db.Database.ExecuteSqlRawAsync("ALTER TABLE \"RoleGrants\" RENAME TO \"Gone\"");

        using var answer = await client.GetAsync(new Uri("/signin", UriKind.Relative));
        Assert.Equal((HttpStatusCode.InternalServerError, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var reference = Regex.Match(await answer.Content.ReadAsStringAsync(), "class=\"reference\">([^<]+)<").Groups[1].Value;
        Assert.NotEmpty(reference);
        Assert.Contains(log.All, l => l.Contains($"/signin failed, reference {reference}", StringComparison.Ordinal) && l.Contains("Exception", StringComparison.Ordinal));
    }
}
