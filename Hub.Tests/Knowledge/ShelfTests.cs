using System.Text.Json;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.ServiceDesk;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Knowledge;

public sealed class ShelfTests
{
    [Theory, Databases]
    public async Task Publication_service_and_audience_each_move_the_shelf_and_another_node_learns_of_each(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (knowledge, live, shelf) = (hub.Get<KnowledgeService>(), hub.Get<LiveBus>(), new Topic("articles", hub.Northbridge));
        await KnowledgeTests.Manages(hub, hub.Jonas, hub.Northbridge);
        var services = hub.Get<ServiceDirectory>();
        await services.AddServiceAsync("vpn", "Remote access", "", await services.AddSupplierAsync("Kestrel", ""), "Network");
        var elsewhere = hub.AnotherNode().GetRequiredService<LiveBus>();
        using var here = await live.WatchAsync(hub.Amara, shelf, _ => Task.CompletedTask);
        using var there = await elsewhere.WatchAsync(hub.Amara, shelf, _ => Task.CompletedTask);
        var reader = await hub.AddPersonAsync("R", "r@northbridge.example");
        var a = (await knowledge.CreateAsync(hub.Amara, new NewArticle("A", "1"))).Value;
        await knowledge.SetAudienceAsync(hub.Amara, a.Id, [AudienceEntry.Body(hub.Northbridge), AudienceEntry.Body(hub.Transport)]);
        Assert.Equal(0, await RepairedAsync());

        a = (await knowledge.PublishAsync(hub.Jonas, a.Id)).Value;
        Assert.Equal(1, await RepairedAsync());
        using var article = await live.WatchAsync(reader, Topic.Article(a.Id), _ => Task.CompletedTask);
        var stale = (await knowledge.GetAsync(reader, a.Id)).Value;
        a = (await knowledge.SaveAsync(hub.Amara, a.Id, new ArticleEdit("A", "1", a.Version, "vpn"))).Value;
        Assert.Equal(1, await RepairedAsync());
        a = (await knowledge.SaveAsync(hub.Amara, a.Id, new ArticleEdit("A", "2", a.Version, "vpn"))).Value;
        Assert.Equal(0, await RepairedAsync());
        foreach (var e in live.EventsAfter(Topic.Article(a.Id), stale.Version)!) stale = stale.Apply(e)!;
        Assert.Equal("Remote access", stale.Service!.Name);
        Assert.Equal(JsonSerializer.Serialize((await knowledge.GetAsync(reader, a.Id)).Value), JsonSerializer.Serialize(stale));

        await knowledge.SetAudienceAsync(hub.Jonas, a.Id, [AudienceEntry.Body(hub.Northbridge)]);
        Assert.Equal(1, await RepairedAsync());
        Assert.Equal([1L, 2L, 3L], live.EventsAfter(shelf, 0)!.Select(e => e.Version));

        // A topic has missed something when it is behind in two checks running.
        async Task<int> RepairedAsync() => await elsewhere.CheckVersionsAsync() + await elsewhere.CheckVersionsAsync();
    }

    [Fact]
    public async Task Publishing_and_importing_the_same_article_wait_for_each_other_once()
    {
        // PostgreSQL alone: the other database has one writer at a time.
        var between = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", between.AddTo);
        var (knowledge, import, folder) = (hub.Get<KnowledgeService>(), hub.Get<ArticleImport>(), Directory.CreateTempSubdirectory("hub-import-").FullName);
        await KnowledgeTests.Manages(hub, hub.Jonas, hub.Northbridge);
        await File.WriteAllTextAsync(Path.Combine(folder, "a.md"), "# A\n\nOne.\n");
        await import.ImportAsync(hub.Jonas, folder);
        var a = (await knowledge.GetAsync(hub.Amara, Assert.Single((await hub.Get<ArticleList>().ListAsync(hub.Amara, new ArticleQuery())).Value.Items).Id)).Value;
        await knowledge.SaveAsync(hub.Jonas, a.Id, new ArticleEdit("A", "Two.", a.Version));
        await File.WriteAllTextAsync(Path.Combine(folder, "a.md"), "# A\n\nThree.\n");

        // The import holds the shelf and is about to take the article; the publication gets as far as the shelf.
        Task? publication = null;
        var atShelf = new TaskCompletionSource();
        between.Once(sql => sql.StartsWith("UPDATE \"Articles\"", StringComparison.Ordinal), async () =>
        {
            between.Once(sql => sql.StartsWith("UPDATE \"Organisations\"", StringComparison.Ordinal), () =>
            {
                atShelf.SetResult();
                return Task.CompletedTask;
            });
            publication = Task.Run(() => knowledge.PublishAsync(hub.Jonas, a.Id));
            await atShelf.Task;
        });
        Assert.Equal(1, (await import.ImportAsync(hub.Jonas, folder)).Value.Changed);
        await publication!;
        Assert.Equal("<p>Three.</p>", (await knowledge.GetAsync(hub.Amara, a.Id)).Value.Html);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_save_while_an_import_is_under_way_is_one_version_and_the_import_the_next()
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", between.AddTo);
        var (knowledge, import, folder) = (hub.Get<KnowledgeService>(), hub.Get<ArticleImport>(), Directory.CreateTempSubdirectory("hub-import-").FullName);
        await KnowledgeTests.Manages(hub, hub.Jonas, hub.Northbridge);
        await File.WriteAllTextAsync(Path.Combine(folder, "a.md"), "# A\n\nOne.\n");
        await import.ImportAsync(hub.Jonas, folder);
        var a = (await knowledge.GetAsync(hub.Amara, Assert.Single((await hub.Get<ArticleList>().ListAsync(hub.Amara, new ArticleQuery())).Value.Items).Id)).Value;
        await File.WriteAllTextAsync(Path.Combine(folder, "a.md"), "# A\n\nThree.\n");
        between.Once(sql => sql.StartsWith("UPDATE \"Articles\"", StringComparison.Ordinal),
            async () => Assert.True((await knowledge.SaveAsync(hub.Jonas, a.Id, new ArticleEdit("A", "Two.", a.Version))).Ok));

        Assert.Equal(1, (await import.ImportAsync(hub.Jonas, folder)).Value.Changed);
        Assert.Equal([3, 2, 1], (await hub.Get<ArticleList>().VersionsAsync(hub.Jonas, a.Id)).Value.Select(v => v.Number));
        Assert.Equal(("<p>Three.</p>", 3), (await knowledge.GetAsync(hub.Amara, a.Id)).Value is var now ? (now.Html, now.PublishedNumber) : default);
        Directory.Delete(folder, recursive: true);
    }

    [Theory, Databases]
    public async Task A_service_with_a_NUL_is_none(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var knowledge = hub.Get<KnowledgeService>();
        Assert.Equal("article.service", (await knowledge.CreateAsync(hub.Amara, new NewArticle("A", "1", "a\0b"))).Refusal!.Code);
        var a = (await knowledge.CreateAsync(hub.Amara, new NewArticle("A", "1"))).Value;
        Assert.Equal("article.service", (await knowledge.SaveAsync(hub.Amara, a.Id, new ArticleEdit("A", "2", a.Version, "\0"))).Refusal!.Code);
        Assert.Empty((await hub.Get<ArticleList>().ListAsync(hub.Amara, new ArticleQuery("\0", Drafts: true))).Value.Items);
    }
}
