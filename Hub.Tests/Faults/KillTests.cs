using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Tests.Api;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static System.Net.HttpStatusCode;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Faults;

/// <summary>The hub is killed while people write. Three times; with <c>HUB_FAULTS=long</c> thirty times.</summary>
[Collection(AmongFaults.Name), Trait("Category", "Faults")]
public sealed class KillTests(HubServer server)
{
    private const int Sends = 25;
    private static readonly string[] Writers = [.. new[] { "amara.osei", "jonas.berg", "callum.fraser", "anil.karnik", "chloe.nguyen", "carol.whitaker", "blessing.okonkwo", "agnieszka.kowalska" }
        .Select(n => n + "@northbridge.example")];

    private static int Rounds => Environment.GetEnvironmentVariable("HUB_FAULTS") == "long" ? 30 : 3;

    /// <summary>A message as its writer got it acknowledged.</summary>
    private sealed record Acknowledged(int Writer, Guid Id, string Text, long Sequence);

    [Fact]
    public async Task Every_acknowledged_message_is_there_once_and_in_order_and_an_open_page_recovers()
    {
        await using var hub = new HubProcess { Seeded = true };
        await hub.StartAsync();
        var programs = await hub.ProgramsAsync(Writers);
        var channel = "/conversations/" + (await programs[0].PostAsync("/conversations", new { kind = "channel", name = "under-fire" }, Created)).Text("id");
        foreach (var program in programs) await program.PutAsync(channel + "/members/me", new { }, OK);
        var page = await OpenAsync(hub, channel);
        await page.Locator("#composer-text").PressSequentiallyAsync("half a thought");

        var acknowledged = new ConcurrentBag<Acknowledged>();
        for (var round = 1; round <= Rounds; round++)
        {
            // Somewhere in the middle, each time elsewhere.
            var (count, fatal) = (0, 40 + round * 37 % 120);
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var writing = Task.WhenAll(programs.Select((p, writer) => WriteAsync(hub, p, channel, writer, round, a =>
            {
                acknowledged.Add(a);
                if (Interlocked.Increment(ref count) == fatal) reached.SetResult();
            })));
            await reached.Task;
            await hub.KillAsync();
            await hub.StartAsync();
            await writing;

            var last = round * Sends * Writers.Length;
            await Expect(page.Locator($"li.message[data-seq='{last}']")).ToBeVisibleAsync(new() { Timeout = 30_000 });
            await Expect(page.Locator("#composer-text")).ToHaveValueAsync("half a thought");
        }

        var stored = await AllAsync(programs[0], channel);
        Assert.Equal(Enumerable.Range(1, Rounds * Sends * Writers.Length).Select(i => (long)i), stored.Select(m => m.GetProperty("sequence").GetInt64()));
        Assert.Equal(acknowledged.OrderBy(a => a.Sequence).Select(a => (a.Sequence, a.Id.ToString(), a.Text)),
            stored.Select(m => (m.GetProperty("sequence").GetInt64(), m.Text("clientMessageId"), m.Text("text"))));
        // Each writer waited for one acknowledgement before the next send: that order is the conversation's.
        foreach (var own in acknowledged.GroupBy(a => a.Writer))
            Assert.Equal(own.OrderBy(a => a.Text, StringComparer.Ordinal).Select(a => a.Id), own.OrderBy(a => a.Sequence).Select(a => a.Id));
        var shown = await page.Locator("li.message .said").AllInnerTextsAsync();
        Assert.Equal(stored.TakeLast(shown.Count).Select(m => m.Text("text")), shown);
        Assert.True(shown.Count >= 50);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_a_person_was_typing_survives_a_closed_tab_and_a_killed_hub()
    {
        await using var hub = new HubProcess { Seeded = true };
        await hub.StartAsync();
        var programs = await hub.ProgramsAsync(Writers.Take(1));
        var channel = "/conversations/" + (await programs[0].PostAsync("/conversations", new { kind = "channel", name = "half-typed" }, Created)).Text("id");
        var page = await OpenAsync(hub, channel);
        await page.Locator("#composer-text").PressSequentiallyAsync("typed before ");
        await hub.KillAsync();
        await page.Locator("#composer-text").PressSequentiallyAsync("and after it died");
        await page.CloseAsync();
        await hub.StartAsync();

        var again = await page.Context.NewPageAsync();
        await again.GotoAsync(hub.Address + channel.Replace("/conversations", "/chat", StringComparison.Ordinal));
        await Expect(again.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await Expect(again.Locator("#composer-text")).ToHaveValueAsync("typed before and after it died");
        await again.Locator("#composer-text").PressAsync("Enter");
        await Expect(again.Locator("li.message .said")).ToHaveTextAsync(["typed before and after it died"]);
        Assert.Single(await AllAsync(programs[0], channel));
        await again.Context.CloseAsync();
    }

    private async Task<IPage> OpenAsync(HubProcess hub, string channel)
    {
        var page = await (await server.Browser.NewContextAsync()).NewPageAsync();
        await page.GotoAsync(hub.Address + "/signin");
        await page.Locator($"button[data-email='{Writers[0]}']").ClickAsync();
        await page.WaitForURLAsync(hub.Address + "/");
        await page.GotoAsync(hub.Address + channel.Replace("/conversations", "/chat", StringComparison.Ordinal));
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        return page;
    }

    private static async Task WriteAsync(HubProcess hub, HttpClient program, string channel, int writer, int round, Action<Acknowledged> done)
    {
        for (var i = 0; i < Sends; i++)
        {
            var (id, text) = (Guid.NewGuid(), $"writer {writer} round {round:00} message {i:00}");
            var message = await SendAsync(hub, program, channel, new { clientMessageId = id, text });
            done(new Acknowledged(writer, id, text, message.GetProperty("sequence").GetInt64()));
        }
    }

    // The same message, with the same id, until the hub has said that it has it.
    private static async Task<JsonElement> SendAsync(HubProcess hub, HttpClient program, string channel, object message)
    {
        for (; ; )
        {
            try
            {
                using var answer = await program.PostAsJsonAsync($"/api/v1{channel}/messages", message);
                var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
                if (answer.StatusCode is Created or OK) return body;
                if ((int)answer.StatusCode < 500) Assert.Fail($"{answer.StatusCode}: {body}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
            {
                // Cut off in the middle: whether it arrived is not known, so it is sent again.
            }
            await hub.Up;
        }
    }

    private static async Task<List<JsonElement>> AllAsync(HttpClient program, string channel)
    {
        var all = new List<JsonElement>();
        for (var page = await program.GetAsync($"{channel}/messages?afterSequence=0&limit=200", OK); page.Items().Count > 0;
            page = await program.GetAsync($"{channel}/messages?afterSequence={all.Count}&limit=200", OK)) all.AddRange(page.Items());
        return all;
    }
}
