using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>Commands in the box, by keyboard alone: what they do, what they say, and that no text is lost.</summary>
[Collection(InBrowser.Name)]
public sealed class CommandJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task Commands_are_listed_completed_and_done()
    {
        var (chat, amara, jonas) = (server.Get<ChatService>(), await ActorAsync(Amara), await ActorAsync(Jonas));
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("command-journey", "old topic"))).Value.Id;
        var page = await OpenAsync(Amara, channel);
        var (box, list, told) = (page.Locator("#composer-text"), page.Locator("[data-commands]"), page.Locator("[data-told]"));

        // The list: all of them, the arrows, Escape, and Tab.
        await box.FocusAsync();
        await page.Keyboard.TypeAsync("/");
        await Expect(list.GetByRole(AriaRole.Option)).ToHaveCountAsync(9);
        await Axe.AssertCleanAsync(page);
        await page.Keyboard.PressAsync("ArrowDown");
        var second = list.GetByRole(AriaRole.Option).Nth(1);
        await Expect(second).ToHaveAttributeAsync("aria-selected", "true");
        await Expect(box).ToHaveAttributeAsync("aria-activedescendant", (await second.GetAttributeAsync("id"))!);
        await page.Keyboard.PressAsync("Escape");
        await Expect(list).ToBeHiddenAsync();
        await box.FillAsync("");
        await page.Keyboard.TypeAsync("/to");
        await page.Keyboard.PressAsync("Tab");
        await Expect(box).ToHaveValueAsync("/topic ");

        // The channel's topic is the owner's to change.
        await page.Keyboard.TypeAsync("Who is on at night");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToHaveTextAsync("The topic is changed.");
        await Expect(box).ToHaveValueAsync("");
        await Expect(page.Locator(".talk .head")).ToContainTextAsync("Who is on at night");

        // A fix is found by its words and put in as a link that unfolds.
        await page.Keyboard.TypeAsync("/fix mailbox");
        await Expect(list.GetByRole(AriaRole.Option).First).ToContainTextAsync("Mailbox");
        await page.Keyboard.PressAsync("Enter");
        await Expect(box).ToHaveValueAsync(new System.Text.RegularExpressions.Regex(@"^\[.+\]\(/fixes/[a-z-]+\) $"));
        await page.Keyboard.TypeAsync("helps");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".unfolded > li")).ToContainTextAsync("Mailbox");

        // A colleague is chosen and brought in.
        await page.Keyboard.TypeAsync("/invite @jonas b");
        await Expect(list.GetByRole(AriaRole.Option).First).ToContainTextAsync("Jonas Berg");
        await Expect(page.Locator("[data-mentions]").First).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(box).ToHaveValueAsync("/invite @Jonas Berg ");
        await Expect(list).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToHaveTextAsync("In the channel now: Jonas Berg");
        Assert.True((await chat.GetAsync(jonas, channel)).Value.Joined);

        // Quiet for an hour, back, and away with a word for those here.
        await page.Keyboard.TypeAsync("/dnd");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToContainTextAsync("Nobody disturbs you until");
        var mine = (await server.Get<AvailabilityService>().GetAsync(amara)).Value;
        Assert.Equal(OwnState.DoNotDisturb, mine.State);
        Assert.InRange(mine.Until!.Value, server.Get<TimeProvider>().Now().AddMinutes(55), server.Get<TimeProvider>().Now().AddMinutes(65));
        await page.Keyboard.TypeAsync("/dnd for a while");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToContainTextAsync("This time cannot be read");
        await Expect(box).ToHaveValueAsync("/dnd for a while");
        await box.FillAsync("/dnd off");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToHaveTextAsync("You are shown as you are again.");
        await page.Keyboard.TypeAsync("/away back at two");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("li.message .said").Last).ToHaveTextAsync("back at two");
        Assert.Equal(OwnState.Away, (await server.Get<AvailabilityService>().GetAsync(amara)).Value.State);
        await page.Keyboard.TypeAsync("/away off");
        await page.Keyboard.PressAsync("Enter");
        await Expect(box).ToHaveValueAsync("");

        // A reminder: a usual time is chosen, or one's own is written; what of comes after it.
        await page.Keyboard.TypeAsync("/remind ");
        await Expect(list.GetByRole(AriaRole.Option).First).ToContainTextAsync("In 20 minutes");
        await Axe.AssertCleanAsync(page);
        await page.Keyboard.TypeAsync("1");
        await Expect(list.GetByRole(AriaRole.Option)).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Enter");
        await Expect(box).ToHaveValueAsync("/remind 1h ");
        await page.Keyboard.TypeAsync("look at the gate");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToContainTextAsync("You will be reminded");
        await Expect(box).ToHaveValueAsync("");
        await box.FillAsync("/remind tomorrow 9:15 call the garage");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToContainTextAsync("09:15");
        await box.FillAsync("/remind 6:05 stand down");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToContainTextAsync("06:05");
        await box.FillAsync("/remind the garage");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToContainTextAsync("Write when, and then what of");
        await Expect(box).ToHaveValueAsync("/remind the garage");
        await box.FillAsync("/remind 20m");
        await page.Keyboard.PressAsync("Enter");
        await Expect(told).ToHaveTextAsync("Write what you want to be reminded of.");
        await Expect(box).ToHaveValueAsync("/remind 20m");
        await box.FillAsync("");
        var waiting = (await server.Get<ReminderService>().ListAsync(amara)).Value.Where(r => r.Message is null).ToDictionary(r => r.Note, r => r.At);
        var now = server.Get<TimeProvider>().Now();
        Assert.InRange(waiting["look at the gate"], now.AddMinutes(50), now.AddMinutes(61));
        Assert.InRange(waiting["stand down"], now, now.AddHours(25));
        Assert.InRange(waiting["call the garage"], now, now.AddHours(48));

        // Help, and a meeting with the people who are here.
        await page.Keyboard.TypeAsync("/help");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("[data-helps] li")).ToHaveCountAsync(9);
        await Axe.AssertCleanAsync(page);
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("[data-helps]")).ToBeHiddenAsync();
        await page.Keyboard.TypeAsync("/meet Night handover");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/meetings/new?**");
        await Expect(page.Locator("[name=title]")).ToHaveValueAsync("Night handover");
        await Expect(page.Locator("[data-chosen] li")).ToContainTextAsync(["Jonas Berg"]);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_is_no_command_is_sent_as_it_stands_and_what_is_refused_stays_in_the_box()
    {
        var (chat, jonas) = (server.Get<ChatService>(), await ActorAsync(Jonas));
        var channel = (await chat.CreateChannelAsync(await ActorAsync(Amara), new NewChannel("command-refused"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        var phone = await OpenAsync(Jonas, channel, new() { ViewportSize = new() { Width = 390, Height = 844 } });
        var (box, told, said) = (phone.Locator("#composer-text"), phone.Locator("[data-told]"), phone.Locator("li.message .said"));
        await box.FocusAsync();

        // A path is no word; an unknown word is told of once and then sent.
        await phone.Keyboard.TypeAsync("/etc/hosts is broken");
        await phone.Keyboard.PressAsync("Enter");
        await Expect(said.Last).ToHaveTextAsync("/etc/hosts is broken");
        await phone.Keyboard.TypeAsync("/shrug it off");
        await Expect(told).ToContainTextAsync("There is no command /shrug");
        await phone.Keyboard.PressAsync("Enter");
        await Expect(said.Last).ToHaveTextAsync("/shrug it off");
        await phone.Keyboard.TypeAsync("/hlep");
        await phone.Keyboard.PressAsync("Enter");
        await Expect(told).ToContainTextAsync("There is no command /hlep");
        await Expect(box).ToHaveValueAsync("/hlep");
        await phone.Keyboard.PressAsync("Enter");
        await Expect(said.Last).ToHaveTextAsync("/hlep");

        // Not his to do, nobody of that name, nothing of that kind, no network: said above the box, and the text stays.
        foreach (var (text, why) in new[] { ("/topic mine", "Only an owner or a moderator"), ("/invite @Nobody Atall", "is not the name of one colleague"), ("/article zzqqxx", "Nothing that you can open"), ("/topic", "Write after the command") })
        {
            await box.FillAsync(text);
            await phone.Keyboard.PressAsync("Enter");
            await Expect(told).ToContainTextAsync(why);
            await Expect(box).ToHaveValueAsync(text);
        }
        await Axe.AssertCleanAsync(phone);
        await phone.RouteAsync("**/me/presence", r => r.AbortAsync());
        await box.FillAsync("/dnd 2h");
        await phone.Keyboard.PressAsync("Enter");
        await Expect(told).ToContainTextAsync("could not be done now");
        await Expect(box).ToHaveValueAsync("/dnd 2h");
        await box.FillAsync("/");
        await Expect(phone.Locator("[data-commands] [role=option]").First).ToBeVisibleAsync();
        Assert.True(await phone.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"));
        await Axe.AssertCleanAsync(phone);
        await phone.Context.CloseAsync();
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
