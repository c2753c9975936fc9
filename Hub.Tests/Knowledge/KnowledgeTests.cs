using System.Text.Json;
using Hub.Domain;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Knowledge;

public sealed class KnowledgeTests
{
    [Theory, Databases]
    public async Task A_draft_is_its_writers_until_a_manager_of_the_body_publishes_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (knowledge, list) = (hub.Get<KnowledgeService>(), hub.Get<ArticleList>());
        var draft = (await knowledge.CreateAsync(hub.Amara, new NewArticle("Slow VPN", "Restart the **client**."))).Value;

        Assert.Equal(RefusalKind.NotFound, (await knowledge.GetAsync(hub.Jonas, draft.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.Forbidden, (await knowledge.PublishAsync(hub.Amara, draft.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await knowledge.PublishAsync(hub.Jonas, draft.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await knowledge.PublishAsync(hub.Amara, Guid.NewGuid())).Refusal!.Kind);
        await Manages(hub, hub.Stranger, hub.Transport);
        Assert.Equal(RefusalKind.NotFound, (await knowledge.PublishAsync(hub.Stranger, draft.Id)).Refusal!.Kind);
        await Manages(hub, hub.Jonas, hub.Northbridge);
        Assert.Equal(draft.Id, Assert.Single((await list.ListAsync(hub.Jonas, new ArticleQuery(Drafts: true))).Value.Items).Id);
        Assert.Equal(1, (await knowledge.PublishAsync(hub.Jonas, draft.Id)).Value.PublishedNumber);

        Assert.Equal("<p>Restart the <strong>client</strong>.</p>", (await knowledge.GetAsync(hub.Amara, draft.Id)).Value.Html);
        Assert.Equal(RefusalKind.NotFound, (await knowledge.GetAsync(hub.Stranger, draft.Id)).Refusal!.Kind);
        Assert.Empty((await list.ListAsync(hub.Stranger, new ArticleQuery())).Value.Items);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Single(await db.AuditEntries.Where(a => a.Action == "article.publish" && a.SubjectId == draft.Id).ToListAsync());
    }

    [Theory, Databases]
    public async Task A_role_that_has_ended_publishes_nothing_and_who_has_left_sees_nothing(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var knowledge = hub.Get<KnowledgeService>();
        var article = (await knowledge.CreateAsync(hub.Amara, new NewArticle("A", "b"))).Value;
        var grant = await Manages(hub, hub.Amara, hub.Northbridge);
        await hub.Get<RoleService>().GrantAsync(hub.Jonas.PersonId, Role.Administrator, ScopeKind.Hub, null);
        Assert.True((await hub.Get<RoleService>().EndAsync(hub.Jonas, grant)).Ok);
        Assert.Equal(RefusalKind.Forbidden, (await knowledge.PublishAsync(hub.Amara, article.Id)).Refusal!.Kind);
        await hub.Get<DirectoryService>().LeaveAsync(hub.Amara.PersonId);
        Assert.Equal(RefusalKind.NotFound, (await knowledge.GetAsync(hub.Amara, article.Id)).Refusal!.Kind);
        Assert.Empty((await hub.Get<ArticleList>().ListAsync(hub.Amara, new ArticleQuery(Drafts: true))).Value.Items);
    }

    [Theory, Databases]
    public async Task A_stale_save_is_refused_with_what_stands_and_feedback_makes_no_edit_stale(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var knowledge = hub.Get<KnowledgeService>();
        await Manages(hub, hub.Jonas, hub.Northbridge);
        var begun = (await knowledge.CreateAsync(hub.Amara, new NewArticle("A", "one"))).Value;
        var published = (await knowledge.PublishAsync(hub.Jonas, begun.Id)).Value;
        await hub.Get<FeedbackService>().GiveAsync(hub.Jonas, begun.Id, false, "too short");
        var saved = (await knowledge.SaveAsync(hub.Amara, begun.Id, new ArticleEdit("A", "two", published.Version))).Value;
        Assert.Equal("one", saved.Body);
        Assert.Equal("two", saved.Draft!.Body);

        var late = (await knowledge.SaveAsync(hub.Jonas, begun.Id, new ArticleEdit("A", "mine", published.Version))).Refusal!;
        Assert.Equal(RefusalKind.Stale, late.Kind);
        Assert.Equal("two", ((ArticleView)late.Current!).Draft!.Body);
        Assert.Equal(RefusalKind.Stale, (await knowledge.SaveAsync(hub.Jonas, begun.Id, new ArticleEdit("A", "mine", saved.Version + 5))).Refusal!.Kind);
        Assert.Equal(saved.Version, (await knowledge.GetAsync(hub.Amara, begun.Id)).Value.Version);
        Assert.Equal(RefusalKind.Invalid, (await knowledge.SaveAsync(hub.Jonas, begun.Id, new ArticleEdit("", "mine", saved.Version))).Refusal!.Kind);
        Assert.Equal(RefusalKind.Forbidden, (await knowledge.SaveAsync(await hub.AddPersonAsync("R", "r@northbridge.example"), begun.Id, new ArticleEdit("A", "x", saved.Version))).Refusal!.Kind);
    }

    [Theory, Databases]
    public async Task Readers_have_published_versions_only_and_saves_of_one_sitting_are_one(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (knowledge, list) = (hub.Get<KnowledgeService>(), hub.Get<ArticleList>());
        await Manages(hub, hub.Jonas, hub.Northbridge);
        var reader = await hub.AddPersonAsync("R", "r@northbridge.example");
        var a = (await knowledge.CreateAsync(hub.Amara, new NewArticle("A", "1"))).Value;
        a = (await knowledge.SaveAsync(hub.Amara, a.Id, new ArticleEdit("A", "1b", a.Version))).Value;
        Assert.Single((await list.VersionsAsync(hub.Amara, a.Id)).Value);
        a = (await knowledge.PublishAsync(hub.Jonas, a.Id)).Value;
        a = (await knowledge.SaveAsync(hub.Amara, a.Id, new ArticleEdit("Secret", "2", a.Version))).Value;
        hub.Clock.Advance(TimeSpan.FromMinutes(11));
        a = (await knowledge.SaveAsync(hub.Amara, a.Id, new ArticleEdit("Secret", "3", a.Version))).Value;

        Assert.Equal([3, 2, 1], (await list.VersionsAsync(hub.Amara, a.Id)).Value.Select(v => v.Number));
        Assert.Equal([1], (await list.VersionsAsync(reader, a.Id)).Value.Select(v => v.Number));
        Assert.False((await list.VersionAsync(reader, a.Id, 2)).Ok);
        Assert.DoesNotContain("Secret", JsonSerializer.Serialize((await knowledge.GetAsync(reader, a.Id)).Value), StringComparison.Ordinal);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal("A", (await db.SearchDocuments.SingleAsync(d => d.Id == a.Id)).Title);
    }

    [Theory, Databases]
    public async Task What_was_seen_plus_events_is_what_stands(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (knowledge, live) = (hub.Get<KnowledgeService>(), hub.Get<LiveBus>());
        await Manages(hub, hub.Jonas, hub.Northbridge);
        var reader = await hub.AddPersonAsync("R", "r@northbridge.example");
        var a = (await knowledge.CreateAsync(hub.Amara, new NewArticle("A", "1"))).Value;
        a = (await knowledge.PublishAsync(hub.Jonas, a.Id)).Value;
        var start = a.Version;
        using var watch = await live.WatchAsync(reader, Topic.Article(a.Id), _ => Task.CompletedTask);
        var stale = (await knowledge.GetAsync(reader, a.Id)).Value;
        var editor = (await knowledge.GetAsync(hub.Amara, a.Id)).Value;

        a = (await knowledge.SaveAsync(hub.Amara, a.Id, new ArticleEdit("A2", "2", a.Version))).Value;
        await hub.Get<FeedbackService>().GiveAsync(reader, a.Id, true, null);
        await knowledge.PublishAsync(hub.Jonas, a.Id);
        await hub.Get<FeedbackService>().GiveAsync(hub.Jonas, a.Id, false, "wrong");
        await hub.Get<FeedbackService>().GiveAsync(hub.Jonas, a.Id, false, "wrong");
        await knowledge.SetAudienceAsync(hub.Jonas, a.Id, [AudienceEntry.Body(hub.Northbridge), AudienceEntry.Body(hub.Transport)]);

        var events = live.EventsAfter(Topic.Article(a.Id), start)!;
        Assert.Equal(["article-saved", "article-feedback", "article-published", "article-feedback", "article-audience"], events.Select(e => e.Name));
        Assert.Equal(Enumerable.Range(1, 5).Select(n => start + n), events.Select(e => e.Version));
        Assert.DoesNotContain("A2", JsonSerializer.Serialize(events[0].Payload), StringComparison.Ordinal);
        foreach (var e in events)
        {
            stale = stale.Apply(e) ?? (await knowledge.GetAsync(reader, a.Id)).Value;
            editor = editor.Apply(e) ?? (await knowledge.GetAsync(hub.Amara, a.Id)).Value;
            if (e.Version <= start + 2) Assert.Equal(e.Version, stale.Version);
        }
        Assert.Equal(JsonSerializer.Serialize((await knowledge.GetAsync(reader, a.Id)).Value), JsonSerializer.Serialize(stale));
        Assert.Equal(JsonSerializer.Serialize((await knowledge.GetAsync(hub.Amara, a.Id)).Value), JsonSerializer.Serialize(editor));
        Assert.True((await knowledge.GetAsync(hub.Stranger, a.Id)).Ok);
        await knowledge.SetAudienceAsync(hub.Jonas, a.Id, [AudienceEntry.Body(hub.Northbridge)]);
        Assert.Null(await live.WatchAsync(hub.Stranger, Topic.Article(a.Id), _ => Task.CompletedTask));
    }

    [Theory, Databases]
    public async Task An_audience_names_who_is_found_and_still_here_and_tells_readers_nothing_of_other_bodies(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (knowledge, directory) = (hub.Get<KnowledgeService>(), hub.Get<DirectoryService>());
        await Manages(hub, hub.Stranger, hub.Transport);
        var unit = await directory.AddUnitAsync(hub.Transport, null, "Undercover unit");
        var group = await directory.AddGroupAsync(hub.Transport, "Witness protection", []);
        AudienceEntry[] theirs = [AudienceEntry.Body(hub.Transport), AudienceEntry.Body(hub.Northbridge), Of(AudienceKind.Unit, unit), Of(AudienceKind.Group, group), Of(AudienceKind.Person, hub.Stranger.PersonId)];
        var amara = Of(AudienceKind.Person, hub.Amara.PersonId);
        var a = (await knowledge.CreateAsync(hub.Stranger, new NewArticle("A", "1", Audience: theirs))).Value;
        a = (await knowledge.PublishAsync(hub.Stranger, a.Id)).Value;

        // Of another body only who is found there, and nobody who has left, as for a channel; what stands already may stay.
        Assert.Equal("article.audience", (await knowledge.SetAudienceAsync(hub.Stranger, a.Id, [.. theirs, amara])).Refusal!.Code);
        await directory.OpenDirectoryAsync(hub.Northbridge, hub.Transport);
        Assert.True((await knowledge.SetAudienceAsync(hub.Stranger, a.Id, [.. theirs, amara])).Ok);
        await directory.LeaveAsync(hub.Amara.PersonId);
        Assert.True((await knowledge.SetAudienceAsync(hub.Stranger, a.Id, [.. theirs, amara])).Ok);
        Assert.True((await knowledge.SetAudienceAsync(hub.Stranger, a.Id, theirs)).Ok);
        foreach (var nobody in new[] { amara, Of((AudienceKind)99, hub.Stranger.PersonId) })
            Assert.Equal("article.audience", (await knowledge.CreateAsync(hub.Stranger, new NewArticle("B", "1", Audience: [nobody]))).Refusal!.Code);

        Assert.Equal(["Northbridge Police", "Northbridge Transport Police"], (await knowledge.GetAsync(hub.Jonas, a.Id)).Value.Audience.Select(r => r.Name));
        var colleague = await hub.AddPersonAsync("Tam Transport", "tam@nbtransport.example", hub.Transport);
        foreach (var inside in new[] { colleague, hub.Stranger })
            Assert.Equal(["Northbridge Police", "Northbridge Transport Police", "Sol Strange", "Undercover unit", "Witness protection"], (await knowledge.GetAsync(inside, a.Id)).Value.Audience.Select(r => r.Name));

        static AudienceEntry Of(AudienceKind kind, Guid id) => new() { Kind = kind, TargetId = id };
    }

    [Theory, Databases]
    public async Task Pages_of_the_list_join_and_every_publication_moves_the_shelf_by_one(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (knowledge, list) = (hub.Get<KnowledgeService>(), hub.Get<ArticleList>());
        await Manages(hub, hub.Jonas, hub.Northbridge);
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Amara, new Topic("articles", hub.Northbridge), _ => Task.CompletedTask);
        var made = new List<ArticleView>();
        for (var i = 0; i < 7; i++) made.Add((await knowledge.CreateAsync(hub.Amara, new NewArticle($"A{i}", "x"))).Value);
        await Task.WhenAll(made.Select(m => knowledge.PublishAsync(hub.Jonas, m.Id)));

        Assert.Equal(Enumerable.Range(1, 7).Select(n => (long)n), hub.Get<LiveBus>().EventsAfter(new Topic("articles", hub.Northbridge), 0)!.Select(e => e.Version));
        var (seen, after) = (new List<Guid>(), (string?)null);
        do
        {
            var page = (await list.ListAsync(hub.Amara, new ArticleQuery(After: after, Limit: 3))).Value;
            seen.AddRange(page.Items.Select(i => i.Id));
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(made.Select(m => m.Id).Order(), seen.Order());
    }

    [Theory, Databases]
    public async Task Awkward_titles_stay_as_they_are(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var knowledge = hub.Get<KnowledgeService>();
        foreach (var title in SharedText.Strings())
            Assert.Equal(title, (await knowledge.GetAsync(hub.Amara, (await knowledge.CreateAsync(hub.Amara, new NewArticle(title, title))).Value.Id)).Value.Title);
        Assert.Equal("text.nul", (await knowledge.CreateAsync(hub.Amara, new NewArticle("a\0b", ""))).Refusal!.Code);
        Assert.Equal("text.nul", (await knowledge.CreateAsync(hub.Amara, new NewArticle("a\ud800b", ""))).Refusal!.Code);
    }

    internal static Task<Guid> Manages(TestHub hub, Actor who, Guid body) =>
        hub.Get<RoleService>().GrantAsync(who.PersonId, Role.KnowledgeManager, ScopeKind.Organisation, body);
}
