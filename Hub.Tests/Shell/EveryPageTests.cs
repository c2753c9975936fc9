using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Knowledge;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Shell;

/// <summary>
/// Every page, with 60-character names, in English and the pseudo-language, in both themes, at each size the house draws for:
/// nothing wider than the screen, no request that fails, no error in the console, nothing that axe finds; and no text that the
/// language does not change.
/// </summary>
[Collection(InBrowser.Name)]
public sealed class EveryPageTests(HubServer hub)
{
    private const string Person = "reena.patel@northbridge.example";
    private const string LongWord = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch-Rd";
    private static readonly (int Width, int Height)[] Sizes = [(1440, 900), (1366, 625), (820, 1180), (390, 844), (360, 225)];

    private const string Dark = "() => getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).reduce((sum, c) => sum + Number(c), 0) < 384";

    // What is drawn, and yet squeezed to nothing by what holds it, or lies under something else. The way to the newest message floats over the list on purpose.
    private const string Unseen = """
        () => {
          const found = [];
          const name = e => `${e.tagName.toLowerCase()} "${(e.textContent || e.getAttribute('aria-label') || '').trim().slice(0, 40)}"`;
          for (const e of document.querySelectorAll('main :is(a, button, input, h1, h2, h3, p, li, time, strong, .meta)')) {
            if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.closest('.visually-hidden, [inert], svg')) continue;
            const r = e.getClientRects()[0] ?? e.getBoundingClientRect();
            if (r.width < 2 || r.height < 2) continue;
            let seen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
            for (let box = e.parentElement; box; box = box.parentElement) {
              const style = getComputedStyle(box), b = box.getBoundingClientRect();
              if (style.overflowY !== 'visible' && box.clientHeight < 8 && b.width > 0 && !box.closest('.visually-hidden')) { found.push(`${name(e)} is squeezed to nothing`); seen = null; break; }
              if (style.overflowY !== 'visible' || style.overflowX !== 'visible') seen = { left: Math.max(seen.left, b.left), top: Math.max(seen.top, b.top), right: Math.min(seen.right, b.right), bottom: Math.min(seen.bottom, b.bottom) };
            }
            const x = r.left + Math.min(r.width / 2, 12), y = r.top + r.height / 2;
            if (!seen || x <= seen.left || x >= seen.right || y <= seen.top || y >= seen.bottom) continue;
            const on = document.elementFromPoint(x, y);
            if (on && !e.contains(on) && !on.contains(e) && !on.closest('label')?.contains(e) && on.closest('main') && !on.closest('.searchbox, .jump')) found.push(`${name(e)} lies under ${name(on)}`);
          }
          return [...new Set(found)].slice(0, 5);
        }
        """;

    // An icon's outline is in a picture of its own, which comes after the page.
    private const string Drawn = """
        () => [...document.querySelectorAll('svg.icon')].filter(e => e.checkVisibility() && e.getBoundingClientRect().width > 0).every(e => {
          const outline = e.querySelector('use').getBBox();
          return outline.width + outline.height > 0;
        })
        """;

    [Theory]
    [InlineData("en-GB")]
    [InlineData("qps-ploc")]
    public async Task Pages_fit_every_screen_and_ask_for_nothing_that_fails(string culture)
    {
        var paths = await PathsAsync(culture);
        var page = await hub.SignInAsync(Person);
        if (culture != "en-GB") await page.GotoAsync($"{hub.Address}/language?to={culture}&returnUrl=/");
        var wrong = new List<string>();
        page.Console += (_, m) =>
        {
            if (m.Type == "error" && !m.Text.Contains("Failed to load resource", StringComparison.Ordinal)) wrong.Add($"{page.Url}: {m.Text}");
        };
        page.Response += (_, r) =>
        {
            if (r.Status >= 400 && !r.Url.EndsWith("/nothing-here", StringComparison.Ordinal)) wrong.Add($"{page.Url}: {r.Status} {r.Url}");
        };
        foreach (var path in paths)
        {
            await page.SetViewportSizeAsync(1440, 900);
            await page.GotoAsync(hub.Address + path);
            await Expect(page.Locator("h1").First).ToBeVisibleAsync();
            if (path != "/nothing-here") await page.Locator(".hub[data-live]").WaitForAsync();
            if (culture != "en-GB") wrong.AddRange(await PlainAsync(page, path));
            else await page.WaitForFunctionAsync(Drawn);
            // A theme has colours of its own and no measures: one size shows that it is put on.
            foreach (var (theme, width, height) in Sizes.Select(s => (ColorScheme.Light, s.Width, s.Height)).Append((ColorScheme.Dark, Sizes[3].Width, Sizes[3].Height)))
            {
                await page.EmulateMediaAsync(new() { ColorScheme = theme });
                await page.SetViewportSizeAsync(width, height);
                if (await page.EvaluateAsync<bool>(Dark) != (theme == ColorScheme.Dark)) wrong.Add($"{path} is not {theme}");
                var over = await page.EvaluateAsync<string?>("""
                    () => {
                      if (document.documentElement.scrollWidth <= innerWidth) return null;
                      const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.children.length === 0 && !e.closest('pre'));
                      return `${document.documentElement.scrollWidth} > ${innerWidth}: ${wide.slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(' | ')}`;
                    }
                    """);
                if (over is not null) wrong.Add($"{path} at {width}×{height}, {theme}: {over}");
                if (theme == ColorScheme.Light) wrong.AddRange((await page.EvaluateAsync<string[]>(Unseen)).Select(u => $"{path} at {width}×{height}: {u}"));
            }
            foreach (var (width, height) in culture == "en-GB" ? [Sizes[0], Sizes[3]] : Array.Empty<(int, int)>())
            {
                await page.SetViewportSizeAsync(width, height);
                wrong.AddRange(await Axe.FindAsync(page));
            }
        }
        await page.Context.CloseAsync();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task What_axe_is_to_find_it_finds_in_both_themes()
    {
        var page = await hub.SignInAsync(Person);
        await page.EvaluateAsync("() => document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/favicon.svg\"><p style=\"color: #777; background: #888\">grey on grey</p>')");

        var found = await Axe.FindAsync(page);

        Assert.Equal(["Dark: color-contrast", "Light: color-contrast", "Light: image-alt"], found.Select(f => string.Join(':', f.Split(": ")[0].Split(", ")[^1], " " + f.Split(": ")[1])).Order(StringComparer.Ordinal));
        await page.Context.CloseAsync();
    }

    // What the page shows by itself, and what its modules show when somebody does something.
    private async Task<IEnumerable<string>> PlainAsync(IPage page, string path)
    {
        if (path.StartsWith("/chat/new", StringComparison.Ordinal))
        {
            await page.Locator("form[data-ready]").WaitForAsync();
            if (path != "/chat/new") await page.Locator("[value=some]").CheckAsync();
            foreach (var box in path == "/chat/new" ? ["direct"] : new[] { "add", "reach" })
            {
                await page.Locator($"[data-find={box}]").FillAsync("zzqqxx");
                await Expect(page.Locator($"[data-found={box}] .meta")).ToBeVisibleAsync();
            }
        }
        else if (path.EndsWith("/about", StringComparison.Ordinal))
        {
            await page.Locator("[data-invite][data-ready]").WaitForAsync();
            await page.Locator("[data-find=invite]").FillAsync("zzqqxx");
            await Expect(page.Locator("[data-found=invite] .meta")).ToBeVisibleAsync();
        }
        else if (path.StartsWith("/chat/", StringComparison.Ordinal) && Guid.TryParse(path["/chat/".Length..], out _))
        {
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
            await page.Locator("li.message[data-mine]").First.HoverAsync();
            await Expect(page.Locator(".rowtools button")).ToHaveCountAsync(8);
        }
        else if (path == "/meetings/new" || path.EndsWith("/edit", StringComparison.Ordinal) && path.StartsWith("/meetings", StringComparison.Ordinal))
        {
            await Expect(page.Locator("[data-clashes] li").First).ToBeVisibleAsync();
            await page.Locator("#find").FillAsync("zzqqxx");
            await Expect(page.Locator("#found [role=option]")).ToBeVisibleAsync();
        }
        else if (path == "/")
        {
            await page.Locator("main .searchbox input").FillAsync("zzqqxx");
            await Expect(page.Locator("main .sb-none")).ToBeVisibleAsync();
        }
        await using var db = await hub.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        return (await (await PlainText.OfAsync(db)).FindAsync(page)).Select(p => $"{path}: plain text in code: {p}");
    }

    private async Task<string[]> PathsAsync(string culture)
    {
        Actor me;
        Guid other, help;
        await using (var db = await hub.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync())
        {
            me = new Actor((await db.People.SingleAsync(p => p.Email == Person)).Id);
            var longest = await db.People.SingleAsync(p => p.Email == "mina.kaya@northbridge.example");
            (other, longest.Name) = (longest.Id, LongWord[..60]);
            help = await db.Conversations.Where(c => c.IsHelp).Select(c => c.Id).FirstAsync();
            await db.SaveChangesAsync();
        }
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(me, new NewChannel($"{LongWord[..50]}-{culture}"[..Math.Min(60, LongWord[..50].Length + culture.Length + 1)], LongWord) { Marking = LongWord[..60] })).Value.Id;
        var said = (await hub.Get<MessageService>().PostAsync(me, channel, Guid.NewGuid(), $"{LongWord} `{LongWord}{LongWord}`\n\n```\n{LongWord} {LongWord} {LongWord}\n```")).Value.Message.Id;
        await hub.Get<MessageService>().PostAsync(me, channel, new NewMessage(Guid.NewGuid(), LongWord) { ThreadId = said, AlsoToConversation = true });
        await hub.Get<ReactionService>().ReactAsync(me, said, "tada", give: true);
        await hub.Get<KeptMessages>().PinAsync(me, said, pin: true);
        await hub.Get<KeptMessages>().SaveAsync(me, said, save: true);
        await hub.Get<LaterService>().ScheduleAsync(me, channel, new NewLater(Guid.NewGuid(), $"{LongWord} {LongWord}", hub.Get<TimeProvider>().GetUtcNow().UtcDateTime.AddDays(2)));
        await hub.Get<ReminderService>().CreateAsync(me, new NewReminder(hub.Get<TimeProvider>().GetUtcNow().UtcDateTime.AddDays(2), said, LongWord));
        var bot = (await hub.Get<HookService>().CreateAsync(me, channel, new NewHook(HookKind.Incoming, LongWord))).Value.Hook.BotId!.Value;
        await hub.Get<MessageService>().PostAsync(new Actor(bot, ActorKind.Bot), channel, Guid.NewGuid(), LongWord);
        var told = (await hub.Get<HookService>().CreateAsync(me, channel, new NewHook(HookKind.Outgoing, LongWord) { Address = $"http://localhost/{LongWord}", Events = Enum.GetValues<HookEvent>(), Word = LongWord })).Value.Hook.Id;
        await hub.Get<ChatService>().OpenDirectAsync(me, other);
        await hub.Get<ChatService>().JoinAsync(new Actor(other), channel);
        await hub.Get<MessageService>().PostAsync(new Actor(other), channel, Guid.NewGuid(), $"@Reena Patel {LongWord}");
        await hub.Get<DueWorker>().WorkAsync();
        var created = (await hub.Get<KnowledgeService>().CreateAsync(me, new NewArticle(LongWord, $"# {LongWord}\n\n{LongWord}\n\n| a | b |\n|---|---|\n| {LongWord} | {LongWord} |")));
        var article = created.Value.Id;
        var day = hub.Get<TimeProvider>().GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var meeting = (await hub.Get<MeetingService>().BookAsync(me, new MeetingDraft(LongWord, $"{day}T22:15:00", $"{day}T22:45:00", "Europe/London", ["mina.kaya@northbridge.example"], Place: LongWord, Notes: LongWord))).Value.Id;
        var runs = hub.Get<RunService>();
        await hub.Get<SimulatedTroubles>().SeedAsync(me.PersonId, []);
        var run = (await runs.StartAsync(me, "slow-laptop")).Value.Id;
        var healed = await EndAsync("laptop", "done");
        var handedOver = await EndAsync("laptop", "didNotWork");
        Assert.True((await runs.HandOverAsync(me, handedOver, LongWord)).Ok);
        async Task<Guid> EndAsync(params string[] answers)
        {
            var at = (await runs.StartAsync(me, "cannot-join-wifi")).Value;
            foreach (var answer in answers)
            {
                await runs.AnswerAsync(me, at.Id, at.Step!.Id, answer);
                await hub.Get<RunEngine>().WorkOnAsync(at.Id);
                at = (await runs.GetAsync(me, at.Id)).Value;
            }
            Assert.Null(at.Step);
            return at.Id;
        }
        await hub.Get<MessageService>().PostAsync(new Actor(other), channel, Guid.NewGuid(), $"[a](/articles/{article}) [m](/meetings/{meeting}) [p](/people/{other})");
        await hub.Get<MessageService>().PostAsync(me, channel, Guid.NewGuid(), $"[a](/articles/{article}) [r](/fixes/runs/{run}) [f](/fixes/slow-laptop)");
        await hub.Get<RoleService>().GrantAsync(me.PersonId, Role.Administrator, ScopeKind.Hub, null);
        await hub.Get<RoleService>().GrantAsync(me.PersonId, Role.Compliance, ScopeKind.Hub, null);
        var reported = (await hub.Get<MessageService>().PostAsync(new Actor(other), channel, Guid.NewGuid(), $"{LongWord} {LongWord}")).Value.Message.Id;
        var hidden = (await hub.Get<MessageService>().PostAsync(new Actor(other), channel, Guid.NewGuid(), $"{LongWord} `{LongWord}`")).Value.Message.Id;
        Assert.True((await hub.Get<ReportService>().ReportAsync(me, reported, new NewReport(ReportReason.PersonalData, LongWord))).Ok);
        Assert.True((await hub.Get<ModerationService>().HideAsync(me, hidden, LongWord)).Ok);
        await hub.Get<RetentionService>().SetAsync(me, await BodyAsync(), RetentionKind.Private, 3650, 0);
        Assert.True((await hub.Get<HoldService>().PlaceAsync(me, new NewHold(LongWord, LongWord, channel))).Ok);
        Assert.True((await hub.Get<ExportService>().AskAsync(me, channel, new NewExport(LongWord))).Ok);
        async Task<Guid> BodyAsync()
        {
            await using var db = await hub.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync();
            return await db.People.Where(p => p.Id == me.PersonId).Select(p => p.OrganisationId).SingleAsync();
        }
        await using (var db = await hub.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync())
        {
            // A letter that came back.
            var work = db.Due(hub.Get<TimeProvider>(), "chat.hooks", $"{told}", hub.Get<TimeProvider>().GetUtcNow().UtcDateTime.AddDays(-2));
            (work.DeadAt, work.Attempts) = (hub.Get<TimeProvider>().GetUtcNow().UtcDateTime, DueWorker.MostAttempts);
            db.HookDeliveries.Add(new HookDelivery { Id = Guid.NewGuid(), HookId = told, MessageId = said, WorkId = work.Id, CreatedAt = work.CreatedAt, TriedAt = work.DeadAt, Failure = HookFailure.Refused, Status = 503 });
            // No build has its kind, so that it stays given up.
            db.Due(hub.Get<TimeProvider>(), LongWord[..60], culture, hub.Get<TimeProvider>().GetUtcNow().UtcDateTime.AddDays(-2)).DeadAt = hub.Get<TimeProvider>().GetUtcNow().UtcDateTime;
            await db.SaveChangesAsync();
        }
        return
        [
            "/", "/fixes", "/fixes/slow-laptop", $"/fixes/runs/{run}", $"/fixes/runs/{healed}", $"/fixes/runs/{handedOver}", "/articles", "/articles?show=shelves", "/articles?show=drafts", "/articles/new", $"/articles/{article}", $"/articles/{article}/edit",
            "/search", "/search?q=mail", "/search?q=" + LongWord, "/chat", $"/chat/{channel}", $"/chat/{channel}/thread/{said}", $"/chat/{channel}/pins", $"/chat/{help}/questions", "/chat/threads", "/chat/saved", "/chat/later", "/chat/search", $"/chat/search?q={LongWord}", "/chat/search?q=zzqqxx", "/chat/search?q=from:zzqqxx", "/chat/unread", $"/chat/{channel}/about", $"/chat/{channel}/hooks", "/chat/browse", $"/chat/browse?find={LongWord}&show=archived", "/chat/new", "/chat/new/channel", $"/chat/{channel}?at=1", "/inbox", "/inbox?show=unread", "/inbox?show=mentions", "/inbox/preferences", "/meetings", "/meetings?view=month", "/meetings?view=agenda",
            "/admin/nodes", "/admin/compliance", "/admin/compliance?q=" + LongWord[..20], $"/admin/compliance/{channel}", "/admin/retention", "/chat/reports", $"/chat/m/{hidden}/hidden", "/meetings/new", $"/meetings/{meeting}", $"/meetings/{meeting}/edit", $"/people/{other}", "/people/team", "/people/team/import", "/people/quiet", "/nothing-here",
        ];
    }
}
