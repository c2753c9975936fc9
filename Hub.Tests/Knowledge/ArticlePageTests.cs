using Bunit;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Tests.Storage;
using Hub.Web.Knowledge;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Knowledge;

public sealed class ArticlePageTests
{
    [Fact]
    public async Task A_reader_sees_a_new_version_at_once_and_no_buttons_of_others()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var knowledge = hub.Get<KnowledgeService>();
        await KnowledgeTests.Manages(hub, hub.Jonas, hub.Northbridge);
        var a = (await knowledge.CreateAsync(hub.Jonas, new NewArticle("First", "one"))).Value;
        a = (await knowledge.PublishAsync(hub.Jonas, a.Id)).Value;
        await using var browser = new BunitContext();
        browser.JSInterop.Mode = JSRuntimeMode.Loose;
        browser.Services.AddLocalization().AddSingleton(knowledge).AddSingleton(hub.Get<ArticleList>()).AddSingleton(hub.Get<FeedbackService>()).AddSingleton(hub.Get<LiveBus>());
        browser.SetRendererInfo(new("Server", true));

        var page = browser.Render<ArticlePage>(p => p.Add(x => x.Id, a.Id).AddCascadingValue(hub.Amara));
        page.WaitForAssertion(() => Assert.Equal("First", page.Find("article h1").TextContent));
        Assert.Empty(page.FindAll("a[href$='/edit']"));
        a = (await knowledge.SaveAsync(hub.Jonas, a.Id, new ArticleEdit("Second", "two", a.Version))).Value;
        await knowledge.PublishAsync(hub.Jonas, a.Id);
        page.WaitForAssertion(() => Assert.Equal("Second", page.Find("article h1").TextContent), TimeSpan.FromSeconds(20));

        var hidden = browser.Render<ArticlePage>(p => p.Add(x => x.Id, a.Id).AddCascadingValue(hub.Stranger));
        hidden.WaitForAssertion(() => Assert.Empty(hidden.FindAll("article")));
    }
}
