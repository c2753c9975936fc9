using System.Text.RegularExpressions;
using Hub.Domain.Storage;
using Hub.Tests.Shell;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Knowledge;

/// <summary>The first save of a new article: once, and what is typed around it is not lost.</summary>
[Collection(InBrowser.Name)]
public sealed class EditorJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";

    [Theory]
    [InlineData("again")]
    [InlineData("changed")]
    [InlineData("reloaded")]
    public async Task A_save_whose_answer_was_lost_makes_one_article(string then)
    {
        var title = "Lost answer, " + then;
        var page = await WriteAsync(title, "one");
        await page.LoseFirstAnswerAsync("**/api/v1/articles");
        await page.Locator("#article-body").PressAsync("Control+s");
        await Expect(page.Locator("[data-error]")).ToContainTextAsync("cannot be reached");
        if (then == "changed") await page.Locator("#article-body").FillAsync("one and more");
        if (then == "reloaded")
        {
            await page.ReloadAsync();
            await page.Locator("form.editor[data-ready]").WaitForAsync();
            await Expect(page.Locator("#article-body")).ToHaveValueAsync("one");
        }
        await page.Locator("#article-body").PressAsync("Control+s");
        await Expect(page.Locator("[data-said]")).ToHaveTextAsync("Draft saved.");
        await using var db = await server.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var made = Assert.Single(await db.Articles.Where(a => a.Title == title).Select(a => a.Id).ToListAsync());
        Assert.Equal(then == "changed" ? "one and more" : "one", await db.ArticleVersions.Where(v => v.ArticleId == made).OrderBy(v => v.Number).Select(v => v.Body).LastAsync());
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_is_typed_while_and_after_a_new_article_is_first_saved_is_its_own()
    {
        var page = await WriteAsync("Begun here", "first");
        var answer = new TaskCompletionSource();
        await page.RouteAsync("**/api/v1/articles", async route =>
        {
            await answer.Task;
            await route.ContinueAsync();
        });
        var body = page.Locator("#article-body");
        await body.PressAsync("Control+s");
        await page.Keyboard.TypeAsync(", while it is saved");
        answer.SetResult();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Edit article");
        await Expect(page).ToHaveURLAsync(new Regex("/articles/[0-9a-f-]{36}/edit$"));
        // The caret is where it was.
        await page.Keyboard.TypeAsync(", and after");
        await Expect(body).ToHaveValueAsync("first, while it is saved, and after");

        await page.ReloadAsync();
        await page.Locator("form.editor[data-ready]").WaitForAsync();
        await Expect(page.Locator("#article-title")).ToHaveValueAsync("Begun here");
        await Expect(body).ToHaveValueAsync("first, while it is saved, and after");
        await body.PressAsync("Control+s");
        await Expect(page.Locator("[data-said]")).ToHaveTextAsync("Draft saved.");
        await Expect(page.Locator("[data-conflict]")).ToBeHiddenAsync();

        await page.EvaluateAsync("() => Blazor.navigateTo('/articles/new')");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Write an article");
        await page.Locator("form.editor[data-ready]").WaitForAsync();
        await Expect(body).ToHaveValueAsync("");
        await Expect(page.Locator("#article-title")).ToHaveValueAsync("");
        await page.Context.CloseAsync();
    }

    private async Task<IPage> WriteAsync(string title, string body)
    {
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync(server.Address + "/articles/new");
        await page.Locator("form.editor[data-ready]").WaitForAsync();
        await page.Locator("#article-title").FillAsync(title);
        await page.Locator("#article-body").FillAsync(body);
        return page;
    }
}

internal static class LostAnswer
{
    /// <summary>The first POST to the address arrives, and its answer does not come back.</summary>
    public static Task LoseFirstAnswerAsync(this IPage page, string address)
    {
        var lost = false;
        return page.RouteAsync(address, async route =>
        {
            if (lost || route.Request.Method != "POST")
            {
                await route.ContinueAsync();
                return;
            }
            lost = true;
            Assert.True((await route.FetchAsync()).Ok);
            await route.AbortAsync();
        });
    }
}
