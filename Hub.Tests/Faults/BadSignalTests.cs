using System.Text.Json;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Faults;

/// <summary>
/// 400 ms, 400 kbit/s and 2 % loss. Chromium applies <c>packetLoss</c> of Network.emulateNetworkConditions to WebRTC only, so the
/// loss is set there and besides stands for what it does to a person over TCP: sends that are cut off before they reach the hub, and
/// answers that are lost on the way back. Retransmission delays inside one response are not emulated.
/// </summary>
[Collection(AmongFaults.Name), Trait("Category", "Faults")]
public sealed class BadSignalTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";

    [Fact]
    public async Task The_first_page_is_there_within_ten_seconds_and_400_kilobytes_and_goes_out_compressed()
    {
        // As "dotnet run" serves it: the built hub in Development.
        await using var hub = new HubProcess { Seeded = true };
        await hub.StartAsync();
        var door = await (await server.Browser.NewContextAsync()).NewPageAsync();
        await door.GotoAsync(hub.Address + "/signin");
        await door.Locator($"button[data-email='{Amara}']").ClickAsync();
        await door.WaitForURLAsync(hub.Address + "/");
        // The signal is what is measured: where the machine was busy with something else it is asked again.
        var took = new List<string>();
        for (var within = false; !within && took.Count < 3;)
        {
            var (readable, live) = await LoadAsync(hub.Address, await door.Context.StorageStateAsync());
            took.Add($"read after {readable:0} ms, live after {live:0} ms");
            within = live < 10_000;
            Assert.True(within || took.Count < 3, string.Join("; ", took));
        }
        await door.Context.CloseAsync();
    }

    private async Task<(double Readable, double Live)> LoadAsync(string address, string signedIn)
    {
        // A new context with the cookies alone: signed in, nothing in the cache.
        var context = await server.Browser.NewContextAsync(new() { StorageState = signedIn });
        var page = await context.NewPageAsync();
        var cdp = await SlowAsync(page);
        var (bytes, plain) = (0.0, new List<string>());
        cdp.Event("Network.loadingFinished").OnEvent += (_, e) => bytes += e!.Value.GetProperty("encodedDataLength").GetDouble();
        cdp.Event("Network.responseReceived").OnEvent += (_, e) =>
        {
            var response = e!.Value.GetProperty("response");
            var (type, url) = (response.GetProperty("mimeType").GetString()!, response.GetProperty("url").GetString()!);
            var packed = response.GetProperty("headers").EnumerateObject().Any(h => h.Name.Equals("content-encoding", StringComparison.OrdinalIgnoreCase));
            if (!packed && (type.Contains("css", StringComparison.Ordinal) || type.Contains("javascript", StringComparison.Ordinal) || type.Contains("html", StringComparison.Ordinal))) plain.Add(url);
        };

        await page.GotoAsync(address, new() { Timeout = 30_000 });
        await Expect(page.Locator("h1")).ToContainTextAsync("Amara", new() { Timeout = 30_000 });
        var readable = await page.EvaluateAsync<double>("() => performance.now()");
        await page.Locator(".hub[data-live]").WaitForAsync();
        var live = await page.EvaluateAsync<double>("() => performance.now()");
        Assert.InRange(bytes, 20_000, 400_000);
        Assert.Empty(plain);
        await context.CloseAsync();
        return (readable, live);
    }

    [Fact]
    public async Task Two_thousand_characters_typed_fast_arrive_whole_though_sends_and_answers_are_lost()
    {
        var (page, channel) = await OpenAsync("signal-long");
        await SlowAsync(page);
        var tries = 0;
        // The first try never reaches the hub; the second does, but its answer is lost; the third gets through.
        await page.RouteAsync("**/api/v1/conversations/*/messages", async route =>
        {
            if (route.Request.Method != "POST" || ++tries > 2)
            {
                await route.ContinueAsync();
                return;
            }
            if (tries == 2) await route.FetchAsync();
            await route.AbortAsync("connectionreset");
        });
        var text = string.Concat(Enumerable.Range(0, 250).Select(i => $"{i:000} abc "))[..1999] + "z";
        await page.Locator("#composer-text").PressSequentiallyAsync(text, new() { Timeout = 60_000 });
        await Expect(page.Locator("#composer-text")).ToHaveValueAsync(text);
        // 200, not 201: what the hub already has is given back.
        await page.RunAndWaitForResponseAsync(() => page.Keyboard.PressAsync("Enter"), r => r.Request.Method == "POST" && r.Url.EndsWith("/messages", StringComparison.Ordinal) && r.Status == 200);
        await Expect(page.Locator("li.message .said")).ToHaveTextAsync([text], new() { Timeout = 30_000 });
        await Expect(page.Locator("[data-pending] li")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        Assert.Equal(3, tries);
        Assert.Equal([text], await StoredAsync(channel));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task After_a_minute_without_network_a_message_is_sent_once()
    {
        var (page, channel) = await OpenAsync("signal-minute", clock: true);
        await page.Locator("#composer-text").FillAsync("going down");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("li.message .said")).ToHaveTextAsync(["going down"]);
        var sends = new List<string>();
        page.Request += (_, r) =>
        {
            if (r.Method == "POST" && r.Url.EndsWith("/messages", StringComparison.Ordinal)) lock (sends) sends.Add(JsonDocument.Parse(r.PostData!).RootElement.GetProperty("clientMessageId").GetString()!);
        };
        await page.Context.SetOfflineAsync(true);
        await page.Locator("#composer-text").FillAsync("from the tunnel");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("[data-pending] li")).ToHaveAttributeAsync("data-state", "waiting");
        // The outbox's own timers run through the minute: it tries, and fails, and keeps the message.
        for (var seconds = 0; seconds < 60; seconds += 5) await page.Clock.RunForAsync(5_000);
        await Expect(page.Locator("[data-pending] li")).ToHaveAttributeAsync("data-state", "waiting");
        Assert.Equal(["going down"], await StoredAsync(channel));

        await page.Context.SetOfflineAsync(false);
        await page.Clock.ResumeAsync();
        await Expect(page.Locator("[data-pending] li")).ToHaveCountAsync(0, new() { Timeout = 40_000 });
        await Expect(page.Locator("li.message .said")).ToHaveTextAsync(["going down", "from the tunnel"], new() { Timeout = 40_000 });
        Assert.Equal(["going down", "from the tunnel"], await StoredAsync(channel));
        Assert.True(sends.Count > 2, "it tried only " + sends.Count + " times");
        Assert.Single(sends.Distinct(StringComparer.Ordinal));
        await page.Context.CloseAsync();
    }

    internal static async Task<ICDPSession> SlowAsync(IPage page)
    {
        var cdp = await page.Context.NewCDPSessionAsync(page);
        await cdp.SendAsync("Network.enable");
        await SignalAsync(cdp, offline: false);
        return cdp;
    }

    // Where a session has conditions of its own, the browser context's "offline" says nothing. Bytes a second: 400 kbit/s each way.
    internal static Task SignalAsync(ICDPSession cdp, bool offline) => cdp.SendAsync("Network.emulateNetworkConditions", new()
    {
        ["offline"] = offline, ["latency"] = 400, ["downloadThroughput"] = 50_000, ["uploadThroughput"] = 50_000, ["packetLoss"] = 2,
    });

    private async Task<(IPage Page, Guid Channel)> OpenAsync(string name, bool clock = false)
    {
        var channel = (await server.Get<ChatService>().CreateChannelAsync(await ActorAsync(), new NewChannel(name))).Value.Id;
        var page = await server.SignInAsync(Amara);
        if (clock) await page.Clock.InstallAsync();
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        return (page, channel);
    }

    private async Task<IEnumerable<string>> StoredAsync(Guid channel) =>
        (await server.Get<MessageService>().PageAsync(await ActorAsync(), channel)).Value.Items.Select(m => m.Text);

    private async Task<Actor> ActorAsync() => (await server.Get<PeopleService>().ActorByEmailAsync(Amara))!;
}
