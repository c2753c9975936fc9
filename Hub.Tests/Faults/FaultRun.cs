using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Faults;

/// <summary>
/// Twenty writers on two nodes post to five conversations, edit, react, reply in threads and send files while pages and programs watch and things break. Each stage opens so
/// many posts; its fault comes when half of them are acknowledged. Where a fault takes its time, the last quarter is spread over it.
/// </summary>
internal sealed class FaultRun(TwoNodes nodes, int messages, int rounds, int pages) : IAsyncDisposable
{
    private const int Writers = 20, Conversations = 5, Stages = 9, CutsOfAKind = 6, RepeatedLater = 10;
    private const string Liked = "👍";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3), NodeAway = TimeSpan.FromSeconds(6);

    private readonly HttpWire toHub = new(nodes.Port);
    private readonly CancellationTokenSource over = new(), watchersOver = new();
    private readonly SemaphoreSlim tickets = new(0);
    private readonly ConcurrentDictionary<Guid, Acknowledged> acknowledged = new();
    private readonly ConcurrentDictionary<int, ConcurrentQueue<Send>> lastSends = new();
    private readonly ConcurrentDictionary<string, int> refusals = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Path, long Sequence), Guid> places = new();
    private readonly ConcurrentBag<string> wrong = [];
    private readonly Lock gate = new();
    private readonly List<long> times = [];
    private readonly List<(int Count, TaskCompletionSource Done)> awaited = [], awaitedRefusals = [];
    private readonly List<(string Fault, TimeSpan Longest, int Repeats)> stages = [];
    private readonly List<CircuitWatcher> circuits = [];
    private readonly List<EventWatcher> programs = [];
    private readonly long began = Stopwatch.GetTimestamp();
    private string[] conversations = [];
    private Task watching = Task.CompletedTask;
    private int sent, repeats, repeatedLater;
    private TimeSpan settled;

    /// <summary>A message as its writer got it acknowledged, with what was acknowledged of it afterwards, and which of the writer's sends it was.</summary>
    private sealed record Acknowledged(int Writer, int Number, string Conversation, long Sequence, string Text, Guid? ThreadId, int Reactions, Guid? File);

    /// <summary>A send as it was made, and the message that was acknowledged.</summary>
    private sealed record Send(string Path, string Body, Guid Message);

    private sealed record Stored(string Conversation, long Sequence, Guid Id, Guid Client, string Text, Guid? ThreadId, int Reactions, IReadOnlyList<(Guid Id, string Name)> Files);

    /// <summary>The whole run. What must hold is asserted at its end.</summary>
    public async Task RunAsync()
    {
        var people = await PeopleAsync(Writers + Conversations);
        var all = await nodes.One.ProgramsAsync(people);
        var (writers, readers) = (all[..Writers], all[Writers..]);
        conversations = new string[Conversations];
        for (var i = 0; i < Conversations; i++)
        {
            conversations[i] = (await readers[i].PostAsync("/conversations", new { kind = "channel", name = $"fault-run-{Guid.NewGuid():N}"[..20] }, Created)).Text("id");
            foreach (var writer in writers) await writer.PutAsync($"/conversations/{conversations[i]}/members/me", new { }, OK);
        }
        await WatchAsync(people, readers);
        toHub.Open();
        var writing = Task.WhenAll(writers.Select((w, i) => Task.Run(() => WriteAsync(i, w.DefaultRequestHeaders.Authorization!))));

        for (var round = 1; round <= rounds; round++) await RoundAsync(round);
        await StageAsync("nothing more", messages - sent, () => Task.CompletedTask);
        await over.CancelAsync();
        await writing;
        await CheckAsync();
        await RepeatAsync(writers, TimeSpan.FromHours(1));
    }

    /// <summary>What happened, for people.</summary>
    public string Figures()
    {
        var text = new StringBuilder();
        var repaired = nodes.One.Log.Concat(nodes.Two.Log).Select(l => Regex.Match(l, @"Version check: (\d+) topics", RegexOptions.None, TimeSpan.FromSeconds(1))).Where(m => m.Success).Sum(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
        void Say(FormattableString line) => text.AppendLine(FormattableString.Invariant(line));
        Say($"fault run: {messages} messages by {Writers} writers to {Conversations} conversations, watched by {pages} pages and {programs.Count} programs on two nodes");
        Say($"  acknowledged {acknowledged.Count} ({acknowledged.Values.Count(a => a.Text.EndsWith("edited", StringComparison.Ordinal))} edited, {acknowledged.Values.Sum(a => a.Reactions)} reacted to, {acknowledged.Values.Count(a => a.ThreadId is not null)} in threads, {acknowledged.Values.Count(a => a.File is not null)} with a file), lost {wrong.Count}; sends repeated {repeats} ({string.Join(", ", refusals.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key}: {r.Value}"))})");
        Say($"  connections cut before commit {nodes.ToDatabase.BeforeCommit.Made}, after commit {nodes.ToDatabase.AfterCommit.Made}, before the answer {toHub.BeforeAnswer.Made}, in the answer {toHub.InAnswer.Made}");
        foreach (var fault in stages.GroupBy(s => s.Fault))
            Say($"  {fault.Key}: {fault.Count()} times, longest without an acknowledgement {fault.Max(f => f.Longest).TotalSeconds:0.0} s, sends repeated {fault.Sum(f => f.Repeats)}");
        Say($"  pages loaded again {circuits.Sum(c => c.Reloads.Count)} ({string.Join(", ", circuits.SelectMany(c => c.Reloads).GroupBy(r => r).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}: {g.Count()}"))})");
        Say($"  programs took {programs.Sum(p => p.Counts.Events)} events, loaded {programs.Sum(p => p.Counts.Loads)} times, connected again {programs.Sum(p => p.Counts.Again)} times");
        Say($"  topics repaired by the version check {repaired}; every watcher level {settled.TotalSeconds:0.0} s after the last acknowledgement");
        Say($"  sends repeated an hour later {repeatedLater}, each answered with the message that it had made");
        Say($"  the whole run took {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await watchersOver.CancelAsync();
        await watching.WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await toHub.DisposeAsync();
    }

    // In every second round all of it happens while Redis is away.
    private async Task RoundAsync(int round)
    {
        var (each, node, other) = (messages / (rounds * Stages), round % 2 == 1 ? nodes.One : nodes.Two, round % 2 == 1 ? nodes.Two : nodes.One);
        await StageAsync("Redis killed", each, nodes.KillRedisAsync);
        if (round % 2 == 1) await StageAsync("Redis started", each, nodes.StartRedisAsync);
        await StageAsync("cut before commit", each, () => nodes.ToDatabase.BeforeCommit.NextAsync(CutsOfAKind));
        await StageAsync("cut after commit", each, () => nodes.ToDatabase.AfterCommit.NextAsync(CutsOfAKind));
        await StageAsync("cut before the acknowledgement", each, () => Task.WhenAll(toHub.BeforeAnswer.NextAsync(CutsOfAKind), toHub.InAnswer.NextAsync(CutsOfAKind)));
        await StageAsync("PostgreSQL stopped and started", each, () => DatabaseAwayAsync(atOnce: false));
        await StageAsync("PostgreSQL ended at once and started", each, () => DatabaseAwayAsync(atOnce: true));
        await StageAsync("a node terminated and started", each, async () =>
        {
            Assert.Equal(0, await node.TerminateAsync());
            await node.StartAsync();
        }, NodeAway);
        await StageAsync("a node killed and started", each, async () =>
        {
            await other.KillAsync();
            await other.StartAsync();
        }, NodeAway);
        if (round % 2 == 0) await StageAsync("Redis started", each, nodes.StartRedisAsync);
    }

    // Away until every writer can have noticed.
    private async Task DatabaseAwayAsync(bool atOnce)
    {
        await nodes.Database.StopAsync(atOnce);
        await ReachAsync(awaitedRefusals, () => repeats, Writers);
        await nodes.Database.StartAsync();
    }

    private async Task StageAsync(string fault, int count, Func<Task> happen, TimeSpan spread = default)
    {
        var (before, half, whole) = (repeats, ReachAsync(awaited, () => times.Count, count / 2), ReachAsync(awaited, () => times.Count, count));
        sent += count;
        var atOnce = spread == default ? count : count * 3 / 4;
        tickets.Release(atOnce);
        await half.WaitAsync(Patience);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(happen(), SpreadAsync(count - atOnce, spread)).WaitAsync(Patience);
        await whole.WaitAsync(Patience);
        lock (gate)
        {
            long[] since = [start, .. times.Where(t => t > start)];
            stages.Add((fault, since.Zip(since.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b)).DefaultIfEmpty().Max(), repeats - before));
        }
    }

    private async Task SpreadAsync(int count, TimeSpan over)
    {
        if (count == 0) return;
        using var timer = new PeriodicTimer(over / 20);
        for (var left = count; left > 0 && await timer.WaitForNextTickAsync(); left -= Math.Max(1, count / 20)) tickets.Release(Math.Min(left, Math.Max(1, count / 20)));
    }

    private Task ReachAsync(List<(int Count, TaskCompletionSource Done)> waiting, Func<int> now, int more)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate) waiting.Add((now() + more, done));
        return more == 0 ? Task.CompletedTask : done.Task;
    }

    private static void Reached(List<(int Count, TaskCompletionSource Done)> waiting, int count)
    {
        foreach (var (_, done) in waiting.Where(w => w.Count <= count)) done.TrySetResult();
        waiting.RemoveAll(w => w.Count <= count);
    }

    private async Task WriteAsync(int writer, AuthenticationHeaderValue token)
    {
        using var http = Client($"http://127.0.0.1:{toHub.Port}");
        http.Timeout = TimeSpan.FromSeconds(30);
        http.DefaultRequestHeaders.Authorization = token;
        http.DefaultRequestHeaders.Add("Cookie", $"HUBNODE={(writer % 2 == 0 ? "one" : "two")}");
        var threads = new Dictionary<string, Guid>(StringComparer.Ordinal);
        try
        {
            for (var number = 1; ; number++)
            {
                await tickets.WaitAsync(over.Token);
                var (client, to, text) = (Guid.NewGuid(), conversations[(writer + number) % Conversations], $"writer {writer:00} message {number:0000}");
                // Each fourth has a file, each fourth is a reply in a thread of theirs, each fourth is edited and each fourth reacted to.
                Guid? file = number % 4 == 0 ? (await SendAsync(http, HttpMethod.Post, $"/conversations/{to}/files?name={writer}-{number}.txt", () => new StringContent(FileText(writer, number)))).GetProperty("id").GetGuid() : null;
                Guid? thread = number % 4 == 1 && threads.TryGetValue(to, out var begun) ? begun : null;
                var (path, body) = ($"/conversations/{to}/messages", JsonSerializer.Serialize(new
                    { clientMessageId = client, text, fileIds = file is { } f ? new[] { f } : [], threadId = thread, alsoToConversation = thread is not null }));
                var message = await SendAsync(http, HttpMethod.Post, path, () => new StringContent(body, Encoding.UTF8, "application/json"));
                var id = message.GetProperty("id").GetGuid();
                var last = lastSends.GetOrAdd(writer, _ => new());
                last.Enqueue(new Send(path, body, id));
                if (last.Count > RepeatedLater) last.TryDequeue(out _);
                if (thread is null) threads.TryAdd(to, id);
                if (number % 4 == 2) text = (await SendAsync(http, HttpMethod.Put, $"/messages/{id}", () => JsonContent.Create(new { text = text + " edited", version = 1 }), current => current.Text("text") == text + " edited")).Text("text");
                if (number % 4 == 3) await SendAsync(http, HttpMethod.Put, $"/messages/{id}/reactions/{Uri.EscapeDataString(Liked)}", () => null);
                var done = new Acknowledged(writer, number, to, message.GetProperty("sequence").GetInt64(), text, thread, number % 4 == 3 ? 1 : 0, file);
                if (!acknowledged.TryAdd(client, done)) wrong.Add($"{text} was acknowledged twice");
                lock (gate)
                {
                    times.Add(Stopwatch.GetTimestamp());
                    Reached(awaited, times.Count);
                }
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Everything is sent.
        }
    }

    // The same again, a message with the same id, until the hub has said that it has it: also by saying that it is so already.
    private async Task<JsonElement> SendAsync(HttpClient http, HttpMethod method, string path, Func<HttpContent?> content, Func<JsonElement, bool>? already = null)
    {
        while (true)
        {
            string why;
            var pause = TimeSpan.FromMilliseconds(100);
            try
            {
                using var request = new HttpRequestMessage(method, "/api/v1" + path) { Content = content() };
                using var answer = await http.SendAsync(request);
                var body = await answer.Content.ReadAsStringAsync();
                if (answer.StatusCode is Created or OK) return JsonDocument.Parse(body).RootElement;
                if (answer.StatusCode == Conflict && already is not null && JsonDocument.Parse(body).RootElement.GetProperty("current") is var current && already(current)) return current;
                why = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
                // The hub says that it cannot, and when to come again; the balancer may say that a node died on the way, or that there is none.
                var hubs = answer.Content.Headers.ContentType?.MediaType == "application/problem+json";
                if (hubs ? answer.StatusCode != ServiceUnavailable : answer.StatusCode is not (BadGateway or ServiceUnavailable or GatewayTimeout)) wrong.Add($"{why} {body}");
                if (hubs) why += " by the hub";
                if (answer.StatusCode == ServiceUnavailable) pause = answer.Headers.RetryAfter?.Delta ?? throw new InvalidOperationException("503 without Retry-After");
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
            {
                // Cut off in the middle: whether it arrived is not known, so it is sent again.
                why = "no whole answer";
            }
            refusals.AddOrUpdate(why, 1, (_, n) => n + 1);
            lock (gate) Reached(awaitedRefusals, ++repeats);
            await Task.Delay(pause < TimeSpan.FromSeconds(1) ? pause : TimeSpan.FromSeconds(1));
        }
    }

    private async Task WatchAsync(List<string> people, List<HttpClient> readers)
    {
        var http = Client(nodes.Address);
        var sessions = new List<string>();
        for (var i = 0; i < Conversations; i++) sessions.Add(await SessionAsync(http, people[Writers + i]));
        for (var i = 0; i < pages; i++)
            circuits.Add(new(http, $"{sessions[i % Conversations]}; HUBNODE={(i / Conversations % 2 == 0 ? "one" : "two")}", $"/chat/{conversations[i % Conversations]}", places, wrong));
        foreach (var node in new[] { nodes.One, nodes.Two })
            for (var i = 0; i < Conversations; i++)
            {
                var program = Client(node.Address);
                program.DefaultRequestHeaders.Authorization = readers[i].DefaultRequestHeaders.Authorization;
                programs.Add(new(node, program, conversations[i], wrong));
            }
        watching = Task.WhenAll(programs.Select(p => Task.Run(() => p.RunAsync(watchersOver.Token))).Concat(circuits.Select(c => Task.Run(() => c.RunAsync(watchersOver.Token)))));
        await Task.WhenAny(watching, Task.WhenAll(programs.Select(p => p.Opened).Concat(circuits.Select(c => c.Opened)))).WaitAsync(Patience);
        if (watching.IsCompleted) await watching;
    }

    private async Task CheckAsync()
    {
        var (stored, heads) = await StoredAsync();
        var last = Stopwatch.GetTimestamp();
        await Task.WhenAll(programs.Select(p => p.HasAsync(heads[p.Conversation].Version, Patience)).Concat(circuits.Select(c => c.SeesAsync(s => Level(stored[c.Path["/chat/".Length..]], s), Patience))));
        settled = Stopwatch.GetElapsedTime(last);
        await watchersOver.CancelAsync();
        await watching;

        // Nothing lost, nothing doubled, no gap: what is stored is what was acknowledged, in the places that were acknowledged.
        foreach (var (conversation, rows) in stored)
        {
            Assert.Equal(Enumerable.Range(1, rows.Count).Select(i => (long)i), rows.Select(r => r.Sequence));
            Assert.Equal(rows.Count, heads[conversation].LatestSequence);
        }
        Assert.Equal(messages, acknowledged.Count);
        Assert.Equal(acknowledged.Select(a => (a.Value.Conversation, a.Value.Sequence, a.Key, a.Value.Text, a.Value.ThreadId, a.Value.Reactions, a.Value.File)).Order(),
            stored.SelectMany(s => s.Value).Select(r => (r.Conversation, r.Sequence, r.Client, r.Text, r.ThreadId, r.Reactions, r.Files.Select(f => (Guid?)f.Id).SingleOrDefault())).Order());
        foreach (var with in acknowledged.Values.Where(a => a.File is not null))
        {
            using var given = await programs.First(p => p.Conversation == with.Conversation).Program.GetAsync($"/api/v1/files/{with.File}");
            Assert.Equal(FileText(with.Writer, with.Number), await given.Content.ReadAsStringAsync());
        }
        // Each writer waited for one acknowledgement before the next send: that order is each conversation's.
        foreach (var own in acknowledged.Values.GroupBy(a => (a.Writer, a.Conversation)))
            Assert.Equal(own.OrderBy(a => a.Number).Select(a => a.Sequence), own.Select(a => a.Sequence).Order());
        // Stale and events are fresh, on every watcher.
        foreach (var program in programs) Assert.Equal(stored[program.Conversation].Select(r => new HeldMessage(r.Client, r.Text, r.Reactions, r.Files.Count)), program.Messages);
        foreach (var circuit in circuits)
        {
            var rows = stored[circuit.Path["/chat/".Length..]];
            Assert.Equal(rows.TakeLast(circuit.Shown.Count).Select(r => (r.Sequence, r.Id)), circuit.Shown.Select(s => (s.Sequence, s.Id)));
            Assert.All(circuit.Shown, s => Assert.True(Shows(rows[(int)s.Sequence - 1], s), $"{s.Sequence} of {circuit.Path}: {s.Html}"));
            Assert.True(circuit.Shown.Count >= Math.Min(50, rows.Count), $"{circuit.Shown.Count} rows on a page");
        }
        foreach (var ((path, sequence), id) in places) Assert.Equal(stored[path["/chat/".Length..]][(int)sequence - 1].Id, id);
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Concat(Failures())));
        Assert.Equal((rounds * CutsOfAKind, rounds * CutsOfAKind), (toHub.BeforeAnswer.Made, toHub.InAnswer.Made));
    }

    // Who heard nothing for long asks again: on nodes that began anew meanwhile, when nobody holds anything of it in memory any more.
    private async Task RepeatAsync(List<HttpClient> writers, TimeSpan later)
    {
        var (before, _) = await StoredAsync();
        // They stay ahead: what they have stored is of that time.
        (nodes.One.Ahead, nodes.Two.Ahead) = (later, later);
        await Task.WhenAll(nodes.One.KillAsync(), nodes.Two.KillAsync());
        await Task.WhenAll(nodes.One.StartAsync(), nodes.Two.StartAsync());
        foreach (var (writer, last) in lastSends)
        {
            using var http = Client((writer % 2 == 0 ? nodes.Two : nodes.One).Address);
            http.DefaultRequestHeaders.Authorization = writers[writer].DefaultRequestHeaders.Authorization;
            foreach (var send in last)
            {
                using var answer = await http.PostAsync("/api/v1" + send.Path, new StringContent(send.Body, Encoding.UTF8, "application/json"));
                Assert.Equal((OK, send.Message), (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid()));
                repeatedLater++;
            }
        }
        var (after, _) = await StoredAsync();
        foreach (var (conversation, rows) in before) Assert.Equal(rows.Select(r => (r.Sequence, r.Client, r.Text)), after[conversation].Select(r => (r.Sequence, r.Client, r.Text)));
        Assert.Equal(Writers * RepeatedLater, repeatedLater);
    }

    private static bool Level(List<Stored> rows, IReadOnlyList<ShownMessage> shown) => shown.Count > 0 && shown[^1].Sequence == rows.Count && shown.All(s => Shows(rows[(int)s.Sequence - 1], s));

    private static bool Shows(Stored row, ShownMessage shown) =>
        shown.Html.Contains(row.Text, StringComparison.Ordinal) && shown.Html.Contains(Liked, StringComparison.Ordinal) == row.Reactions > 0 && row.Files.All(f => shown.Html.Contains(f.Name, StringComparison.Ordinal));

    private static string FileText(int writer, int number) => $"What writer {writer} sent with message {number}.";

    private async Task<(Dictionary<string, List<Stored>> Rows, Dictionary<string, (long Version, long LatestSequence)> Heads)> StoredAsync()
    {
        await using var services = nodes.One.Services();
        await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var ids = conversations.Select(Guid.Parse).ToList();
        var rows = await db.Messages.AsNoTracking().Where(m => ids.Contains(m.ConversationId)).OrderBy(m => m.Sequence).Select(m => new
        {
            m.ConversationId, m.Sequence, m.Id, m.ClientMessageId, m.Text, m.ThreadId, Reactions = db.Reactions.Count(r => r.MessageId == m.Id),
            Files = db.StoredFiles.Where(f => f.MessageId == m.Id && f.RemovedAt == null).Select(f => new { f.Id, f.Name }).ToList(),
        }).ToListAsync();
        var heads = await db.Conversations.AsNoTracking().Where(c => ids.Contains(c.Id)).Select(c => new { c.Id, c.Version, c.LatestSequence }).ToListAsync();
        return (rows.Select(r => new Stored(r.ConversationId.ToString(), r.Sequence, r.Id, r.ClientMessageId, r.Text, r.ThreadId, r.Reactions, [.. r.Files.Select(f => (f.Id, f.Name))])).GroupBy(r => r.Conversation).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal),
            heads.ToDictionary(h => h.Id.ToString(), h => (h.Version, h.LatestSequence), StringComparer.Ordinal));
    }

    // What the nodes said of requests that failed, each with what it was.
    private IEnumerable<string> Failures()
    {
        foreach (var log in new[] { nodes.One.Log.ToList(), nodes.Two.Log.ToList() })
            for (var i = 0; i < log.Count; i++)
                if (log[i].Contains("failed, reference", StringComparison.Ordinal)) yield return string.Join('\n', log.Skip(i).Take(12));
    }

    private async Task<List<string>> PeopleAsync(int count)
    {
        await using var services = nodes.One.Services();
        await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var found = await db.People.AsNoTracking().Where(p => p.LeftAt == null && p.Kind == ActorKind.Person && p.Email.EndsWith("@northbridge.example")).OrderBy(p => p.Email).Select(p => p.Email).Take(count).ToListAsync();
        Assert.Equal(count, found.Count);
        return found;
    }

    private static HttpClient Client(string address) =>
        new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = new Uri(address) };

    // Through the persona page, as a browser; the cookie holds on both nodes.
    private static async Task<string> SessionAsync(HttpClient http, string email)
    {
        using var page = await http.GetAsync("/signin");
        var html = await page.Content.ReadAsStringAsync();
        var form = html[html.LastIndexOf("<form", html.IndexOf($"\"{email}\"", StringComparison.Ordinal), StringComparison.Ordinal)..];
        using var content = new FormUrlEncodedContent(new[] { "person", "__RequestVerificationToken" }
            .ToDictionary(n => n, n => Regex.Match(form, $"name=\"{n}\"[^>]*value=\"([^\"]+)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value, StringComparer.Ordinal));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/signin/persona") { Content = content };
        request.Headers.Add("Cookie", Cookies(page));
        using var answer = await http.SendAsync(request);
        return Cookies(answer).Split("; ").Single(c => c.StartsWith("hub=", StringComparison.Ordinal));
    }

    private static string Cookies(HttpResponseMessage answer) => string.Join("; ", answer.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]));
}
