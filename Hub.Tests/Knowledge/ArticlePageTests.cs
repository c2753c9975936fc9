using System.Data.Common;
using Bunit;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Hub.Web.Knowledge;
using Hub.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
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
        browser.Services.AddLocalization().AddScoped<Hub.Web.Shell.PageScripts>().AddSingleton(knowledge).AddSingleton(hub.Get<ArticleList>()).AddSingleton(hub.Get<FeedbackService>()).AddSingleton(hub.Get<LiveBus>()).AddScoped<LivePage>();
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

    [Fact]
    public void A_day_is_the_readers_not_that_of_UTC() => Assert.Equal("1 Jul 2027", ArticlesPage.Day(new DateTime(2027, 6, 30, 23, 30, 0, DateTimeKind.Utc)));

    [Fact]
    public async Task The_list_is_asked_for_once_however_many_bodies_write_for_the_reader()
    {
        var lists = new Lists();
        await using var hub = await TestHub.StartAsync("Sqlite", s => s.ConfigureDbContext<SqliteHubDb>(o => o.AddInterceptors(lists)));
        var knowledge = hub.Get<KnowledgeService>();
        foreach (var (who, body) in new[] { (hub.Jonas, hub.Northbridge), (hub.Stranger, hub.Transport) })
        {
            await KnowledgeTests.Manages(hub, who, body);
            var a = (await knowledge.CreateAsync(who, new NewArticle("For both", "text", Audience: [AudienceEntry.Body(hub.Northbridge), AudienceEntry.Body(hub.Transport)]))).Value;
            Assert.True((await knowledge.PublishAsync(who, a.Id)).Ok);
        }
        await using var browser = new BunitContext();
        browser.Services.AddLocalization().AddScoped<Hub.Web.Shell.PageScripts>().AddSingleton(hub.Get<ArticleList>()).AddSingleton(hub.Get<LiveBus>()).AddScoped<LivePage>();
        browser.SetRendererInfo(new("Server", true));

        lists.Count = 0;
        var page = browser.Render<ArticlesPage>(p => p.AddCascadingValue(hub.Amara));
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("li.article").Count));
        Assert.Equal((1, 2), (lists.Count, hub.Get<LiveBus>().WatchCount));

        var more = (await knowledge.CreateAsync(hub.Stranger, new NewArticle("One more", "text", Audience: [AudienceEntry.Body(hub.Northbridge)]))).Value;
        await knowledge.PublishAsync(hub.Stranger, more.Id);
        page.WaitForAssertion(() => Assert.Equal(3, page.FindAll("li.article").Count), TimeSpan.FromSeconds(20));
    }

    /// <summary>Counts how often the list of articles is read.</summary>
    private sealed class Lists : DbCommandInterceptor
    {
        public int Count { get; set; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (command.CommandText.Contains("\"Summary\"", StringComparison.Ordinal) && command.CommandText.Contains("ORDER BY COALESCE(", StringComparison.Ordinal)) Count++;
            return base.ReaderExecutingAsync(command, eventData, result, cancellationToken);
        }
    }
}
