using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>An owner runs a channel on its page while a member has it open, in a real browser: roles, its end, and what was written too late.</summary>
[Collection(InBrowser.Name)]
public sealed class RunningJourneyTests(HubServer server)
{
    [Fact]
    public async Task A_member_sees_at_once_what_the_owner_decides_and_loses_nothing_that_was_written()
    {
        var (amara, jonas) = (await ActorAsync("amara.osei@northbridge.example"), await ActorAsync("jonas.berg@northbridge.example"));
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("run-by-amara", "Quay", People: [jonas.PersonId]) { Announcements = true })).Value.Id;
        var (one, two) = (await server.SignInAsync("amara.osei@northbridge.example"), await server.SignInAsync("jonas.berg@northbridge.example"));
        await two.GotoAsync($"{server.Address}/chat/{channel}");
        await two.Locator(".hub[data-live]").WaitForAsync();
        await Expect(two.Locator(".joinbar")).ToContainTextAsync("Only its owners");
        await one.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(one.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await one.Locator(".hub[data-live]").WaitForAsync();
        await one.GetByRole(AriaRole.Button, new() { Name = "Leave" }).ClickAsync();
        await Expect(one.Locator(".notice")).ToContainTextAsync("without an owner");
        await one.GetByRole(AriaRole.Link, new() { Name = "Details" }).First.ClickAsync();
        await one.Locator("[data-details][data-ready]").WaitForAsync();
        Assert.Empty(await Axe.FindAsync(one));

        // A role is there at once; so is a name.
        await one.GetByLabel("Role of Jonas Berg").SelectOptionAsync("Moderator");
        await Expect(two.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await one.Locator("#details-name").FillAsync("run-by-both");
        await one.Locator("[data-details] button").ClickAsync();
        await Expect(two.Locator("h1")).ToHaveTextAsync("run-by-both");
        await Expect(two.Locator(".pane-list a", new() { HasText = "run-by-both" })).ToBeVisibleAsync();

        // Written before the end, and on its way after it: refused, kept, and sent once it is open again.
        await two.RouteAsync("**/messages", r => r.Request.Method == "POST" ? r.AbortAsync() : r.ContinueAsync());
        await two.Locator("#composer-text").FillAsync("One more thing");
        await two.Keyboard.PressAsync("Enter");
        await Expect(two.Locator(".pending li")).ToContainTextAsync("One more thing");
        await one.GetByRole(AriaRole.Button, new() { Name = "Archive" }).ClickAsync();
        await Expect(two.Locator(".joinbar")).ToContainTextAsync("archived");
        await Expect(two.Locator(".kept li")).ToContainTextAsync("One more thing");
        await two.UnrouteAllAsync();
        await two.EvaluateAsync("() => document.dispatchEvent(new CustomEvent('hub:back'))");
        await Expect(two.Locator(".kept li[data-state=refused]")).ToContainTextAsync("nobody writes in it");
        Assert.Empty(await Axe.FindAsync(two));
        await one.GetByRole(AriaRole.Button, new() { Name = "Open again" }).ClickAsync();
        await Expect(two.Locator(".composer[data-ready] .pending li")).ToContainTextAsync("One more thing");
        await two.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Expect(two.Locator("li.message .said")).ToHaveTextAsync("One more thing");

        // Muted on one device is muted on the other; and who is taken out sees it no more.
        var phone = await server.SignInAsync("jonas.berg@northbridge.example");
        await phone.GotoAsync($"{server.Address}/chat");
        await phone.Locator(".hub[data-live]").WaitForAsync();
        await two.GotoAsync($"{server.Address}/chat/{channel}/about");
        await two.Locator(".hub[data-live]").WaitForAsync();
        await two.GetByRole(AriaRole.Button, new() { Name = "Mute", Exact = true }).ClickAsync();
        await Expect(phone.Locator(".pane-list a", new() { HasText = "run-by-both" })).ToContainTextAsync("Muted");
        var tablet = await server.SignInAsync("jonas.berg@northbridge.example");
        await tablet.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(tablet.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await tablet.Locator(".hub[data-live]").WaitForAsync();
        await tablet.RouteAsync("**/messages", r => r.Request.Method == "POST" ? r.AbortAsync() : r.ContinueAsync());
        await tablet.Locator("#composer-text").FillAsync("Too late");
        await tablet.Keyboard.PressAsync("Enter");
        await Expect(tablet.Locator(".pending li")).ToContainTextAsync("Too late");
        await one.GetByRole(AriaRole.Button, new() { Name = "Remove Jonas Berg" }).ClickAsync();
        foreach (var page in new[] { two, tablet }) await Expect(page.Locator(".empty")).ToContainTextAsync("not for you to see");
        await tablet.UnrouteAllAsync();
        await tablet.EvaluateAsync("() => document.dispatchEvent(new CustomEvent('hub:back'))");
        await Expect(tablet.Locator(".kept li[data-state=refused]")).ToContainTextAsync("Too late");
        await Expect(phone.Locator(".pane-list a", new() { HasText = "run-by-both" })).ToHaveCountAsync(0);
        await one.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(phone.Locator(".pane-list a", new() { HasText = "run-by-both" })).ToBeVisibleAsync();
        foreach (var page in new[] { one, two, phone, tablet }) await page.Context.CloseAsync();
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
}
