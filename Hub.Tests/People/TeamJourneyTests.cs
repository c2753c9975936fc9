using System.Text;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Shell;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.People;

/// <summary>A sergeant and a constable: a file of shifts, a correction that both see, "do not disturb" in two taps, and who is typing.</summary>
[Collection(InBrowser.Name)]
public sealed class TeamJourneyTests(HubServer hub)
{
    private const string Sergeant = "sid@teams.example", Constable = "connie@teams.example";

    [Fact]
    public async Task A_sergeant_plans_and_corrects_and_the_constable_sees_it_and_says_when_to_be_left_alone()
    {
        var (sid, connie) = await PeopleAsync();
        var now = hub.Get<TimeProvider>().GetUtcNow().UtcDateTime;
        var page = await hub.SignInAsync(Sergeant);
        var phone = await hub.SignInAsync(Constable, new() { ViewportSize = new() { Width = 390, Height = 844 }, IsMobile = true, HasTouch = true });

        // The file is checked, and taken.
        await page.GotoAsync(hub.Address + "/people/team");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Import shifts" }).ClickAsync();
        await page.Locator("[data-import][data-ready]").WaitForAsync();
        await FileAsync($"email,start,end\n{Constable},{now.AddHours(-1):yyyy-MM-dd'T'HH:mm'Z'},{now.AddHours(5):yyyy-MM-dd'T'HH:mm'Z'}\nnobody@teams.example,x,y\n");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Expect(page.Locator("[data-said]")).ToContainTextAsync("added: 1");
        await Expect(page.Locator("[data-wrong] li")).ToContainTextAsync("3: “x” is no time");
        await Axe.AssertCleanAsync(page);
        await FileAsync($"email,start,end\n{Constable},{now.AddHours(-1):yyyy-MM-dd'T'HH:mm'Z'},{now.AddHours(5):yyyy-MM-dd'T'HH:mm'Z'}\n");
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await Expect(page.Locator("[data-said] .ok")).ToContainTextAsync("added: 1");

        // Both see who is on, and until when; the correction is two taps.
        await page.GetByRole(AriaRole.Link, new() { Name = "Back to my team" }).ClickAsync();
        await phone.GetByRole(AriaRole.Link, new() { Name = "Open my team" }).ClickAsync();
        var (hers, his) = (phone.Locator("li.member", new() { HasText = "Connie" }), page.Locator("li.member", new() { HasText = "Connie" }));
        await Expect(phone.Locator("#team-OnShift")).ToContainTextAsync("On shift now · 1");
        await Expect(hers).ToContainTextAsync("until");
        await Expect(phone.Locator("li.member .ways button")).ToHaveCountAsync(0);
        var before = await hers.Locator(".how > .meta").InnerTextAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Correct Connie" }).ClickAsync();
        await Expect(page.Locator(".correct")).ToBeVisibleAsync();
        await Axe.AssertCleanAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "1 hour longer" }).ClickAsync();
        await Expect(hers.Locator(".how > .meta")).Not.ToHaveTextAsync(before);
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(hers.Locator(".how > .meta")).ToHaveTextAsync(before);
        await page.GetByRole(AriaRole.Button, new() { Name = "Correct Connie" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Ends now" }).ClickAsync();
        await Expect(phone.Locator("#team-Off")).ToContainTextAsync("Off · 1");
        await Expect(phone.Locator("#team-OnShift")).ToHaveCountAsync(0);
        await Expect(his.Locator("[data-now]")).ToContainTextAsync("off shift");

        // Two taps, and the other sees it.
        await phone.Locator(".me summary").TapAsync();
        await phone.GetByRole(AriaRole.Button, new() { Name = "1 hour", Exact = true }).TapAsync();
        await Expect(his.Locator("[data-now]")).ToHaveAttributeAsync("data-now", "donotdisturb");
        await Expect(phone.Locator(".own .now")).ToContainTextAsync("Do not disturb until");
        await Axe.AssertCleanAsync(phone);
        await phone.GetByRole(AriaRole.Link, new() { Name = "Quiet hours" }).TapAsync();
        await Expect(phone.Locator(".page .notice")).ToContainTextAsync("Quiet");
        await phone.Locator("[data-find][data-ready]").FillAsync("Sid");
        await phone.Locator("[data-found] button").TapAsync();
        await Expect(phone.GetByRole(AriaRole.Button, new() { Name = "Remove Sid Teams" })).ToBeVisibleAsync();
        await Axe.AssertCleanAsync(phone);
        await using (var db = await hub.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync())
            Assert.Equal((true, false), (await db.IsQuietAsync(connie.PersonId, now), await db.IsQuietAsync(connie.PersonId, now, from: [sid.PersonId])));

        // She writes, he sees it, and not any more once it has come.
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(sid, connie.PersonId)).Value.Conversation.Id;
        await page.GotoAsync($"{hub.Address}/chat/{direct}");
        await page.Locator(".composer[data-ready]").WaitForAsync();
        await phone.GotoAsync($"{hub.Address}/chat/{direct}");
        await phone.Locator(".composer[data-ready]").WaitForAsync();
        await Expect(page.Locator("[data-typing]")).ToHaveTextAsync("");
        await phone.Locator(".composer textarea").PressSequentiallyAsync("On my way");
        await Expect(page.Locator("[data-typing]")).ToHaveTextAsync("Connie Teams is typing…");
        await Axe.AssertCleanAsync(page);
        await phone.Locator(".composer textarea").PressAsync("Enter");
        await Expect(page.Locator("li.message .said")).ToHaveTextAsync("On my way");
        await Expect(page.Locator("[data-typing]")).ToHaveTextAsync("");
        await Expect(phone.Locator("[data-typing]")).ToHaveTextAsync("");
        await page.Context.CloseAsync();
        await phone.Context.CloseAsync();

        Task FileAsync(string text) => page.Locator("#import-file").SetInputFilesAsync(new FilePayload { Name = "shifts.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(text) });
    }

    private async Task<(Actor Sid, Actor Connie)> PeopleAsync()
    {
        var directory = hub.Get<DirectoryService>();
        var body = await directory.AddOrganisationAsync("Body of teams", "teams.example");
        var unit = await directory.AddUnitAsync(body, null, "Quay team");
        var sid = new Actor(await directory.AddPersonAsync(new NewPerson(body, "Sid Teams", Sergeant, "Sergeant", unit, Phone: "020 7946 0101")));
        var connie = new Actor(await directory.AddPersonAsync(new NewPerson(body, "Connie Teams", Constable, "Constable", unit, Phone: "020 7946 0102")));
        await directory.SetSupervisorAsync(unit, sid.PersonId);
        return (sid, connie);
    }
}
