using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>A link is pasted and unfolds for who may see where it leads, live, in two real browsers and on a phone.</summary>
[Collection(InBrowser.Name)]
public sealed class CardJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task A_pasted_link_unfolds_for_who_may_see_it_and_follows_what_it_leads_to()
    {
        var (chat, messages, meetings) = (server.Get<ChatService>(), server.Get<MessageService>(), server.Get<MeetingService>());
        var (amara, jonas) = (await ActorAsync(Amara), await ActorAsync(Jonas));
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("cards-journey"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        var secret = (await chat.CreateChannelAsync(amara, new NewChannel("cards-secret", People: [(await ActorAsync("reena.patel@northbridge.example")).PersonId]))).Value.Id;
        var kept = (await messages.PostAsync(amara, secret, Guid.NewGuid(), "The gate code is 4711")).Value.Message;
        var day = server.Get<TimeProvider>().GetUtcNow().AddDays(2).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var meeting = (await meetings.BookAsync(amara, new MeetingDraft("Cards handover", $"{day}T12:00:00", $"{day}T12:30:00", "Europe/London", [Jonas]))).Value;
        var (one, two) = (await OpenAsync(Amara, channel), await OpenAsync(Jonas, channel, new() { ViewportSize = new() { Width = 390, Height = 844 }, TimezoneId = "America/New_York" }));

        await one.Locator("#composer-text").FillAsync($"For later: {server.Address}/chat/m/{kept.Id} and {server.Address}/meetings/{meeting.Id}");
        await one.Keyboard.PressAsync("Enter");
        var (mine, his) = (one.Locator(".unfolded > li"), two.Locator(".unfolded > li"));
        await Expect(mine).ToHaveCountAsync(2);
        await Expect(mine.First).ToContainTextAsync("The gate code is 4711");
        await Expect(mine.First).ToContainTextAsync("cards-secret");
        await Expect(mine.Last.Locator("button")).ToHaveCountAsync(0);
        // He is not there: nothing of it stands on his page, not even a place for it.
        await Expect(his).ToHaveCountAsync(1);
        await Expect(his).ToContainTextAsync("Cards handover");
        await Expect(his).ToContainTextAsync("America/New_York");
        Assert.DoesNotContain("4711", await two.ContentAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("cards-secret", await two.ContentAsync(), StringComparison.Ordinal);
        // He stays at the newest although the card came after its message.
        await Expect(his.GetByRole(AriaRole.Button, new() { Name = "Accept" })).ToBeInViewportAsync();
        await Axe.AssertCleanAsync(one);
        await Axe.AssertCleanAsync(two);
        Assert.True(await two.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"));

        // The answer is given in the card, by keyboard, and the focus stays where it was.
        await his.GetByRole(AriaRole.Button, new() { Name = "Accept" }).FocusAsync();
        await two.Keyboard.PressAsync("Enter");
        await Expect(his.Locator(".chip")).ToHaveTextAsync("You are coming");
        await Expect(his.GetByRole(AriaRole.Button, new() { Name = "Accept" })).ToBeFocusedAsync();
        await Expect(his.GetByRole(AriaRole.Button, new() { Name = "Accept" })).ToHaveAttributeAsync("aria-pressed", "true");
        Assert.Equal(AttendeeStatus.Accepted, (await meetings.GetAsync(amara, meeting.Id)).Value.Attendees.Single(a => a.Id == jonas.PersonId).Status);

        // What it leads to changes, is deleted, comes into sight, goes out of sight.
        await meetings.CancelAsync(amara, meeting.Id);
        foreach (var card in new[] { mine.Last, his.Last }) await Expect(card.Locator(".chip")).ToHaveTextAsync("Cancelled");
        await messages.EditAsync(amara, kept.Id, "The gate code is 0815", 1);
        await Expect(mine.First).ToContainTextAsync("0815");
        await server.Get<MemberService>().InviteAsync(amara, secret, [jonas.PersonId]);
        await Expect(his.First).ToContainTextAsync("0815");
        await server.Get<MemberService>().RemoveAsync(amara, secret, jonas.PersonId);
        await Expect(his).ToHaveCountAsync(1);
        await messages.DeleteAsync(amara, kept.Id, 2);
        await Expect(mine).ToHaveCountAsync(1);
        foreach (var page in new[] { one, two }) await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_person_unfolds_with_how_they_are_in_a_thread_too()
    {
        var (chat, messages) = (server.Get<ChatService>(), server.Get<MessageService>());
        var (amara, jonas) = (await ActorAsync(Amara), await ActorAsync(Jonas));
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("cards-people"))).Value.Id;
        var root = (await messages.PostAsync(amara, channel, Guid.NewGuid(), "Who knows?")).Value.Message;
        var (one, two) = (await server.SignInAsync(Amara), await server.SignInAsync(Jonas));
        await one.GotoAsync($"{server.Address}/chat/{channel}/thread/{root.Id}");
        await Expect(one.Locator(".thread .composer[data-ready]")).ToBeVisibleAsync();
        await one.Locator("#reply-text").FillAsync($"Ask [him](/people/{jonas.PersonId})");
        await one.Keyboard.PressAsync("Enter");
        var card = one.Locator(".thread .unfolded > li");
        await Expect(card.Locator("strong")).ToHaveTextAsync("Jonas Berg");
        await Expect(card.Locator("[data-presence]")).ToBeVisibleAsync();
        await Axe.AssertCleanAsync(one);
        await card.Locator("a").ClickAsync();
        await one.WaitForURLAsync($"{server.Address}/people/{jonas.PersonId}");
        foreach (var page in new[] { one, two }) await page.Context.CloseAsync();
    }

    private async Task<IPage> OpenAsync(string who, Guid channel, BrowserNewContextOptions? options = null)
    {
        var page = await server.SignInAsync(who, options);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await page.Locator(".hub[data-live]").WaitForAsync();
        return page;
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
}
