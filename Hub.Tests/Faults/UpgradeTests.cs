using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Tests.Api;
using Hub.Tests.Commands;
using Hub.Tests.Shell;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Playwright;
using Npgsql;
using static System.Net.HttpStatusCode;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Faults;

/// <summary>
/// Two nodes of the commit before this one become two of this one, go back, and forward again, one at a time, while people write and
/// watch. <c>HUB_UPGRADE_FROM</c> names another commit to come from. It is built here, so this is no part of the normal suite.
/// </summary>
[Collection(AmongFaults.Name), Trait("Category", "FaultsLong")]
public sealed class UpgradeTests(HubServer server) : IAsyncLifetime
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string Callum = "callum.fraser@northbridge.example";
    private const string Reena = "reena.patel@northbridge.example";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("hub-upgrade-").FullName;

    [Fact]
    public async Task Nodes_are_upgraded_one_at_a_time_and_rolled_back_and_nothing_acknowledged_is_lost()
    {
        var (before, now) = (await PublishBeforeAsync(), await Publishing.PublishAsync(Path.Combine(folder, "now")));
        await using var nodes = new TwoNodes(before);
        await nodes.InitializeAsync();
        var programs = await nodes.One.ProgramsAsync([Amara, Jonas, Callum, Reena]);
        var channel = (await programs[0].PostAsync("/conversations", new { kind = "channel", name = "upgrade" }, Created)).Text("id");
        foreach (var program in programs.Skip(1)) await program.PutAsync($"/conversations/{channel}/members/me", new { }, OK);
        var page = await nodes.SignInAsync(server.Browser, "two", Amara);
        await page.GotoAsync($"{nodes.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await page.Locator("#composer-text").PressSequentiallyAsync("typed before all of it");

        var acknowledged = new ConcurrentBag<(Guid Id, long Sequence)>();
        using var enough = new CancellationTokenSource();
        var writing = Task.WhenAll(programs.Take(3).Select(p => WriteAsync(nodes, p, channel, acknowledged, enough.Token)));

        // The new program's schema comes first, under old nodes that serve.
        var (code, _, complained) = await new HubProcess { Program = now, Settings = nodes.Settings }.RunAsync("migrate");
        Assert.True(code == 0, complained);
        await BothServeAsync(nodes, "both old, on the new schema", channel, programs[3], programs[0]);
        foreach (var (node, program, how) in new[]
        {
            (nodes.One, now, "new and old"), (nodes.Two, now, "both new"),
            (nodes.Two, before, "rolled back by half"), (nodes.One, before, "rolled back"),
            (nodes.One, now, "forward by half"), (nodes.Two, now, "forward again"),
        })
        {
            Assert.Equal(0, await node.TerminateAsync());
            node.Program = program;
            await node.StartAsync();
            await BothServeAsync(nodes, how, channel, programs[3], programs[0]);
        }

        await enough.CancelAsync();
        await writing;
        var stored = new List<JsonElement>();
        using (var reader = On(nodes.One, programs[0]))
            for (var more = true; more;)
            {
                var got = (await reader.GetAsync($"/conversations/{channel}/messages?afterSequence={stored.Count}&limit=200", OK)).Items();
                stored.AddRange(got);
                more = got.Count > 0;
            }
        Assert.Equal(Enumerable.Range(1, stored.Count).Select(i => (long)i), stored.Select(m => m.GetProperty("sequence").GetInt64()));
        var written = stored.ToDictionary(m => m.Text("clientMessageId"), m => m.GetProperty("sequence").GetInt64(), StringComparer.Ordinal);
        Assert.True(acknowledged.Count > 100, $"only {acknowledged.Count} were written meanwhile");
        Assert.All(acknowledged, a => Assert.Equal(a.Sequence, written[a.Id.ToString()]));

        // The page that was open from the beginning has what was typed, and all that was said.
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(page.Locator("#composer-text")).ToHaveValueAsync("typed before all of it", new() { Timeout = 60_000 });
        await Expect(page.Locator($"li.message[data-seq='{stored.Count}']")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await page.Locator("#composer-text").PressAsync("Enter");
        await Expect(page.Locator("li.message .said", new() { HasText = "typed before all of it" })).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_program_before_starts_and_serves_on_a_schema_that_is_a_step_ahead_of_both()
    {
        var before = await PublishBeforeAsync();
        await using var nodes = new TwoNodes(before);
        await nodes.InitializeAsync();
        var programs = await nodes.One.ProgramsAsync([Reena, Amara]);
        var channel = (await programs[0].PostAsync("/conversations", new { kind = "channel", name = "a-step-ahead" }, Created)).Text("id");
        // What the next migration is allowed to do (Architecture/MigrationTests), done under nodes that serve.
        await using (var connection = new NpgsqlConnection(nodes.Connection))
        {
            await connection.OpenAsync();
            await using var next = new NpgsqlCommand("""
                ALTER TABLE "Messages" ADD "Later" text NULL;
                ALTER TABLE "People" ADD "LaterCount" bigint NOT NULL DEFAULT 0;
                CREATE TABLE "Laters" ("Id" uuid PRIMARY KEY);
                INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('29990101000000_Later', '99.0.0');
                """, connection);
            await next.ExecuteNonQueryAsync();
        }
        await BothServeAsync(nodes, "ahead", channel, programs[0], programs[1]);
        Assert.Equal(0, await nodes.One.TerminateAsync());
        await nodes.One.StartAsync();
        await BothServeAsync(nodes, "ahead, started again", channel, programs[0], programs[1]);

        // Outside Development, where the hub looks whether its schema is there and refuses to start on an old one.
        await using var production = new HubProcess { Environment = "Production", Program = before, Settings = [.. nodes.Settings, .. CommandTests.Entra] };
        await production.StartAsync();
        using var reader = On(production, programs[0]);
        Assert.Equal(4, (await reader.GetAsync($"/conversations/{channel}/messages", OK)).Items().Count);
        Assert.Equal(0, await production.TerminateAsync());
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>What each node's people do, the other node's see: said in the talk and heard live, an article, a fix run to its end, a meeting.</summary>
    private static async Task BothServeAsync(TwoNodes nodes, string when, string channel, HttpClient asReena, HttpClient asAmara)
    {
        foreach (var (on, other) in new[] { (nodes.One, nodes.Two), (nodes.Two, nodes.One) })
        {
            using var here = On(on, asReena);
            using var there = On(other, asReena);
            await using var live = new HubConnectionBuilder().WithUrl(other.Address + "/hubs/live", o => o.AccessTokenProvider = () => Task.FromResult(asReena.DefaultRequestHeaders.Authorization!.Parameter)).Build();
            var (text, heard) = ($"{when}, from {(on == nodes.One ? "one" : "two")} {Guid.NewGuid():N}", new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            live.On<string, long, string, JsonElement>("Event", (_, _, name, payload) =>
            {
                // When the other node had to look in the database, it says that there is something to load.
                if (name == "reload" || (name == "message-posted" && payload.Text("text") == text)) heard.TrySetResult();
            });
            await live.StartAsync();
            await live.InvokeAsync<JsonElement>("Watch", $"conversation:{channel}", 0);
            var said = await here.PostAsync($"/conversations/{channel}/messages", new { clientMessageId = Guid.NewGuid(), text }, Created);
            Assert.Equal(text, (await there.GetAsync($"/conversations/{channel}/messages?afterSequence={said.GetProperty("sequence").GetInt64() - 1}&limit=1", OK)).Items()[0].Text("text"));
            await heard.Task.WaitAsync(Soon);

            var article = await here.PostAsync("/articles", new { title = text, body = "As **before**." }, Created);
            await here.PostAsync($"/articles/{article.Text("id")}/publish", new { }, OK);
            Assert.Equal(text, (await there.GetAsync($"/articles/{article.Text("id")}", OK)).Text("title"));

            using var amaraHere = On(on, asAmara);
            using var amaraThere = On(other, asAmara);
            var run = (await amaraHere.PostAsync("/fixes/mailbox-not-syncing/runs", new { }, Created)).Text("id");
            Assert.Equal(run, (await amaraThere.GetAsync($"/runs/{run}", OK)).Text("id"));
            await amaraThere.PostAsync($"/runs/{run}/abandon", new { }, OK);
            Assert.Equal("abandoned", (await amaraHere.GetAsync($"/runs/{run}", OK)).Text("state"));

            var meeting = await here.PostAsync("/meetings", new { title = text, start = "2034-05-02T09:30:00", end = "2034-05-02T10:00:00", timeZone = "Europe/London", attendees = new[] { Jonas } }, Created);
            Assert.Equal(text, (await there.GetAsync($"/meetings/{meeting.Text("id")}", OK)).Text("title"));
        }
    }

    // Through the balancer, as people do: the same message until it is acknowledged, whichever node that is.
    private static async Task WriteAsync(TwoNodes nodes, HttpClient program, string channel, ConcurrentBag<(Guid, long)> acknowledged, CancellationToken enough)
    {
        using var client = new HttpClient { BaseAddress = new(nodes.Address), DefaultRequestHeaders = { Authorization = program.DefaultRequestHeaders.Authorization } };
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (!enough.IsCancellationRequested)
        {
            var id = Guid.NewGuid();
            for (var sent = false; !sent; await pace.WaitForNextTickAsync(CancellationToken.None))
            {
                try
                {
                    using var answer = await client.PostAsJsonAsync($"/api/v1/conversations/{channel}/messages", new { clientMessageId = id, text = $"under way {id}" }, CancellationToken.None);
                    if ((int)answer.StatusCode >= 500) continue;
                    var body = await answer.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None);
                    Assert.True(answer.StatusCode is Created or OK, $"{answer.StatusCode}: {body}");
                    acknowledged.Add((id, body.GetProperty("sequence").GetInt64()));
                    sent = true;
                }
                catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
                {
                    // Cut off in the middle: whether it arrived is not known, so it is sent again.
                }
            }
        }
    }

    private static HttpClient On(HubProcess node, HttpClient program) => new() { BaseAddress = new(node.Address), DefaultRequestHeaders = { Authorization = program.DefaultRequestHeaders.Authorization } };

    /// <summary>The program of the commit before this one, built in a folder of its own.</summary>
    private async Task<string> PublishBeforeAsync()
    {
        var from = Environment.GetEnvironmentVariable("HUB_UPGRADE_FROM") is { Length: > 0 } named ? named : "HEAD^1";
        var (source, archive) = (Path.Combine(folder, "source"), Path.Combine(folder, "source.tar"));
        using (var git = System.Diagnostics.Process.Start("git", ["-C", Publishing.Top, "rev-parse", "--quiet", "--verify", from + "^{commit}"]))
        {
            await git.WaitForExitAsync();
            Assert.True(git.ExitCode == 0, $"The commit to upgrade from, {from}, is not in this folder's history: fetch it (git fetch --deepen=1), or name one that is in HUB_UPGRADE_FROM.");
        }
        await Publishing.RunAsync("git", "-C", Publishing.Top, "archive", "--output", archive, from);
        Directory.CreateDirectory(source);
        await System.Formats.Tar.TarFile.ExtractToDirectoryAsync(archive, source, overwriteFiles: false);
        return await Publishing.PublishAsync(Path.Combine(folder, "before"), source);
    }
}
