using System.Text.Json;
using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Knowledge;

[Collection(InBrowser.Name)]
public sealed class ArticleJourneyTests(HubServer server)
{
    [Fact]
    public async Task One_publishes_and_the_other_sees_it_appear_and_opens_it()
    {
        var (writer, reader) = await PeopleAsync("journey");
        var list = await server.SignInAsync(reader);
        await list.GotoAsync(server.Address + "/articles");
        await Expect(list.Locator("h1")).ToHaveTextAsync("All articles");
        await list.WaitForFunctionAsync("() => document.querySelector('ul.list.articles, .empty')");
        var editor = await server.SignInAsync(writer);
        await editor.GotoAsync(server.Address + "/articles/new");
        await editor.Locator("form.editor[data-ready]").WaitForAsync();
        await editor.GetByLabel("Title").FillAsync("Headset stays silent");
        await editor.Locator("#article-body").FillAsync("Plug it in **again**.");
        await Expect(editor.Locator("[data-preview] strong")).ToHaveTextAsync("again");
        await editor.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await Expect(editor.Locator("article.reading h1")).ToHaveTextAsync("Headset stays silent");

        await list.GetByRole(AriaRole.Link, new() { Name = "Headset stays silent" }).ClickAsync();
        await Expect(list.Locator("article.reading .prose strong")).ToHaveTextAsync("again");
        await list.GetByRole(AriaRole.Button, new() { Name = "Yes", Exact = true }).ClickAsync();
        await Expect(list.GetByText("1 found this helpful, 0 did not")).ToBeVisibleAsync();
        await Expect(editor.GetByText("1 found this helpful, 0 did not")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Hostile_text_runs_nothing_in_a_real_browser()
    {
        var (writer, _) = await PeopleAsync("hostile");
        var actor = (await server.Get<PeopleService>().ActorByEmailAsync(writer))!;
        var knowledge = server.Get<KnowledgeService>();
        var body = string.Join("\n\n----\n\n", SharedText.Vectors().Select(v => v.Replace("\0", "", StringComparison.Ordinal)));
        var article = (await knowledge.CreateAsync(actor, new NewArticle("Hostile", body))).Value;
        var page = await server.SignInAsync(writer);
        var dialogs = 0;
        page.Dialog += async (_, d) =>
        {
            dialogs++;
            await d.DismissAsync();
        };
        await page.GotoAsync($"{server.Address}/articles/{article.Id}");
        await Expect(page.Locator("article.reading h1")).ToHaveTextAsync("Hostile");
        // Each vector also stands alone, so that one unclosed quote does not hide the next.
        var each = JsonSerializer.Serialize(SharedText.Vectors().Select(Hub.Domain.Text.Markdown.Article));
        var found = await page.EvaluateAsync<int>("""
            list => {
              const at = document.querySelector('.reading .prose');
              const bad = root => [...root.querySelectorAll('*')].filter(e => ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'SVG', 'FORM', 'STYLE'].includes(e.tagName.toUpperCase())
                || [...e.attributes].some(a => a.name.startsWith('on') || (['href', 'src', 'action'].includes(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value)))).length;
              let n = bad(at);
              for (const html of JSON.parse(list)) { at.innerHTML = html; n += bad(at); for (const a of at.querySelectorAll('img, a')) a.dispatchEvent(new Event('mouseover')); }
              return n;
            }
            """, each);
        Assert.Equal(0, found);
        Assert.Equal(0, dialogs);
        Assert.Equal(JsonValueKind.Undefined, (await page.EvaluateAsync("() => window.hit"))?.ValueKind ?? JsonValueKind.Undefined);
    }

    // A manager and a reader of a body of their own for each test.
    private async Task<(string Writer, string Reader)> PeopleAsync(string name)
    {
        var body = (await server.Get<DirectoryService>().AddOrganisationAsync($"Body of {name}", $"{name}.example"));
        var writer = await server.Get<DirectoryService>().AddPersonAsync(new NewPerson(body, $"Wren {name}", $"wren@{name}.example", "Editor"));
        await server.Get<DirectoryService>().AddPersonAsync(new NewPerson(body, $"Rae {name}", $"rae@{name}.example", "Constable"));
        await server.Get<RoleService>().GrantAsync(writer, Role.KnowledgeManager, ScopeKind.Organisation, body);
        return ($"wren@{name}.example", $"rae@{name}.example");
    }
}
