using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>One person on two devices catches up: marked unread on one, read on the other; the first that is new, all that is new, and a day.</summary>
[Collection(InBrowser.Name)]
public sealed class CatchingUpJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task What_was_put_off_is_found_again_on_another_device()
    {
        var (chat, messages) = (server.Get<ChatService>(), server.Get<MessageService>());
        var (amara, jonas) = ((await server.Get<PeopleService>().ActorByEmailAsync(Amara))!, (await server.Get<PeopleService>().ActorByEmailAsync(Jonas))!);
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("late-shift"))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        for (var i = 1; i <= 70; i++) await messages.PostAsync(amara, channel, Guid.NewGuid(), $"Line {i}");

        // More is new than one page of it: the way leads to the first.
        var desk = await server.SignInAsync(Jonas);
        await desk.GotoAsync($"{server.Address}/chat/{channel}");
        await desk.GetByRole(AriaRole.Link, new() { Name = "Jump to the first of 70 new" }).ClickAsync();
        await Expect(desk.Locator("li.new + li.message .said")).ToHaveTextAsync("Line 1");
        await desk.GetByRole(AriaRole.Button, new() { Name = "Jump to newest" }).ClickAsync();
        await Expect(desk.Locator("li.message .said").Last).ToHaveTextAsync("Line 70");

        // By keyboard: unread from the last but one on.
        await desk.Locator(".scroller").FocusAsync();
        await desk.Keyboard.PressAsync("ArrowUp");
        await desk.Keyboard.PressAsync("ArrowUp");
        var row = desk.Locator("li.message").Nth(-2);
        await Expect(row).ToBeFocusedAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Mark unread from here" }).PressAsync("Enter");
        await Expect(row.GetByRole(AriaRole.Status)).ToHaveTextAsync("Unread from here on, on every device");
        await Expect(desk.Locator("li.new + li.message .said")).ToHaveTextAsync("Line 69");

        var phone = await server.SignInAsync(Jonas, new() { ViewportSize = new() { Width = 390, Height = 844 } });
        await phone.GotoAsync($"{server.Address}/chat/unread");
        var part = phone.GetByRole(AriaRole.Article, new() { Name = "late-shift" });
        await Expect(part.Locator(".said")).ToHaveTextAsync(["Line 69", "Line 70"]);
        await messages.PostAsync(amara, channel, Guid.NewGuid(), "Line 71");
        await Expect(part.Locator(".said")).ToHaveTextAsync(["Line 69", "Line 70", "Line 71"]);
        await Axe.AssertCleanAsync(phone);
        await part.GetByRole(AriaRole.Button, new() { Name = "Mark read" }).ClickAsync();
        await Expect(part).ToHaveCountAsync(0);

        // A day, from the details page.
        await desk.GotoAsync($"{server.Address}/chat/{channel}/about");
        var today = server.Get<TimeProvider>().GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        await desk.Locator(".hub[data-live]").WaitForAsync();
        await desk.GetByLabel("Go to what was said on").FillAsync(today);
        await desk.GetByRole(AriaRole.Button, new() { Name = "Go there" }).ClickAsync();
        await Expect(desk.Locator("li[data-target] .said")).ToHaveTextAsync("Line 1");
        foreach (var page in new[] { desk, phone }) await page.Context.CloseAsync();
    }
}
