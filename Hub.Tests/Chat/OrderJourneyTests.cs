using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>A member reports a message, the owner hides it, and everyone sees it at once; Compliance exports the conversation.</summary>
[Collection(InBrowser.Name)]
public sealed class OrderJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example", Jonas = "jonas.berg@northbridge.example", Mina = "mina.kaya@northbridge.example", Ruth = "ruth.abernathy@northbridge.example";

    [Fact]
    public async Task What_a_member_reports_a_moderator_hides_and_nobody_has_to_load_the_page_again()
    {
        var (amara, jonas, mina) = (await ActorAsync(Amara), await ActorAsync(Jonas), await ActorAsync(Mina));
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("orderly", People: [jonas.PersonId, mina.PersonId]))).Value.Id;
        var said = (await server.Get<MessageService>().PostAsync(jonas, channel, Guid.NewGuid(), "Words that do not belong here")).Value.Message;
        var (owner, author, member) = (await OpenAsync(Amara, "/chat/reports"), await OpenAsync(Jonas, $"/chat/{channel}"), await OpenAsync(Mina, $"/chat/{channel}"));
        var row = $"li[data-id='{said.Id}']";

        await member.Locator($"{row} .said").HoverAsync();
        await member.Locator(".rowtools button[aria-label='More']").ClickAsync();
        await Expect(member.Locator(".rowtools")).Not.ToContainTextAsync("Hide the message");
        await member.Locator(".rowtools").GetByRole(AriaRole.Button, new() { Name = "Report" }).ClickAsync();
        await member.GetByLabel("What is wrong with it").SelectOptionAsync("harassment");
        await member.GetByLabel("In your own words").FillAsync("About a colleague");
        Assert.Empty(await Axe.FindAsync(member));
        await member.GetByRole(AriaRole.Button, new() { Name = "Send the report" }).ClickAsync();
        await Expect(member.Locator($"{row} .rowtools")).ToContainTextAsync("Reported");

        // It is there at once for who keeps order, with who reported; the author knows nothing of it.
        var report = owner.Locator("article", new() { HasText = "About a colleague" });
        await Expect(report).ToContainTextAsync("Mina Kaya");
        await Expect(report).ToContainTextAsync("Words that do not belong here");
        await Expect(author.Locator("a[href='/chat/reports']")).ToHaveCountAsync(0);
        await report.Locator("form[data-ready]").WaitForAsync();
        await report.GetByLabel("Reason that everyone sees").FillAsync("Be kind");
        await report.GetByRole(AriaRole.Button, new() { Name = "Hide the message" }).ClickAsync();
        await Expect(member.Locator($"{row} .said")).ToHaveTextAsync("Hidden by a moderator: Be kind");
        await Expect(author.Locator($"{row} .said")).ToHaveTextAsync("Hidden by a moderator: Be kind");
        await Expect(report).ToHaveCountAsync(0);
        await Expect(member.Locator($"{row} a.place")).ToHaveCountAsync(0);
        await author.Locator($"{row} a.place").ClickAsync();
        await Expect(author.Locator(".kept")).ToContainTextAsync("Words that do not belong here");
        Assert.Empty(await Axe.FindAsync(author));

        // And back again.
        await owner.GotoAsync($"{server.Address}/chat/m/{said.Id}/hidden");
        await owner.Locator(".hub[data-live]").WaitForAsync();
        await owner.GetByRole(AriaRole.Button, new() { Name = "Show it again" }).ClickAsync();
        await Expect(member.Locator($"{row} .said")).ToHaveTextAsync("Words that do not belong here");
        foreach (var page in new[] { owner, author, member }) await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Compliance_sets_a_rule_places_a_hold_and_fetches_an_export_on_its_pages()
    {
        var (amara, jonas) = (await ActorAsync(Amara), await ActorAsync(Jonas));
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("for-the-record", People: [jonas.PersonId]))).Value.Id;
        await server.Get<MessageService>().PostAsync(jonas, channel, Guid.NewGuid(), "On the record");
        var page = await OpenAsync(Ruth, "/admin/retention");
        var card = page.Locator("[data-kind=Help]").First;
        await card.Locator("form[data-ready]").WaitForAsync();
        await card.Locator("input[name=days]").FillAsync("365");
        await card.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(card).ToContainTextAsync("365 days, set by Ruth Abernathy");

        await page.GotoAsync($"{server.Address}/admin/compliance?q=for-the-record");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "for-the-record" }).ClickAsync();
        await page.Locator("form[data-path$=exports][data-ready]").WaitForAsync();
        await Expect(page.Locator("main")).Not.ToContainTextAsync("On the record");
        await page.GetByLabel("Reason of the export").FillAsync("Request 7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask for the export" }).ClickAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Readable page" }).ClickAsync());
        Assert.Contains("On the record", await File.ReadAllTextAsync((await download.PathAsync())!), StringComparison.Ordinal);
        await page.GetByLabel("Reason of the hold").FillAsync("Court");
        await page.GetByLabel("Reference").FillAsync("C-7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Place the hold" }).ClickAsync();
        await Expect(page.Locator("article", new() { HasText = "C-7" })).ToContainTextAsync("Placed by Ruth Abernathy");
        await page.GetByRole(AriaRole.Button, new() { Name = "End the hold" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "End the hold" }).ClickAsync();
        await Expect(page.Locator("article", new() { HasText = "C-7" })).ToContainTextAsync("ended by Ruth Abernathy");
        Assert.Empty(await Axe.FindAsync(page));

        // For everybody else there is nothing here.
        var other = await OpenAsync(Amara, $"/admin/compliance/{channel}");
        await Expect(other.Locator("main")).ToContainTextAsync("nothing here that is for you to see");
        await other.GotoAsync($"{server.Address}/admin/retention");
        await Expect(other.Locator("main")).ToContainTextAsync("nothing here that is for you to see");
        foreach (var open in new[] { page, other }) await open.Context.CloseAsync();
    }

    private async Task<IPage> OpenAsync(string email, string path)
    {
        var page = await server.SignInAsync(email);
        await page.GotoAsync(server.Address + path);
        await page.Locator(".hub[data-live]").WaitForAsync();
        return page;
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
}
