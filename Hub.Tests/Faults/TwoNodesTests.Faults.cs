using System.Net.Http.Json;
using System.Text.Json;
using Hub.Tests.Api;
using Microsoft.Playwright;
using static System.Net.HttpStatusCode;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Faults;

/// <summary>The promise of docs/reliability.md: through every fault, and for people who meet one.</summary>
public sealed partial class TwoNodesTests
{
    /// <summary>With <c>HUB_FAULTS=long</c> 10,000 messages, five rounds and 50 pages.</summary>
    [Fact]
    public async Task Through_every_fault_nothing_acknowledged_is_lost_or_doubled_and_everyone_sees_one_order()
    {
        var inLong = Environment.GetEnvironmentVariable("HUB_FAULTS") == "long";
        await using var run = inLong ? new FaultRun(nodes, messages: 10_000, rounds: 5, pages: 50) : new FaultRun(nodes, messages: 1_500, rounds: 1, pages: 10);
        try
        {
            await run.RunAsync();
        }
        finally
        {
            var figures = run.Figures();
            output.WriteLine(figures);
            if (Environment.GetEnvironmentVariable("HUB_TEST_FIGURES") is { Length: > 0 } file) await File.AppendAllTextAsync(file, figures);
        }
    }

    [Fact]
    public async Task Without_the_database_people_are_told_what_they_write_is_kept_and_all_goes_on_by_itself_when_it_is_back()
    {
        var (one, two, channel) = await TalkAsync("stored");
        var wanderer = await one.Context.NewPageAsync();
        await OpenAsync(wanderer, nodes.Address + "/");
        foreach (var page in new[] { one, two, wanderer }) await page.EvaluateAsync("() => { window.stillTheSamePage = true; }");
        var program = (await nodes.One.ProgramsAsync([Amara]))[0];
        await SayAsync(one, "before");
        await SeesAsync(two, "before");

        await nodes.Database.StopAsync();
        foreach (var page in new[] { one, two }) await Expect(page.Locator("#hub-node")).ToContainTextAsync("cannot store anything just now", new() { Timeout = 30_000 });
        await SayAsync(one, "meanwhile");
        await Expect(one.Locator(".pending li[data-state=waiting] .text")).ToHaveTextAsync("meanwhile");
        await two.Locator("#composer-text").PressSequentiallyAsync("half a thought");
        // Another room, and a page opened anew: both say what is the matter, and that they come by themselves.
        await wanderer.Locator(".rail a[href='/articles']").ClickAsync();
        await Expect(wanderer.Locator("main h1")).ToHaveTextAsync("The hub cannot reach its data just now");
        var late = await one.Context.NewPageAsync();
        var answer = await late.GotoAsync($"{nodes.Address}/chat/{channel}");
        Assert.Equal(503, answer!.Status);
        await Expect(late.Locator("h1")).ToHaveTextAsync("The hub cannot reach its data just now");
        await Shell.Axe.AssertCleanAsync(late);
        // Programs are told when to come again, and nothing is acknowledged.
        using var refused = await program.PostAsJsonAsync($"/api/v1/conversations/{channel}/messages", new { clientMessageId = Guid.NewGuid(), text = "not stored" });
        Assert.Equal((ServiceUnavailable, "application/problem+json", "away"),
            (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType, (await refused.Content.ReadFromJsonAsync<JsonElement>()).Text("code")));
        Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);

        await nodes.Database.StartAsync();
        foreach (var page in new[] { one, two }) await Expect(page.Locator("#hub-node")).ToBeEmptyAsync(new() { Timeout = 30_000 });
        foreach (var page in new[] { one, two, late })
        {
            await SeesAsync(page, "meanwhile");
            await Expect(page.Locator("li.message .said")).ToHaveTextAsync(["before", "meanwhile"]);
        }
        await Expect(one.Locator(".pending li")).ToHaveCountAsync(0);
        await Expect(wanderer.Locator("#articles-title")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Expect(two.Locator("#composer-text")).ToHaveValueAsync("half a thought");
        foreach (var page in new[] { one, two, wanderer }) Assert.True(await page.EvaluateAsync<bool>("() => window.stillTheSamePage === true"));
        await two.Locator("#composer-text").PressSequentiallyAsync(", finished");
        await two.Keyboard.PressAsync("Enter");
        await SeesAsync(one, "half a thought, finished");
        await CloseAsync(one, two);
    }

    [Fact]
    public async Task When_no_node_lives_people_are_told_and_the_page_comes_by_itself()
    {
        await Task.WhenAll(nodes.One.KillAsync(), nodes.Two.KillAsync());
        var page = await (await server.Browser.NewContextAsync()).NewPageAsync();
        var answer = await page.GotoAsync(nodes.Address + "/signin");
        Assert.Equal((503, "5"), (answer!.Status, answer.Headers["retry-after"]));
        await Expect(page.Locator("h1")).ToHaveTextAsync("The hub is not running just now");
        await Shell.Axe.AssertCleanAsync(page);
        await Task.WhenAll(nodes.One.StartAsync(), nodes.Two.StartAsync());
        await Expect(page.Locator($"button[data-email='{Amara}']")).ToBeVisibleAsync(Soon);
        await page.Context.CloseAsync();
    }
}
