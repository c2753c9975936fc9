using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Hub.Tests.Api;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace Hub.Tests.Faults;

/// <summary>A message as a program holds it.</summary>
internal sealed record HeldMessage(Guid Client, string Text, int Reactions, int Files);

/// <summary>
/// A program on /hubs/live of one node that keeps a conversation as API.md tells it to: it loads when it is told to, and from then on
/// takes only its own version + 1; on anything else it asks again from what it has.
/// </summary>
internal sealed class EventWatcher(HubProcess node, HttpClient program, string conversation, ConcurrentBag<string> wrong)
{
    private readonly string topic = $"conversation:{conversation}";
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile int events, loads, again;
    private volatile HubConnection? connection;
    private volatile string last = "nothing";
    private long version;

    public string Conversation => conversation;

    /// <summary>The program's way to the API.</summary>
    public HttpClient Program => program;

    public Task Opened => started.Task;

    /// <summary>The first has sequence 1. To be read when nothing happens any more.</summary>
    public List<HeldMessage> Messages { get; } = [];

    /// <summary>How often it took an event, loaded everything, and was connected again.</summary>
    public (int Events, int Loads, int Again) Counts => (events, loads, again);

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var news = Channel.CreateUnbounded<(long Version, string Name, JsonElement Payload)>();
            await using var opened = new HubConnectionBuilder().WithUrl(node.Address + "/hubs/live", o => o.Headers["Authorization"] = program.DefaultRequestHeaders.Authorization!.ToString()).Build();
            opened.On<string, long, string, JsonElement>("Event", (_, v, name, payload) => news.Writer.TryWrite((v, name, payload)));
            opened.Closed += _ =>
            {
                news.Writer.TryComplete();
                return Task.CompletedTask;
            };
            try
            {
                connection = opened;
                await opened.StartAsync(ct);
                await AskAsync(opened, ct);
                if (!started.TrySetResult()) again++;
                await foreach (var (v, name, payload) in news.Reader.ReadAllAsync(ct))
                    if (v == version + 1) Take(v, name, payload);
                    else if (v > version || v < 0) await AskAsync(opened, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // The node, or its database, is away; what is held is held. A call that waits when a node says goodbye is cancelled; one whose answer is cut in its middle is invalid data.
                last = e.GetType().Name;
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                return;
            }
            await Task.WhenAny(Task.Delay(250, ct));
        }
    }

    /// <summary>Ends when it has this version.</summary>
    public async Task HasAsync(long latest, TimeSpan patience)
    {
        using var over = new CancellationTokenSource(patience);
        for (var change = moved; Volatile.Read(ref version) < latest && !over.IsCancellationRequested; change = moved) await change.Task.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.True(Volatile.Read(ref version) >= latest, $"{topic} on {node.Address} has {version} of {latest}; {(connection is { } c ? $"connected: {c.State}" : "not connected")}, asked again {again} times, last of all: {last}");
    }

    private async Task AskAsync(HubConnection connection, CancellationToken ct)
    {
        var answer = await connection.InvokeAsync<JsonElement>("Watch", topic, version, ct);
        if (answer.GetProperty("reload").GetBoolean())
        {
            // Loaded after the watch began: what is newer than the version comes as an event too, and is there already.
            var all = new List<HeldMessage>();
            for (var page = await LoadAsync(0, ct); page.Count > 0; page = await LoadAsync(all.Count, ct))
                foreach (var m in page) Put(all, m);
            loads++;
            for (var i = 0; i < Messages.Count; i++)
                if (all.Count <= i || all[i].Client != Messages[i].Client) wrong.Add($"{topic} on {node.Address}: {i + 1} was {Messages[i]} by events, and is not when loaded");
            Messages.Clear();
            Messages.AddRange(all);
            Move(answer.GetProperty("version").GetInt64());
            return;
        }
        foreach (var e in answer.GetProperty("events").EnumerateArray())
        {
            var v = e.GetProperty("version").GetInt64();
            if (v != version + 1) wrong.Add($"{topic} on {node.Address}: asked after {version}, it was told {v}");
            Take(v, e.Text("name"), e.GetProperty("payload"));
        }
    }

    private async Task<List<JsonElement>> LoadAsync(int after, CancellationToken ct)
    {
        using var answer = await program.GetAsync($"/api/v1/conversations/{conversation}/messages?afterSequence={after}&limit=200", ct);
        if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{answer.StatusCode}");
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(ct)).RootElement.Items();
    }

    private void Take(long v, string name, JsonElement payload)
    {
        if (name is "message-posted" or "message-edited" or "thread-grown") Put(Messages, payload);
        if (name == "message-reacted") Put(Messages, payload.GetProperty("message"));
        events++;
        Move(v);
    }

    private void Put(List<HeldMessage> all, JsonElement message)
    {
        var sequence = message.GetProperty("sequence").GetInt64();
        var held = new HeldMessage(message.GetProperty("clientMessageId").GetGuid(), message.Text("text"), message.GetProperty("reactions").EnumerateArray().Sum(r => r.GetProperty("count").GetInt32()), message.GetProperty("files").GetArrayLength());
        if (sequence == all.Count + 1) all.Add(held);
        else if (sequence > all.Count || all[(int)sequence - 1].Client != held.Client) wrong.Add($"{topic} on {node.Address}: {sequence} came after {all.Count}");
        else all[(int)sequence - 1] = held;
    }

    private void Move(long to)
    {
        Volatile.Write(ref version, to);
        Interlocked.Exchange(ref moved, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
