using Hub.Domain.Chat;
using Hub.Domain.Knowledge;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Hub.Tests.Storage;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>Text that was written to break pages, in a real browser.</summary>
[Collection(InBrowser.Name)]
public sealed class HostileTextTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";

    // What would run, or would make the page ask somewhere else, in what people wrote. Gives what it found.
    private const string Alive = """
        boxes => boxes.flatMap(b => [...b.querySelectorAll('*')]).flatMap(e => [
          ...(/^(script|iframe|object|embed|style|link|meta|base|form|svg|math|video|audio|template)$/i.test(e.localName) ? [e.outerHTML] : []),
          ...[...e.attributes].filter(a => /^on/i.test(a.name) || a.name === 'style' || a.name === 'srcdoc'
            || (/^(href|src|action|formaction|xlink:href|data|poster)$/i.test(a.name) && !/^(https?:|mailto:|tel:|\/|#|$)/i.test(a.value))).map(() => e.outerHTML),
        ])
        """;

    private const string Flag = "window.__xss = []; for (const f of ['alert', 'prompt', 'confirm', 'print']) window[f] = () => { window.__xss.push(f); };";

    [SharedDataTheory, SharedData("markdown/xss-vectors-shared.jsonl", "payload")]
    public async Task Every_vector_is_inert_as_a_message(IReadOnlyList<string> payloads)
    {
        var (page, foreign) = await WatchedAsync();
        // A NUL is refused (422): it cannot be stored.
        foreach (var batch in payloads.Where(p => !p.Contains('\0', StringComparison.Ordinal)).Chunk(50))
        {
            await page.GotoAsync($"{server.Address}/chat/{await ChannelAsync(batch)}");
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
            await Expect(page.Locator("li.message .said")).ToHaveCountAsync(batch.Length);
            Assert.Empty(await page.Locator("li.message .said").EvaluateAllAsync<string[]>(Alive));
            Assert.Empty(await page.EvaluateAsync<string[]>("() => window.__xss"));
        }
        Assert.Empty(foreign);
        await page.Context.CloseAsync();
    }

    [SharedDataTheory, SharedData("markdown/xss-vectors-shared.jsonl", "payload")]
    public async Task Every_vector_is_inert_as_an_article(IReadOnlyList<string> payloads)
    {
        var (amara, articles) = (await ActorAsync(), server.Get<KnowledgeService>());
        var (page, foreign) = await WatchedAsync();
        var wholesome = payloads.Where(p => !p.Contains('\0', StringComparison.Ordinal)).ToList();
        // Many in one article, as the page shows it …
        foreach (var batch in wholesome.Chunk(60))
        {
            var made = await articles.CreateAsync(amara, new NewArticle("Vectors", string.Join("\n\n---\n\n", batch)));
            await page.GotoAsync($"{server.Address}/articles/{made.Value.Id}");
            await page.Locator(".hub[data-live]").WaitForAsync();
            Assert.Empty(await page.Locator(".reading .prose").EvaluateAllAsync<string[]>(Alive));
            Assert.Empty(await page.EvaluateAsync<string[]>("() => window.__xss"));
        }
        // … and each as an article of its own, so that no open quote or comment hides the next: their stored HTML, put where the page puts it.
        var alone = new List<string>();
        foreach (var payload in wholesome) alone.Add((await articles.PreviewAsync(amara, payload)).Value);
        await page.Locator(".reading .prose").EvaluateAsync("(at, all) => { at.replaceChildren(...all.map(html => { const d = document.createElement('div'); d.innerHTML = html; return d; })); }", alone);
        Assert.Empty(await page.Locator(".reading .prose").EvaluateAllAsync<string[]>(Alive));
        Assert.Empty(await page.EvaluateAsync<string[]>("() => new Promise(done => requestAnimationFrame(() => done(window.__xss)))"));
        Assert.Empty(foreign);
        await page.Context.CloseAsync();
    }

    [SharedDataTheory, SharedData("markdown/naughty-strings-shared.jsonl", "text")]
    public async Task Every_naughty_string_shows_unchanged_as_a_message(IReadOnlyList<string> lines)
    {
        var page = await server.SignInAsync(Amara);
        foreach (var batch in lines.Chunk(50))
        {
            await page.GotoAsync($"{server.Address}/chat/{await ChannelAsync(batch)}");
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
            Assert.Equal(batch, await page.Locator("li.message .said").EvaluateAllAsync<string[]>("all => all.map(e => e.textContent)"));
        }
        await page.Context.CloseAsync();
    }

    /// <summary>An article's title is shown as it was written, also where it is only white space: in the list of drafts, and on the article's own page.</summary>
    [SharedDataTheory, SharedData("markdown/naughty-strings-shared.jsonl", "text")]
    public async Task Every_naughty_string_shows_unchanged_as_an_articles_title(IReadOnlyList<string> lines)
    {
        var directory = server.Get<DirectoryService>();
        var body = await directory.AddOrganisationAsync("Body of awkward lines", "titles.example");
        var writer = new Actor(await directory.AddPersonAsync(new NewPerson(body, "Wyn Titles", "wyn@titles.example", "Editor")));
        var made = new List<(Guid Id, string Title)>();
        foreach (var line in lines)
        {
            var draft = await server.Get<KnowledgeService>().CreateAsync(writer, new NewArticle(line, "A body."));
            Assert.True(draft.Ok, line);
            made.Add((draft.Value.Id, line));
        }
        var page = await server.SignInAsync("wyn@titles.example");
        await page.GotoAsync(server.Address + "/articles?show=drafts");
        await page.Locator(".hub[data-live]").WaitForAsync();
        var rows = page.Locator("li.article h2 a");
        for (var shown = 50; shown < lines.Count; shown += 50)
        {
            await Expect(rows).ToHaveCountAsync(shown);
            await page.GetByRole(AriaRole.Button, new() { Name = "Show more" }).ClickAsync();
        }
        await Expect(rows).ToHaveCountAsync(lines.Count);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Show more" })).ToHaveCountAsync(0);
        var found = await rows.EvaluateAllAsync<string[][]>("all => all.map(a => [a.getAttribute('href').split('/').at(-1), a.textContent])");
        Assert.Equal(made.OrderBy(m => m.Id).Select(m => m.Title), found.OrderBy(f => Guid.Parse(f[0])).Select(f => f[1]));
        foreach (var (id, title) in made.Where((_, i) => i % 10 == 0))
        {
            await page.GotoAsync($"{server.Address}/articles/{id}");
            await page.Locator(".hub[data-live]").WaitForAsync();
            Assert.Equal(title, await page.Locator(".reading h1").TextContentAsync());
        }
        await page.Context.CloseAsync();
    }

    /// <summary>The rule of a meeting's title: white space (Unicode's) at both ends is dropped, what is left shows unchanged; nothing left is no title.</summary>
    [SharedDataTheory, SharedData("markdown/naughty-strings-shared.jsonl", "text")]
    public async Task Every_naughty_string_that_may_be_a_meetings_title_shows_as_one(IReadOnlyList<string> lines)
    {
        var (amara, meetings) = (await ActorAsync(), server.Get<MeetingService>());
        foreach (var line in lines.Where(l => l.Trim().Length is 0 or > 200)) Assert.False((await meetings.BookAsync(amara, Draft(line, 0))).Ok);
        var titles = lines.Select(l => l.Trim()).Where(t => t.Length is > 0 and <= 200).ToList();
        for (var i = 0; i < titles.Count; i++) Assert.True((await meetings.BookAsync(amara, Draft(titles[i], i))).Ok);
        var page = await server.SignInAsync(Amara, new() { ViewportSize = new() { Width = 390, Height = 844 }, TimezoneId = "Europe/London" });
        await page.GotoAsync($"{server.Address}/meetings?day=2033-03-07");
        await page.Locator(".hub[data-live]").WaitForAsync();
        await Expect(page.Locator(".agenda .meeting strong")).ToHaveCountAsync(titles.Count);
        Assert.Equal(titles, await page.Locator(".agenda .meeting strong").EvaluateAllAsync<string[]>("all => all.map(e => e.textContent)"));
        await page.Context.CloseAsync();

        static MeetingDraft Draft(string title, int minute)
        {
            var start = new DateTime(2033, 3, 7, 1, 0, 0, DateTimeKind.Unspecified).AddMinutes(minute);
            return new(title, start.ToString("s", System.Globalization.CultureInfo.InvariantCulture), start.AddMinutes(1).ToString("s", System.Globalization.CultureInfo.InvariantCulture), "Europe/London", []);
        }
    }

    /// <summary>A signed-in page that tells of any script that ran, and of every request that left the hub.</summary>
    private async Task<(IPage Page, List<string> Foreign)> WatchedAsync()
    {
        var page = await server.SignInAsync(Amara);
        var foreign = new List<string>();
        await page.AddInitScriptAsync(Flag);
        page.Dialog += (_, d) => foreign.Add("dialog " + d.Message);
        page.Request += (_, r) =>
        {
            if (!r.Url.StartsWith(server.Address, StringComparison.Ordinal) && !r.Url.StartsWith("data:", StringComparison.Ordinal)) foreign.Add(r.Url);
        };
        return (page, foreign);
    }

    private async Task<Guid> ChannelAsync(IEnumerable<string> messages)
    {
        var (amara, chat) = (await ActorAsync(), server.Get<ChatService>());
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("hostile-" + Guid.NewGuid().ToString("N")[..8]))).Value.Id;
        foreach (var text in messages) Assert.True((await server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), text)).Ok);
        return channel;
    }

    private async Task<Actor> ActorAsync() => (await server.Get<PeopleService>().ActorByEmailAsync(Amara))!;
}
