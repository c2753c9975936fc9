using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Knowledge;

/// <summary>The pages of the articles in a real browser: accessible in every state, links inside a text, two who edit, what changed.</summary>
[Collection(InBrowser.Name)]
public sealed class ArticleAccessTests(HubServer server)
{
    private const string Text = "# First\n\nSee [the end](#the-end) or [nowhere](#gone).\n\n1. One\n2. Two\n\n| Code | Meaning |\n|---|---|\n| 0x80070005 | Denied |\n\n```\nping hub\n```\n\n";

    [Theory]
    [InlineData(1440, 900)]
    [InlineData(390, 844)]
    public async Task Every_page_is_accessible(int width, int height)
    {
        var (writer, _) = await PeopleAsync($"axe{width}");
        var knowledge = server.Get<KnowledgeService>();
        var published = (await knowledge.CreateAsync(writer, new NewArticle("Scanner says denied", Text + "# The end\n\nDone."))).Value;
        await knowledge.PublishAsync(writer, published.Id);
        await knowledge.SaveAsync(writer, published.Id, new ArticleEdit("Scanner says access denied", Text.Replace("or", "and", StringComparison.Ordinal), 2));
        var draft = (await knowledge.CreateAsync(writer, new NewArticle("Half written", "Not much."))).Value;
        var page = await server.SignInAsync($"wren@axe{width}.example", new() { ViewportSize = new() { Width = width, Height = height } });
        foreach (var path in new[]
        {
            "/articles", "/articles?show=drafts", $"/articles/{published.Id}", $"/articles/{published.Id}?version=2", $"/articles/{published.Id}/versions/2", $"/articles/{published.Id}/versions/1",
            $"/articles/{draft.Id}", "/articles/new", $"/articles/{draft.Id}/edit", $"/articles/{Guid.NewGuid()}", $"/articles/{Guid.NewGuid()}/edit", $"/articles/{published.Id}/versions/9",
        })
        {
            await page.GotoAsync(server.Address + path);
            await page.Locator(".hub[data-live]").WaitForAsync();
            if (path.EndsWith("/new", StringComparison.Ordinal) || path == $"/articles/{draft.Id}/edit") await page.Locator("form.editor[data-ready]").WaitForAsync();
            await Expect(page.Locator("h1")).ToHaveCountAsync(1);
            await Axe.AssertCleanAsync(page);
            Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), path);
        }
    }

    [Fact]
    public async Task A_link_inside_a_text_leads_to_its_heading_and_nowhere_else()
    {
        var (writer, _) = await PeopleAsync("places");
        var knowledge = server.Get<KnowledgeService>();
        var article = (await knowledge.CreateAsync(writer, new NewArticle("Long one", Text + string.Concat(Enumerable.Repeat("Words.\n\n", 200)) + "# The end\n\nDone."))).Value;
        await knowledge.PublishAsync(writer, article.Id);
        var page = await server.SignInAsync("rae@places.example");
        await page.GotoAsync($"{server.Address}/articles/{article.Id}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator(".prose a", new() { HasText = "nowhere" })).Not.ToHaveAttributeAsync("href", new System.Text.RegularExpressions.Regex("."));
        await page.GetByRole(AriaRole.Link, new() { Name = "the end" }).ClickAsync();
        await page.WaitForURLAsync($"{server.Address}/articles/{article.Id}#s-the-end");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "The end" })).ToBeInViewportAsync();
        await Expect(page.Locator("article.reading h1")).ToHaveTextAsync("Long one");
    }

    [Fact]
    public async Task Who_saves_second_keeps_the_text_and_is_told_what_to_do()
    {
        var (writer, _) = await PeopleAsync("conflict");
        var knowledge = server.Get<KnowledgeService>();
        var article = (await knowledge.CreateAsync(writer, new NewArticle("Shared text", "One."))).Value;
        var page = await server.SignInAsync("wren@conflict.example");
        await page.GotoAsync($"{server.Address}/articles/{article.Id}/edit");
        await page.Locator("form.editor[data-ready]").WaitForAsync();
        await page.Locator("#article-body").FillAsync("Mine.");
        Assert.True((await knowledge.SaveAsync(writer, article.Id, new ArticleEdit("Shared text", "Theirs.", 1))).Ok);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save draft" }).ClickAsync();
        await Expect(page.Locator("[data-conflict]")).ToBeVisibleAsync();
        await Expect(page.Locator("[data-their-body]")).ToHaveTextAsync("Theirs.");
        await Expect(page.Locator("#article-body")).ToHaveValueAsync("Mine.");
        await Axe.AssertCleanAsync(page);
        await page.ReloadAsync();
        await page.Locator("form.editor[data-ready]").WaitForAsync();
        await Expect(page.Locator("#article-body")).ToHaveValueAsync("Mine.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save draft" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save mine on top" }).ClickAsync();
        await Expect(page.GetByText("Draft saved.")).ToBeVisibleAsync();
        await Expect(page.Locator("[data-conflict]")).ToBeHiddenAsync();
        Assert.Equal("Mine.", (await knowledge.GetAsync(writer, article.Id)).Value.Body);
    }

    [Fact]
    public async Task The_writer_says_who_may_read_it_and_a_reader_why_it_did_not_help()
    {
        var (writer, _) = await PeopleAsync("readers");
        var far = await server.Get<DirectoryService>().AddOrganisationAsync("Body of afar", "afar.example");
        var stranger = new Actor(await server.Get<DirectoryService>().AddPersonAsync(new NewPerson(far, "Ash Afar", "ash@afar.example", "Constable")));
        var page = await server.SignInAsync("wren@readers.example");
        await page.GotoAsync(server.Address + "/articles/new");
        await page.Locator("form.editor[data-ready]").WaitForAsync();
        await Expect(page.GetByLabel("Body of readers")).ToBeCheckedAsync();
        await Expect(page.GetByLabel("Body of afar")).Not.ToBeCheckedAsync();
        await page.GetByLabel("Title").FillAsync("For both of us");
        await page.Locator("#article-body").FillAsync("Words.");
        await page.GetByLabel("Body of readers").UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await Expect(page.Locator("#article-error")).ToContainTextAsync("who may read it");
        await page.GetByLabel("Body of readers").CheckAsync();
        await page.GetByLabel("Body of afar").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await Expect(page.Locator("article.reading")).ToContainTextAsync("For Body of afar, Body of readers");
        var id = Guid.Parse(page.Url.Split('/')[^1]);
        var knowledge = server.Get<KnowledgeService>();
        Assert.True((await knowledge.GetAsync(stranger, id)).Ok);

        await page.GotoAsync($"{server.Address}/articles/{id}/edit");
        await page.Locator("form.editor[data-ready]").WaitForAsync();
        await page.GetByLabel("Body of afar").UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save draft" }).ClickAsync();
        await Expect(page.GetByText("Draft saved.")).ToBeVisibleAsync();
        Assert.False((await knowledge.GetAsync(stranger, id)).Ok);

        var reader = await server.SignInAsync("rae@readers.example");
        await reader.GotoAsync($"{server.Address}/articles/{id}");
        await reader.Locator(".hub[data-live]").WaitForAsync();
        await reader.GetByRole(AriaRole.Button, new() { Name = "No", Exact = true }).ClickAsync();
        await reader.GetByLabel("What was missing or wrong?").FillAsync("It says nothing about tablets");
        await reader.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await Expect(reader.GetByText("Thank you. Your answer is kept.")).ToBeVisibleAsync();
        await Axe.AssertCleanAsync(reader);
        var actor = (await server.Get<PeopleService>().ActorByEmailAsync("rae@readers.example"))!;
        Assert.Equal(new MyFeedback(1, false, "It says nothing about tablets"), await server.Get<FeedbackService>().MineAsync(actor, id));
    }

    [Fact]
    public async Task A_version_shows_what_it_changed()
    {
        var (writer, _) = await PeopleAsync("changes");
        var knowledge = server.Get<KnowledgeService>();
        var article = (await knowledge.CreateAsync(writer, new NewArticle("Old name", "Keep this.\n\nTurn it off.\n"))).Value;
        await knowledge.PublishAsync(writer, article.Id);
        await knowledge.SaveAsync(writer, article.Id, new ArticleEdit("New name", "Keep this.\n\nTurn it on.\n\nThen wait.\n", 2));
        await knowledge.PublishAsync(writer, article.Id);
        var page = await server.SignInAsync("rae@changes.example");
        await page.GotoAsync($"{server.Address}/articles/{article.Id}");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "What changed in version 2" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Changes in version 2");
        await Expect(page.Locator(".title del")).ToHaveTextAsync("Old name");
        await Expect(page.Locator(".lines del")).ToContainTextAsync("off");
        await Expect(page.Locator(".lines ins").First).ToContainTextAsync("on");
        await Expect(page.Locator(".lines .line.added", new() { HasText = "Then wait." })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Changes in version 1" }).ClickAsync();
        await Expect(page.GetByText("This is the first version.")).ToBeVisibleAsync();
    }

    // A manager and a reader of a body of their own for each test.
    private async Task<(Actor Writer, Actor Reader)> PeopleAsync(string name)
    {
        var directory = server.Get<DirectoryService>();
        var body = await directory.AddOrganisationAsync($"Body of {name}", $"{name}.example");
        var writer = await directory.AddPersonAsync(new NewPerson(body, $"Wren {name}", $"wren@{name}.example", "Editor"));
        var reader = await directory.AddPersonAsync(new NewPerson(body, $"Rae {name}", $"rae@{name}.example", "Constable"));
        await server.Get<RoleService>().GrantAsync(writer, Role.KnowledgeManager, ScopeKind.Organisation, body);
        return (new Actor(writer), new Actor(reader));
    }
}
