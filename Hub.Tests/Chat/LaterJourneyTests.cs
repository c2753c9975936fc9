using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Shell;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>One writes for later and the other gets it; the other has themselves reminded, by keyboard and on a phone.</summary>
[Collection(InBrowser.Name)]
public sealed class LaterJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task A_message_is_written_for_later_changed_and_sent()
    {
        var (channel, _, _) = await ChannelAsync("later-journey");
        var (one, two) = (await server.SignInAsync(Amara), await server.SignInAsync(Jonas));
        foreach (var page in new[] { one, two })
        {
            await page.GotoAsync($"{server.Address}/chat/{channel}");
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        }
        var box = one.Locator("#composer-text");
        await box.FillAsync("Good morning, night shift");
        await one.Locator("[data-later]").FocusAsync();
        await one.Keyboard.PressAsync("Enter");
        var dialog = one.GetByRole(AriaRole.Dialog, new() { Name = "Send later" });
        await Expect(dialog.Locator("[data-time=minutes]")).ToBeFocusedAsync();
        await Axe.AssertCleanAsync(one);
        // Escape keeps the text; a time that is past is refused, and what is chosen then is taken.
        await one.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(box).ToHaveValueAsync("Good morning, night shift");
        await one.Locator("[data-later]").ClickAsync();
        await Expect(dialog.Locator("[data-time=minutes]")).ToBeFocusedAsync();
        await one.Keyboard.PressAsync("ArrowDown");
        await Expect(dialog.Locator("[data-time=hour]")).ToBeFocusedAsync();
        await one.Keyboard.PressAsync("Enter");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(box).ToHaveValueAsync("");
        await Expect(box).ToBeFocusedAsync();
        var line = one.Locator("p.later a");
        await Expect(line).ToContainTextAsync("1 message is waiting to be sent here");
        await Expect(two.Locator("p.later a")).ToHaveCountAsync(0);

        await line.ClickAsync();
        await one.Locator("main .page[data-ready]").WaitForAsync();
        var card = one.GetByRole(AriaRole.Article, new() { Name = "Message to later-journey" });
        await card.GetByRole(AriaRole.Button, new() { Name = "Edit" }).PressAsync("Enter");
        var text = card.GetByLabel("Text of the message");
        await Expect(text).ToHaveValueAsync("Good morning, night shift");
        await Expect(text).ToBeFocusedAsync();
        await text.FillAsync("Good evening, night shift");
        await Axe.AssertCleanAsync(one);
        await card.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(card.Locator("[data-text]")).ToHaveTextAsync("Good evening, night shift");
        await Expect(card.GetByRole(AriaRole.Button, new() { Name = "Edit" })).ToBeFocusedAsync();
        await card.GetByRole(AriaRole.Button, new() { Name = "Send now" }).ClickAsync();
        await Expect(two.Locator("li.message .said")).ToHaveTextAsync("Good evening, night shift");
        await Expect(card).ToHaveCountAsync(0);
        await Expect(one.Locator(".notice[role=status]")).ToHaveTextAsync("The message is sent.");
        foreach (var page in new[] { one, two }) await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_was_refused_is_told_with_its_reason_and_can_be_discarded()
    {
        var (channel, amara, jonas) = await ChannelAsync("later-refused");
        var id = Guid.NewGuid();
        Assert.True((await server.Get<LaterService>().ScheduleAsync(jonas, channel, new NewLater(id, "Too late", server.Get<TimeProvider>().Now().AddMinutes(30)))).Ok);
        await server.Get<ChannelService>().ArchiveAsync(amara, channel, true);
        var page = await server.SignInAsync(Jonas, new() { ViewportSize = new() { Width = 390, Height = 844 } });
        await page.GotoAsync(server.Address + "/chat/later");
        await page.Locator("main .page[data-ready]").WaitForAsync();
        var card = page.GetByRole(AriaRole.Article, new() { Name = "Message to later-refused" });
        await Expect(card).ToBeVisibleAsync();
        await DueAsync("chat.later", $"{jonas.PersonId}:{id}", db => db.LaterMessages.Where(l => l.Id == id).ExecuteUpdateAsync(s => s.SetProperty(l => l.At, server.Get<TimeProvider>().Now())));
        await Expect(card.Locator(".refused")).ToContainTextAsync("archived");
        await Axe.AssertCleanAsync(page);
        await page.GotoAsync(server.Address + "/inbox");
        var entry = page.Locator(".entry", new() { HasText = "later-refused" });
        await Expect(entry).ToContainTextAsync("Your message to later-refused was not sent");
        await entry.Locator("a").ClickAsync();
        await page.Locator("main .page[data-ready]").WaitForAsync();
        await card.GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await card.GetByRole(AriaRole.Group, new() { Name = "Discard this message?" }).GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await Expect(card).ToHaveCountAsync(0);
        await Expect(page.Locator("h1")).ToBeFocusedAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_message_reminds_and_so_does_a_note()
    {
        var (channel, amara, jonas) = await ChannelAsync("remind-journey");
        await server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), "The tyres are due on Monday");
        var page = await server.SignInAsync(Jonas);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await page.Locator(".scroller").FocusAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        var row = page.Locator("li.message").Last;
        await Expect(row).ToBeFocusedAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "More", Exact = true }).PressAsync("Enter");
        await row.GetByRole(AriaRole.Button, new() { Name = "Remind me" }).PressAsync("Enter");
        var dialog = page.GetByRole(AriaRole.Dialog, new() { Name = "Remind me" });
        await Expect(dialog.GetByLabel("Note")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("book the van");
        await dialog.Locator("[data-time=tomorrow]").PressAsync("Enter");
        await Expect(row.GetByRole(AriaRole.Status)).ToHaveTextAsync("You will be reminded");

        var phone = await server.SignInAsync(Jonas, new() { ViewportSize = new() { Width = 390, Height = 844 } });
        await phone.GotoAsync(server.Address + "/chat/later");
        await phone.Locator("main .page[data-ready]").WaitForAsync();
        var card = phone.GetByRole(AriaRole.Article).Filter(new() { HasText = "book the van" });
        await Expect(card).ToContainTextAsync("The tyres are due on Monday");
        await phone.GetByRole(AriaRole.Button, new() { Name = "New reminder" }).ClickAsync();
        dialog = phone.GetByRole(AriaRole.Dialog, new() { Name = "New reminder" });
        await dialog.Locator("[data-time=hour]").ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Status)).ToHaveTextAsync("Write what you want to be reminded of.");
        await dialog.GetByLabel("Note").FillAsync("call home");
        await Axe.AssertCleanAsync(phone);
        await dialog.Locator("[data-time=hour]").ClickAsync();
        await Expect(phone.GetByRole(AriaRole.Article).Filter(new() { HasText = "call home" })).ToBeVisibleAsync();

        // Its time has come: it stands in the inbox, and is read by opening it from there, on every device.
        var id = (await server.Get<ReminderService>().ListAsync(jonas)).Value.Single(r => r.Note == "book the van").Id;
        await DueAsync("notifications.remind", id.ToString(), db => db.Reminders.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.At, server.Get<TimeProvider>().Now())));
        await Expect(card).ToHaveCountAsync(0);
        await page.GotoAsync(server.Address + "/inbox");
        var entry = page.Locator(".entry", new() { HasText = "book the van" });
        await Expect(entry).ToContainTextAsync("Amara Osei: The tyres are due on Monday");
        await Axe.AssertCleanAsync(page);

        // Not now: given another time where it stands it is gone until then, and comes again.
        await page.Locator(".hub[data-live]").WaitForAsync();
        await entry.GetByRole(AriaRole.Button, new() { Name = "Remind me again" }).PressAsync("Enter");
        await page.GetByRole(AriaRole.Dialog, new() { Name = "Remind me again" }).Locator("[data-time=minutes]").PressAsync("Enter");
        await Expect(entry).ToHaveCountAsync(0);
        await Expect(page.Locator("h1")).ToBeFocusedAsync();
        await Expect(page.Locator("[data-told]")).ToHaveTextAsync("You will be reminded again");
        Assert.Null((await server.Get<ReminderService>().GetAsync(jonas, id)).Value.RemindedAt);
        await DueAsync("notifications.remind", id.ToString(), db => db.Reminders.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.At, server.Get<TimeProvider>().Now())));
        await Expect(entry).ToBeVisibleAsync();
        await entry.Locator("a").ClickAsync();
        await page.WaitForURLAsync($"{server.Address}/chat/{channel}?at=1");
        await phone.GotoAsync(server.Address + "/inbox?show=unread");
        await Expect(phone.Locator("h1")).ToBeVisibleAsync();
        await Expect(phone.Locator(".entry", new() { HasText = "book the van" })).ToHaveCountAsync(0);
        foreach (var one in new[] { page, phone }) await one.Context.CloseAsync();
    }

    private async Task<(Guid Channel, Actor Amara, Actor Jonas)> ChannelAsync(string name)
    {
        var (people, chat) = (server.Get<PeopleService>(), server.Get<ChatService>());
        var (amara, jonas) = ((await people.ActorByEmailAsync(Amara))!, (await people.ActorByEmailAsync(Jonas))!);
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel(name))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        return (channel, amara, jonas);
    }

    // Others share the clock: it is the time of this one that is brought forward. The hub's own clock takes it up.
    private async Task DueAsync(string kind, string key, Func<HubDb, Task<int>> bring)
    {
        await using var db = await server.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        Assert.Equal(1, await bring(db));
        Assert.Equal(1, await db.DueWork.Where(w => w.Kind == kind && w.Key == key).ExecuteUpdateAsync(s => s.SetProperty(w => w.DueAt, server.Get<TimeProvider>().Now())));
    }
}
