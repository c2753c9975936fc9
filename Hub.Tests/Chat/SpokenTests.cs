using System.Text.Json;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>What a screen reader finds in a conversation, by the accessibility tree that the browser builds, and what it is told while the conversation is busy.</summary>
[Collection(InBrowser.Name)]
public sealed class SpokenTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    // By the rules of ARIA: what comes into the nearest live region around it is announced, unless that is off or it is hidden.
    private const string Listening = """
        () => {
          window.heard = [];
          const live = n => {
            for (let e = n.nodeType === 1 ? n : n.parentElement; e; e = e.parentElement) {
              if (e.closest('[aria-hidden=true], [hidden]')) return false;
              const set = e.getAttribute('aria-live');
              if (set) return set !== 'off';
              if (['log', 'status', 'alert'].includes(e.getAttribute('role'))) return true;
            }
            return false;
          };
          const spoken = n => {
            if (n.nodeType === 3) return n.data;
            if (n.nodeType !== 1 || n.matches('[aria-hidden=true], [hidden], [aria-live=off], svg, script, style')) return '';
            return n.getAttribute('aria-label') ?? [...n.childNodes].map(spoken).join(' ');
          };
          const hear = n => {
            const text = live(n) ? spoken(n).replace(/\s+/g, ' ').trim() : '';
            if (text) window.heard.push(text);
          };
          new MutationObserver(all => {
            const added = new Set(all.flatMap(m => m.type === 'characterData' ? [m.target] : [...m.addedNodes]).filter(n => n.isConnected));
            const inside = n => { for (let e = n.parentNode; e; e = e.parentNode) if (added.has(e)) return true; return false; };
            for (const n of added) if (!inside(n)) hear(n);
          }).observe(document.body, { childList: true, characterData: true, subtree: true });
        }
        """;

    [Fact]
    public async Task A_message_is_read_author_first_then_text_then_time_and_one_log_is_open()
    {
        var (amara, jonas, channel) = await StartAsync("read-aloud");
        var messages = server.Get<MessageService>();
        var asked = (await messages.PostAsync(jonas, channel, Guid.NewGuid(), "Who has the **spare** `radio`?\n\n- bay four\n- bay five")).Value.Message;
        await messages.PostAsync(amara, channel, new NewMessage(Guid.NewGuid(), "I have it") { ThreadId = asked.Id });
        await server.Get<ReactionService>().ReactAsync(amara, asked.Id, "👍", give: true);
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync($"{server.Address}/chat/{channel}/thread/{asked.Id}");
        await Expect(page.Locator(".thread li.message .said").Last).ToHaveTextAsync("I have it");
        await Expect(page.Locator(".hub[data-live]")).ToBeVisibleAsync();

        var tree = await TreeAsync(page);
        Assert.Equal("Messages", Assert.Single(tree, n => n.Role == "log").Name);
        var rows = tree.Where(n => n.Role == "listitem").Select(n => n.Text).Where(t => t.Contains("spare", StringComparison.Ordinal) && t.Contains("Jonas Berg", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, rows.Count); // in the conversation, and above its thread
        foreach (var row in rows) Assert.Matches(@"^Jonas Berg\s+Who has the\s+spare\s+radio\s+\?\W+bay four\W+bay five\s+\d\d:\d\d", row);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_busy_minute_is_told_message_by_message_and_nothing_else_is()
    {
        var (amara, jonas, channel) = await StartAsync("busy-minute");
        var (_, _, beside) = await StartAsync("beside-it");
        var (messages, typing, reactions) = (server.Get<MessageService>(), server.Get<TypingService>(), server.Get<ReactionService>());
        var first = (await messages.PostAsync(amara, channel, Guid.NewGuid(), "Ready when you are")).Value.Message;
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await page.EvaluateAsync(Listening);

        for (var i = 1; i <= 30; i++)
        {
            await typing.TellAsync(jonas, channel);
            if (i % 10 == 1) await Expect(page.Locator("[data-typing]")).ToContainTextAsync("Jonas Berg");
            var said = (await messages.PostAsync(jonas, channel, Guid.NewGuid(), $"Line **{i}**")).Value.Message;
            if (i % 5 == 0) await reactions.ReactAsync(jonas, first.Id, i % 2 == 0 ? "👍" : "🎉", give: true);
            if (i % 7 == 0) await messages.PostAsync(jonas, beside, Guid.NewGuid(), $"Elsewhere {i}");
            if (i % 15 == 0) await messages.PostAsync(jonas, channel, new NewMessage(Guid.NewGuid(), "In its thread") { ThreadId = said.Id });
            await Expect(page.Locator($"li.message[data-id='{said.Id}']")).ToBeVisibleAsync();
        }
        await Expect(page.Locator($".pane-list a[href='/chat/{beside}'] .badge [aria-hidden]")).ToHaveTextAsync("4");
        await Expect(page.Locator("li.message .threadline")).ToHaveCountAsync(2);

        var heard = await page.EvaluateAsync<string[]>("() => window.heard");
        var time = @"\d\d:\d\d";
        Assert.All(heard.Zip(Enumerable.Range(1, 30)), h => Assert.Matches($"^(New )?Jonas Berg Line {h.Second} {time}$", h.First));
        Assert.Equal(30, heard.Length);
        await page.Context.CloseAsync();
    }

    private async Task<(Actor Amara, Actor Jonas, Guid Channel)> StartAsync(string name)
    {
        var (people, chat) = (server.Get<PeopleService>(), server.Get<ChatService>());
        var (amara, jonas) = ((await people.ActorByEmailAsync(Amara))!, (await people.ActorByEmailAsync(Jonas))!);
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel(name))).Value.Id;
        await chat.JoinAsync(jonas, channel);
        return (amara, jonas, channel);
    }

    private sealed record Spoken(string Role, string Name, string Text);

    /// <summary>Every node that is not ignored, with all that is said inside it, in the order of the tree.</summary>
    private static async Task<List<Spoken>> TreeAsync(IPage page)
    {
        var cdp = await page.Context.NewCDPSessionAsync(page);
        var nodes = (await cdp.SendAsync("Accessibility.getFullAXTree"))!.Value.GetProperty("nodes").EnumerateArray().ToDictionary(n => n.GetProperty("nodeId").GetString()!, StringComparer.Ordinal);
        return [.. nodes.Values.Where(n => !n.GetProperty("ignored").GetBoolean()).Select(n => new Spoken(Of(n, "role"), Of(n, "name"), string.Join(' ', Texts(n))))];

        IEnumerable<string> Texts(JsonElement node) =>
            Of(node, "role") == "StaticText" ? [Of(node, "name").Trim()]
            : node.TryGetProperty("childIds", out var children) ? children.EnumerateArray().Select(c => c.GetString()!).Where(nodes.ContainsKey).SelectMany(c => Texts(nodes[c])) : [];

        static string Of(JsonElement node, string what) => node.TryGetProperty(what, out var value) && value.TryGetProperty("value", out var text) ? text.GetString() ?? "" : "";
    }
}
