using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Live;

/// <summary>/hubs/live as API.md has it, over a socket.</summary>
public sealed class LiveHubTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string OtherBody = "gwen.tregarthen@nbtransport.example";

    [Fact]
    public async Task Events_come_in_order_and_who_was_away_gets_what_was_missed()
    {
        using var amara = await web.ProgramAsync(Amara);
        var id = await ChannelAsync(amara, "live-order");
        await using var watcher = await ConnectAsync(Jonas);
        var topic = $"conversation:{id}";
        var begin = await watcher.WatchAsync(topic, 0);
        var from = begin.GetProperty("version").GetInt64();
        for (var i = 1; i <= 5; i++) await PostAsync(amara, id, $"m{i}");
        for (var i = 1; i <= 5; i++)
        {
            var e = await watcher.NextAsync();
            Assert.Equal((topic, from + i, "message-posted", $"m{i}"), (e.Topic, e.Version, e.Name, e.Payload.Text("text")));
        }

        await using var late = await ConnectAsync(Jonas);
        var missed = await late.WatchAsync(topic, from + 2);
        Assert.False(missed.GetProperty("reload").GetBoolean());
        Assert.Equal(from + 5, missed.GetProperty("version").GetInt64());
        Assert.Equal([from + 3, from + 4, from + 5], missed.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("version").GetInt64()));
        await PostAsync(amara, id, "m6");
        Assert.Equal((from + 6, from + 6), ((await late.NextAsync()).Version, (await watcher.NextAsync()).Version));
    }

    [Fact]
    public async Task Who_is_too_far_behind_is_told_to_load()
    {
        using var amara = await web.ProgramAsync(Amara);
        var id = await ChannelAsync(amara, "live-behind");
        for (var i = 1; i <= 3; i++) await PostAsync(amara, id, $"m{i}");
        await using var watcher = await ConnectAsync(Amara);
        var answer = await watcher.WatchAsync($"conversation:{id}", 1);
        Assert.True(answer.GetProperty("reload").GetBoolean());
        Assert.Empty(answer.GetProperty("events").EnumerateArray());
        var version = answer.GetProperty("version").GetInt64();
        await PostAsync(amara, id, "m4");
        Assert.Equal(version + 1, (await watcher.NextAsync()).Version);
    }

    [Fact]
    public async Task Whose_node_missed_one_event_asks_again_and_loses_nothing()
    {
        using var amara = await web.ProgramAsync(Amara);
        var id = await ChannelAsync(amara, "live-missed");
        await using var watcher = await ConnectAsync(Jonas);
        var topic = $"conversation:{id}";
        var has = (await watcher.WatchAsync(topic, 0)).GetProperty("version").GetInt64();
        // A change whose event never came here, as from a node that died between its commit and its publish.
        await using (var db = await web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync())
            await db.Conversations.Where(c => c.Id == Guid.Parse(id)).ExecuteUpdateAsync(s => s.SetProperty(c => c.Version, c => c.Version + 1));

        // API.md: only version + 1 is the next event; on anything else a client asks again from what it has.
        var told = await watcher.NextAsync();
        Assert.Equal((topic, "reload"), (told.Topic, told.Name));
        Assert.True(told.Version < 0, $"{told.Version} could be the version that a client waits for");
        var answer = await watcher.WatchAsync(topic, has);
        Assert.True(answer.GetProperty("reload").GetBoolean());
        Assert.Equal(has + 1, answer.GetProperty("version").GetInt64());
        await PostAsync(amara, id, "after it");
        Assert.Equal((has + 2, "message-posted"), await NextAsync());

        async Task<(long, string)> NextAsync() => await watcher.NextAsync() is var e ? (e.Version, e.Name) : default;
    }

    [Theory]
    [InlineData("left")]
    [InlineData("revoked")]
    [InlineData("expired")]
    public async Task A_connection_ends_with_its_person_and_with_its_token(string why)
    {
        await using var own = await HubWeb.OnAsync();
        T Get<T>() where T : notnull => own.Services.GetRequiredService<T>();
        await using var connection = await OpenAsync(Amara, hub: own);
        await using var other = await OpenAsync(Jonas, hub: own);
        var closed = Closed(connection);
        var alsoClosed = Closed(other);
        var amara = (await Get<PeopleService>().ActorByEmailAsync(Amara))!.PersonId;
        if (why == "left") await Get<DirectoryService>().LeaveAsync(amara);
        else if (why == "revoked") Assert.Equal(1, await Get<AccessTokenService>().RevokeAllAsync(amara));
        else Get<OffsetClock>().Advance(TimeSpan.FromDays(2));

        await closed.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.NotEqual(HubConnectionState.Connected, connection.State);
        if (why == "expired") await alsoClosed.WaitAsync(TimeSpan.FromSeconds(20));
        else Assert.True((await other.InvokeAsync<JsonElement>("Watch", "me", 0)).TryGetProperty("version", out _));
    }

    [Fact]
    public async Task Presence_passes_by_without_a_version()
    {
        using var amara = await web.ProgramAsync(Amara);
        var topic = $"person:{(await amara.GetAsync("/me", HttpStatusCode.OK)).Text("id")}";
        await using var watcher = await ConnectAsync(Jonas, "people:read");
        await using var narrow = await ConnectAsync(Jonas, "chat:read");
        Assert.EndsWith("forbidden", (await Assert.ThrowsAsync<HubException>(() => narrow.WatchAsync(topic, 0))).Message, StringComparison.Ordinal);
        var answer = await watcher.WatchAsync(topic, 0);
        Assert.Equal((0, 0, false), (answer.GetProperty("version").GetInt64(), answer.GetProperty("events").GetArrayLength(), answer.GetProperty("reload").GetBoolean()));
        var board = web.Services.GetRequiredService<PresenceBoard>();
        board.Tell(Guid.NewGuid(), Guid.Parse(topic[7..]), PresenceDevice.Phone, away: false);
        var told = await watcher.NextAsync();
        Assert.Equal((topic, 0, "presence-changed", "online"), (told.Topic, told.Version, told.Name, told.Payload.Text("state")));
        Assert.Equal("phone", told.Payload.GetProperty("devices")[0].Text("kind"));
        // Neither she, by whose token this goes, nor he who watches is there.
        Assert.Equal(PresenceState.Offline, board.Of((await web.Services.GetRequiredService<PeopleService>().ActorByEmailAsync(Jonas))!.PersonId).State);
    }

    [Fact]
    public async Task A_token_watches_within_its_scopes()
    {
        using var amara = await web.ProgramAsync(Amara);
        var id = await ChannelAsync(amara, "live-scopes");
        var article = (await amara.GetAsync("/articles?limit=1", HttpStatusCode.OK)).Items()[0].Text("id");
        string[] topics = [$"conversation:{id}", $"article:{article}", "me"];
        foreach (var (scope, may) in new[] { ("chat:read", 0), ("articles:read", 1), ("people:read", 2), ("chat:write", -1) })
        {
            await using var watcher = await ConnectAsync(Amara, scope);
            for (var i = 0; i < topics.Length; i++)
            {
                if (i == may) Assert.True((await watcher.WatchAsync(topics[i], 0)).TryGetProperty("version", out _));
                else Assert.EndsWith("forbidden", (await Assert.ThrowsAsync<HubException>(() => watcher.WatchAsync(topics[i], 0))).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task What_a_token_may_not_read_comes_without_content()
    {
        using var amara = await web.ProgramAsync(Amara);
        await using var narrow = await ConnectAsync(Amara, "people:read");
        await using var wide = await ConnectAsync(Amara, "people:read", "chat:read");
        await narrow.WatchAsync("me", 0);
        await wide.WatchAsync("me", 0);
        await ChannelAsync(amara, "live-narrow");
        var (without, with) = (await narrow.NextAsync(), await wide.NextAsync());
        Assert.Equal(("conversation-joined", with.Version), (without.Name, without.Version));
        Assert.Equal("live-narrow", with.Payload.Text("name"));
        Assert.Empty(without.Payload.EnumerateObject());
    }

    [Fact]
    public async Task After_Unwatch_nothing_comes()
    {
        using var amara = await web.ProgramAsync(Amara);
        var (one, two) = (await ChannelAsync(amara, "live-one"), await ChannelAsync(amara, "live-two"));
        await using var watcher = await ConnectAsync(Amara);
        await watcher.WatchAsync($"conversation:{one}", 0);
        await watcher.WatchAsync($"conversation:{two}", 0);
        await watcher.Connection.InvokeAsync("Unwatch", $"conversation:{one}");
        await PostAsync(amara, one, "unseen");
        await PostAsync(amara, two, "seen");
        Assert.Equal("seen", (await watcher.NextAsync()).Payload.Text("text"));
    }

    [Fact]
    public async Task What_one_may_not_see_is_not_found()
    {
        using var amara = await web.ProgramAsync(Amara);
        var id = await ChannelAsync(amara, "live-ours");
        var article = await amara.PostAsync("/articles", new { title = "Draft", body = "x" }, HttpStatusCode.Created);
        var me = await amara.GetAsync("/me", HttpStatusCode.OK);
        await using var other = await ConnectAsync(OtherBody);
        foreach (var topic in new[] { $"conversation:{id}", $"article:{article.Text("id")}", $"me:{me.Text("id")}", $"person:{Guid.NewGuid()}", $"run:{Guid.NewGuid()}", $"meeting:{Guid.NewGuid()}", "nothing", "nothing:at-all", "", $"CONVERSATION:{id}" })
        {
            var refused = await Assert.ThrowsAsync<HubException>(() => other.WatchAsync(topic, 0));
            Assert.EndsWith("not-found", refused.Message, StringComparison.Ordinal);
        }
        Assert.True((await other.WatchAsync("me", 0)).TryGetProperty("version", out _));
    }

    [Fact]
    public async Task A_stranger_and_a_page_elsewhere_do_not_connect()
    {
        var stranger = await Assert.ThrowsAsync<HttpRequestException>(() => OpenAsync(null));
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        var elsewhere = await Assert.ThrowsAsync<HttpRequestException>(() => OpenAsync(Jonas, "https://elsewhere.example"));
        Assert.Equal(HttpStatusCode.Forbidden, elsewhere.StatusCode);
        await using var here = await OpenAsync(Jonas, "http://localhost");
        Assert.Equal(HubConnectionState.Connected, here.State);
    }

    private static async Task<string> ChannelAsync(HttpClient client, string name) =>
        (await client.PostAsync("/conversations", new { kind = "channel", name }, HttpStatusCode.Created)).Text("id");

    private static Task<JsonElement> PostAsync(HttpClient client, string id, string text) =>
        client.PostAsync($"/conversations/{id}/messages", new { clientMessageId = Guid.NewGuid(), text }, HttpStatusCode.Created);

    private static Task Closed(HubConnection connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        return closed.Task;
    }

    private async Task<Watcher> ConnectAsync(string email, params string[] scopes) => new(await OpenAsync(email, scopes: scopes));

    private async Task<HubConnection> OpenAsync(string? email, string? origin = null, HubWeb? hub = null, params string[] scopes)
    {
        hub ??= web;
        var token = email is null ? null : (await hub.ProgramAsync(email, scopes)).DefaultRequestHeaders.Authorization!.Parameter;
        var connection = new HubConnectionBuilder().WithUrl(new Uri(hub.Server.BaseAddress, "/hubs/live"), HttpTransportType.LongPolling, o =>
        {
            o.HttpMessageHandlerFactory = _ => hub.Server.CreateHandler();
            if (token is not null) o.Headers["Authorization"] = "Bearer " + token;
            if (origin is not null) o.Headers["Origin"] = origin;
        }).Build();
        await connection.StartAsync();
        return connection;
    }

    private sealed record Seen(string Topic, long Version, string Name, JsonElement Payload);

    /// <summary>A program on the hub, and the events it was sent in the order in which they came.</summary>
    private sealed class Watcher : IAsyncDisposable
    {
        private readonly Channel<Seen> events = Channel.CreateUnbounded<Seen>();

        public Watcher(HubConnection connection)
        {
            Connection = connection;
            connection.On<string, long, string, JsonElement>("Event", (topic, version, name, payload) => events.Writer.TryWrite(new Seen(topic, version, name, payload)));
        }

        public HubConnection Connection { get; }

        public Task<JsonElement> WatchAsync(string topic, long after) => Connection.InvokeAsync<JsonElement>("Watch", topic, after);

        public async Task<Seen> NextAsync() => await events.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        public ValueTask DisposeAsync() => Connection.DisposeAsync();
    }
}
