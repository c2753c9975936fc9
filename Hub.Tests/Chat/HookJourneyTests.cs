using System.Text;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Shell;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>An owner makes a webhook on the channel's page, a program posts, and somebody else sees it at once.</summary>
[Collection(InBrowser.Name)]
public sealed class HookJourneyTests(HubServer server)
{
    [Fact]
    public async Task An_owner_makes_a_webhook_a_program_posts_and_a_member_sees_it_live()
    {
        var (amara, jonas) = (await ActorAsync("amara.osei@northbridge.example"), await ActorAsync("jonas.berg@northbridge.example"));
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("hooked", "Quay", People: [jonas.PersonId]))).Value.Id;
        var (one, two) = (await server.SignInAsync("amara.osei@northbridge.example"), await server.SignInAsync("jonas.berg@northbridge.example"));
        await two.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(two.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await one.GotoAsync($"{server.Address}/chat/{channel}/about");
        await one.Locator("[data-details][data-ready]").WaitForAsync();
        await one.Locator(".hub[data-live]").WaitForAsync();
        await one.GetByRole(AriaRole.Link, new() { Name = "Webhooks" }).ClickAsync();
        await Expect(one.Locator("h1")).ToHaveTextAsync("Webhooks");

        // By keyboard alone.
        await one.GetByLabel("Name").First.FillAsync("Gate watch");
        await one.Keyboard.PressAsync("Enter");
        await Expect(one.Locator(".result")).ToHaveTextAsync("Gate watch is made. Its secret is shown once.");
        var address = await one.GetByLabel("Address of Gate watch").InputValueAsync();
        Assert.StartsWith($"{server.Address}/hooks/", address, StringComparison.Ordinal);
        await Axe.AssertCleanAsync(one);
        using var program = new HttpClient();
        using (var answer = await program.PostAsync(new Uri(address), Json("""{"text":"*Gate 3* is open: <https://gates.example/3|look>"}"""))) Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        var message = two.Locator("li.message", new() { HasText = "is open" });
        await Expect(message.Locator(".who")).ToHaveTextAsync("Gate watch bot");
        await Expect(message.Locator(".said strong")).ToHaveTextAsync("Gate 3");
        await Expect(message.GetByRole(AriaRole.Link, new() { Name = "look" })).ToHaveAttributeAsync("href", "https://gates.example/3");
        await Axe.AssertCleanAsync(two);

        // Among the members it stands with what it is, and nobody can take it out there.
        await two.GotoAsync($"{server.Address}/chat/{channel}/about");
        await Expect(two.Locator("li.member", new() { HasText = "Gate watch" })).ToContainTextAsync("Bot of a webhook");
        await Expect(two.GetByRole(AriaRole.Link, new() { Name = "Webhooks" })).ToHaveCountAsync(0);
        await two.GotoAsync($"{server.Address}/chat/{channel}/hooks");
        await Expect(two.Locator(".empty")).ToContainTextAsync("no webhooks here that you run");

        // Shown once; a new secret ends the old one; ended is ended.
        await one.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();
        await Expect(one.Locator("#hook-once")).ToHaveCountAsync(0);
        await one.GetByRole(AriaRole.Button, new() { Name = "New secret Gate watch" }).ClickAsync();
        await Expect(one.GetByRole(AriaRole.Group, new() { Name = "Give Gate watch a new secret? The old one stops working at once." })).ToBeFocusedAsync();
        await one.GetByRole(AriaRole.Button, new() { Name = "New secret", Exact = true }).ClickAsync();
        await Expect(one.Locator("#hook-once")).ToBeVisibleAsync();
        var renewed = await one.Locator("#hook-once").InputValueAsync();
        using (var answer = await program.PostAsync(new Uri(address), Json("""{"text":"x"}"""))) Assert.Equal("no_service", await answer.Content.ReadAsStringAsync());
        await one.GetByRole(AriaRole.Button, new() { Name = "End Gate watch" }).ClickAsync();
        await one.GetByRole(AriaRole.Button, new() { Name = "End", Exact = true }).ClickAsync();
        await Expect(one.Locator(".result")).ToHaveTextAsync("Gate watch has ended.");
        await Expect(one.Locator("[data-hook]")).ToHaveCountAsync(0);
        using (var answer = await program.PostAsync(new Uri(renewed), Json("""{"text":"x"}"""))) Assert.Equal("no_service", await answer.Content.ReadAsStringAsync());
        await one.Context.CloseAsync();
        await two.Context.CloseAsync();
    }

    [Fact]
    public async Task What_could_not_be_delivered_is_seen_and_sent_again()
    {
        var amara = await ActorAsync("amara.osei@northbridge.example");
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("undelivered"))).Value.Id;
        await using var receiver = await Receiver.StartAsync();
        receiver.Status = 500;
        var page = await server.SignInAsync("amara.osei@northbridge.example");
        await page.GotoAsync($"{server.Address}/chat/{channel}/hooks");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.GetByLabel("Name").Nth(1).FillAsync("SIEM");
        await page.GetByLabel("Address (https)").FillAsync(receiver.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Button, new() { Name = "Make webhook" }).Nth(1).ClickAsync();
        Assert.StartsWith("whsec_", await page.GetByLabel("Signing secret of SIEM").InputValueAsync(), StringComparison.Ordinal);
        await server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), "The harbour is closed");
        // As after its last try, whatever the hub itself has done of them by now.
        await using (var db = await server.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync())
        {
            await db.DueWork.Where(w => w.Kind == HookDeliveries.Work).ExecuteUpdateAsync(s => s.SetProperty(w => w.DeadAt, DateTime.UnixEpoch.AddYears(57)).SetProperty(w => w.Holder, (Guid?)null).SetProperty(w => w.Attempts, DueWorker.MostAttempts));
            await db.HookDeliveries.ExecuteUpdateAsync(s => s.SetProperty(d => d.Failure, HookFailure.Refused).SetProperty(d => d.Status, 500));
        }
        await page.ReloadAsync();
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator(".letter")).ToContainTextAsync("the receiver answered 500");
        await Axe.AssertCleanAsync(page);
        receiver.Status = 204;
        receiver.Got.Clear();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send all again" }).ClickAsync();
        await Expect(page.Locator(".result")).ToHaveTextAsync("Sent again: 1");
        await Expect(page.Locator(".letter")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Many_that_could_not_be_delivered_are_seen_in_pages_and_all_discarded_once_that_is_said_again()
    {
        var amara = await ActorAsync("amara.osei@northbridge.example");
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("many-undelivered"))).Value.Id;
        var hook = (await server.Get<HookService>().CreateAsync(amara, channel, new NewHook(HookKind.Outgoing, "SIEM") { Address = "https://localhost/told", Events = [HookEvent.Posted] })).Value.Hook.Id;
        var said = (await server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), "The harbour is closed")).Value.Message.Id;
        await using (var db = await server.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync())
        {
            var (clock, now) = (server.Get<TimeProvider>(), DateTime.UnixEpoch.AddYears(57));
            for (var i = 0; i < 60; i++)
            {
                var told = clock.NewId();
                var work = db.Due(clock, HookDeliveries.Work, $"{told}", now);
                work.DeadAt = now;
                db.HookDeliveries.Add(new HookDelivery { Id = told, HookId = hook, Event = HookEvent.Posted, MessageId = said, CreatedAt = now, WorkId = work.Id, TriedAt = now, Failure = HookFailure.Refused, Status = 500 });
            }
            await db.SaveChangesAsync();
        }
        var page = await server.SignInAsync("amara.osei@northbridge.example");
        await page.GotoAsync($"{server.Address}/chat/{channel}/hooks");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator(".letter")).ToHaveCountAsync(50);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show more SIEM" }).ClickAsync();
        await Expect(page.Locator(".letter")).ToHaveCountAsync(60);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Show more SIEM" })).ToHaveCountAsync(0);
        // One goes, and what was paged to stays.
        await page.Locator(".letter").Last.GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await Expect(page.Locator(".result")).ToHaveTextAsync("It is discarded and will not be delivered.");
        await Expect(page.Locator(".letter")).ToHaveCountAsync(59);

        // By keyboard: asked, kept, asked again and done.
        var all = page.GetByRole(AriaRole.Button, new() { Name = "Discard all" });
        var sure = page.GetByRole(AriaRole.Group, new() { Name = "Discard all of them? None will be delivered." });
        await all.PressAsync("Enter");
        await Expect(sure).ToBeFocusedAsync();
        await Axe.AssertCleanAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep them" }).PressAsync("Enter");
        await Expect(all).ToBeFocusedAsync();
        await Expect(page.Locator(".letter")).ToHaveCountAsync(59);
        await all.PressAsync("Enter");
        await sure.GetByRole(AriaRole.Button, new() { Name = "Discard all" }).PressAsync("Enter");
        await Expect(page.Locator(".result")).ToHaveTextAsync("Discarded: 59");
        await Expect(page.Locator(".letter")).ToHaveCountAsync(0);
        await Expect(page.Locator("h1")).ToBeFocusedAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Wherever_a_bots_message_is_shown_its_name_says_so_and_who_keeps_order_deletes_it_in_its_row()
    {
        var (amara, jonas) = (await ActorAsync("amara.osei@northbridge.example"), await ActorAsync("jonas.berg@northbridge.example"));
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("marked-bots", People: [jonas.PersonId]))).Value.Id;
        var made = (await server.Get<HookService>().CreateAsync(amara, channel, new NewHook(HookKind.Incoming, "Lock watch") { Wakes = true })).Value;
        var bearer = (await server.Get<HookReceiver>().ResolveAsync(made.Hook.Id.ToString(), made.Secret))!;
        var said = (await server.Get<HookReceiver>().PostAsync(bearer.Bot, bearer, "@channel sluice-gate 3 is open", null, null, MentionKind.Channel)).Value.Message;
        await server.Get<KeptMessages>().PinAsync(amara, said.Id, pin: true);
        await server.Get<KeptMessages>().SaveAsync(jonas, said.Id, save: true);
        await server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), "sluice-gate seen");
        var (one, two) = (await server.SignInAsync("amara.osei@northbridge.example"), await server.SignInAsync("jonas.berg@northbridge.example"));
        foreach (var path in new[] { $"/chat/{channel}/pins", "/chat/saved" })
        {
            await two.GotoAsync(server.Address + path);
            await Expect(two.Locator($"li[data-id='{said.Id}'] .who")).ToHaveTextAsync("Lock watch bot");
        }
        await two.GotoAsync($"{server.Address}/chat/search?q=sluice-gate");
        await Expect(two.Locator(".hit .line strong")).ToHaveTextAsync(["Amara Osei", "Lock watch bot"]);
        await Axe.AssertCleanAsync(two);
        await two.GotoAsync($"{server.Address}/inbox");
        await Expect(two.Locator(".entry .what", new() { HasText = "marked-bots" })).ToHaveTextAsync("Lock watch (bot) mentioned you in marked-bots");

        // A member cannot take it away; an owner can, by keyboard, and everyone sees it at once.
        var row = $"li[data-id='{said.Id}']";
        foreach (var page in new[] { one, two })
        {
            await page.GotoAsync($"{server.Address}/chat/{channel}");
            await page.Locator(".composer[data-ready]").WaitForAsync();
            await page.Locator(".hub[data-live]").WaitForAsync();
            await page.Locator($"{row} .said").HoverAsync();
            await page.Locator($"{row} .rowtools button[aria-label='More']").PressAsync("Enter");
        }
        await Expect(two.Locator($"{row} .rowtools")).ToContainTextAsync("Report");
        foreach (var (page, bots) in new[] { (one, 1), (two, 0) }) await Expect(page.Locator("li.message[data-bot]")).ToHaveCountAsync(bots);
        await Expect(two.Locator($"{row} .rowtools")).Not.ToContainTextAsync("Delete");
        var tools = one.Locator($"{row} .rowtools");
        await tools.GetByRole(AriaRole.Button, new() { Name = "Delete" }).PressAsync("Enter");
        await Expect(tools.GetByRole(AriaRole.Button, new() { Name = "Keep it" })).ToBeFocusedAsync();
        await Expect(tools).ToContainTextAsync("Delete this message?");
        await tools.GetByRole(AriaRole.Button, new() { Name = "Delete" }).PressAsync("Enter");
        foreach (var page in new[] { one, two }) await Expect(page.Locator($"{row} .said")).ToHaveTextAsync("Message deleted");
        await Expect(one.Locator(row)).ToBeFocusedAsync();

        // What a bot said and somebody hid says whose it was too.
        var hidden = (await server.Get<HookReceiver>().PostAsync(bearer.Bot, bearer, "sluice-gate 4 is open", null, null)).Value.Message;
        await server.Get<ModerationService>().HideAsync(amara, hidden.Id, "why");
        await one.GotoAsync($"{server.Address}/chat/m/{hidden.Id}/hidden");
        await Expect(one.Locator(".kept strong")).ToHaveTextAsync("Lock watch bot");
        foreach (var page in new[] { one, two }) await page.Context.CloseAsync();
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
