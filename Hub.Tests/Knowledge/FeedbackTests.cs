using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Hub.Tests.Storage;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Knowledge;

/// <summary>"Was this helpful": one person's answer, to one version of one article.</summary>
[Collection(InBrowser.Name)]
public sealed class FeedbackTests(HubServer server)
{
    [Theory, Databases]
    public async Task An_answer_without_a_reason_keeps_the_one_given_earlier(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (knowledge, feedback) = (hub.Get<KnowledgeService>(), hub.Get<FeedbackService>());
        await KnowledgeTests.Manages(hub, hub.Jonas, hub.Northbridge);
        var article = (await knowledge.CreateAsync(hub.Jonas, new NewArticle("A", "b"))).Value;
        await knowledge.PublishAsync(hub.Jonas, article.Id);

        await feedback.GiveAsync(hub.Amara, article.Id, true, null);
        Assert.Equal((true, ""), Of(await feedback.MineAsync(hub.Amara, article.Id)));
        await feedback.GiveAsync(hub.Amara, article.Id, true, "clear");
        await feedback.GiveAsync(hub.Amara, article.Id, false, null);
        Assert.Equal((false, "clear"), Of(await feedback.MineAsync(hub.Amara, article.Id)));
        await feedback.GiveAsync(hub.Amara, article.Id, false, "");
        Assert.Equal((false, ""), Of(await feedback.MineAsync(hub.Amara, article.Id)));
    }

    [Fact]
    public async Task An_answer_stays_with_its_article_and_another_press_keeps_the_reason()
    {
        const string email = "amara.osei@northbridge.example";
        var actor = (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
        var list = (await server.Get<ArticleList>().ListAsync(actor, new ArticleQuery())).Value.Items;
        var (one, two) = (list[0], list[1]);
        var page = await server.SignInAsync(email);
        await page.GotoAsync($"{server.Address}/articles/{one.Id}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.Locator("[data-helpful=true]").ClickAsync();
        await page.Locator("#helpful-reason").FillAsync("It names the button");
        await page.Locator("form.why button").ClickAsync();
        await Expect(page.Locator("#helpful-reason")).ToHaveValueAsync("");
        await page.Locator("[data-helpful=false]").ClickAsync();
        await Expect(page.Locator("[data-said]")).ToContainTextAsync("Thank you");
        Assert.Equal((false, "It names the button"), Of(await server.Get<FeedbackService>().MineAsync(actor, one.Id)));

        // As a search result or a link does.
        await page.EvaluateAsync($"() => Blazor.navigateTo('/articles/{two.Id}')");
        await Expect(page.Locator("article.reading h1")).ToHaveTextAsync(two.Title);
        await Expect(page.Locator("[data-helpful][aria-pressed=true]")).ToHaveCountAsync(0);
        await Expect(page.Locator("[data-said]")).ToBeEmptyAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_press_waits_until_it_can_be_sent()
    {
        const string email = "jonas.berg@northbridge.example";
        var actor = (await server.Get<PeopleService>().ActorByEmailAsync(email))!;
        var article = (await server.Get<ArticleList>().ListAsync(actor, new ArticleQuery())).Value.Items[2];
        var page = await server.SignInAsync(email);
        var module = new TaskCompletionSource();
        await page.RouteAsync(new System.Text.RegularExpressions.Regex("/ArticleFeedbackBox\\.[^/]*js"), async route =>
        {
            await module.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync($"{server.Address}/articles/{article.Id}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator("[data-helpful=true]")).ToBeDisabledAsync();
        var press = page.Locator("[data-helpful=true]").ClickAsync();
        module.SetResult();
        await press;
        await Expect(page.Locator("[data-said]")).ToContainTextAsync("Thank you");
        await page.Context.CloseAsync();
    }

    private static (bool, string) Of(MyFeedback? mine) => (mine!.Helpful, mine.Reason);
}
