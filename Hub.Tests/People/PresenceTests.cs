using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Api;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.People;

/// <summary>Who may know how somebody is, and how it reaches those who watch; on both databases. Between nodes: <see cref="PresenceBoardTests"/>.</summary>
public sealed class PresenceTests
{
    private const string AmaraOsei = "amara.osei@northbridge.example";
    private const string JonasBerg = "jonas.berg@northbridge.example";

    [Theory, Databases]
    public async Task Who_finds_a_person_knows_how_they_are_and_nobody_else(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (presence, live) = (hub.Get<PresenceService>(), hub.Get<LiveBus>());
        hub.Get<PresenceBoard>().Tell(Guid.NewGuid(), hub.Jonas.PersonId, PresenceDevice.Phone, away: false);

        Assert.Equal([PresenceState.Online, PresenceState.Offline], await StatesAsync(hub.Amara));
        Assert.Equal([PresenceState.Online, PresenceState.Offline], await StatesAsync(hub.Jonas));
        Assert.Empty(await StatesAsync(hub.Stranger));
        Assert.Equal(RefusalKind.NotFound, (await presence.GetAsync(hub.Stranger, hub.Jonas.PersonId)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await presence.GetAsync(hub.Amara, Guid.NewGuid())).Refusal?.Kind);
        Assert.Equal(RefusalKind.Invalid, (await presence.ListAsync(hub.Amara, [.. Enumerable.Range(0, 201).Select(_ => Guid.NewGuid())])).Refusal?.Kind);
        Assert.NotNull(await live.WatchAsync(hub.Amara, Topic.Person(hub.Jonas.PersonId), _ => Task.CompletedTask));
        Assert.Null(await live.WatchAsync(hub.Stranger, Topic.Person(hub.Jonas.PersonId), _ => Task.CompletedTask));

        // A directory that is opened one way is so here too.
        await hub.Get<DirectoryService>().OpenDirectoryAsync(hub.Northbridge, hub.Transport);
        Assert.Equal([PresenceState.Online, PresenceState.Offline], await StatesAsync(hub.Stranger));
        Assert.Equal(RefusalKind.NotFound, (await presence.GetAsync(hub.Amara, hub.Stranger.PersonId)).Refusal?.Kind);

        // Who left knows nothing any more, and is offline to others, though a page of theirs is still open.
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        Assert.Equal(PresenceState.Offline, (await presence.GetAsync(hub.Amara, hub.Jonas.PersonId)).Value.State);
        Assert.Empty(await StatesAsync(hub.Jonas));

        async Task<IEnumerable<PresenceState>> StatesAsync(Actor asks) =>
            (await presence.ListAsync(asks, [hub.Jonas.PersonId, hub.Amara.PersonId, hub.Jonas.PersonId, Guid.NewGuid()])).Value.Items.Select(p => p.State);
    }

    [Theory, Databases]
    public async Task Each_node_tells_its_own_watchers_and_the_version_check_has_nothing_to_repair(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var another = hub.AnotherNode();
        var (here, there) = (hub.Get<LiveBus>(), another.GetRequiredService<LiveBus>());
        var (board, other) = (hub.Get<PresenceBoard>(), another.GetRequiredService<PresenceBoard>());
        var echoed = 0;
        there.ForOtherNodes += s => echoed += s.Event is null ? 0 : 1;
        here.ForOtherNodes += s => echoed += s.Event is null ? 0 : 1;
        await using var wire = new NodeWire(here, there);
        var topic = Topic.Person(hub.Jonas.PersonId);
        var (near, far) = (new Inbox(), new Inbox());
        Assert.NotNull(await here.WatchAsync(hub.Amara, topic, near.TakeAsync));
        Assert.NotNull(await there.WatchAsync(hub.Amara, topic, far.TakeAsync));
        // Each asks whom it has missed, as with its first look.
        foreach (var node in new[] { board, other }) node.Look(connected: true);

        board.Tell(Guid.NewGuid(), hub.Jonas.PersonId, PresenceDevice.Desktop, away: false);
        await far.VersionsAsync(1);
        other.Tell(Guid.NewGuid(), hub.Jonas.PersonId, PresenceDevice.Phone, away: true);

        foreach (var inbox in new[] { near, far })
        {
            Assert.Equal([0, 0], await inbox.VersionsAsync(2));
            Assert.Equal(["presence-changed", "presence-changed"], inbox.Events.Select(e => e.Name));
            Assert.Equal([new(PresenceDevice.Desktop, PresenceState.Online), new(PresenceDevice.Phone, PresenceState.Away)], ((PersonPresence)inbox.Events[1].Payload).Devices);
        }
        Assert.Equal(0, echoed);
        Assert.Equal((0L, 0), (here.LatestVersion(topic), here.EventsAfter(topic, 0)?.Count));
        for (var i = 0; i < 3; i++) Assert.Equal(0, await here.CheckVersionsAsync());
        Assert.Equal(2, near.Events.Count);
    }

    [Theory, Databases]
    public async Task Whoever_leaves_watches_nobody_any_more(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (leaves, stays) = (new Inbox(), new Inbox());
        Assert.NotNull(await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Person(hub.Amara.PersonId), leaves.TakeAsync));
        Assert.NotNull(await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Person(hub.Amara.PersonId), stays.TakeAsync));
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        await leaves.EndedAsync();
        hub.Get<PresenceBoard>().Tell(Guid.NewGuid(), hub.Amara.PersonId, PresenceDevice.Tablet, away: false);
        await stays.VersionsAsync(1);
        Assert.Empty(leaves.Events);
    }

    [Fact]
    public async Task Programs_ask_and_are_not_there_themselves()
    {
        await using var web = await HubWeb.OnAsync();
        using var amara = await web.ProgramAsync(AmaraOsei);
        using var jonas = await web.ProgramAsync(JonasBerg);
        var (her, his) = ((await amara.GetAsync("/me", OK)).Text("id"), (await jonas.GetAsync("/me", OK)).Text("id"));
        Assert.Equal("offline", (await amara.GetAsync($"/people/{his}/presence", OK)).Text("state"));
        web.Services.GetRequiredService<PresenceBoard>().Tell(Guid.NewGuid(), Guid.Parse(his), PresenceDevice.Phone, away: true);

        var one = await amara.GetAsync($"/people/{his}/presence", OK);
        Assert.Equal((his, "away"), (one.Text("personId"), one.Text("state")));
        Assert.Equal(("phone", "away"), one.GetProperty("devices").EnumerateArray().Select(d => (d.Text("kind"), d.Text("state"))).Single());
        var all = await amara.GetAsync($"/presence?ids={his},{Guid.NewGuid()},{her}", OK);
        Assert.Equal([(his, "away"), (her, "offline")], all.Items().Select(p => (p.Text("personId"), p.Text("state"))));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, all.GetProperty("next").ValueKind);
        Assert.Empty((await amara.GetAsync("/presence", OK)).Items());
        await amara.GetAsync("/presence?ids=" + string.Join(',', Enumerable.Range(0, 200).Select(_ => Guid.NewGuid())), OK);
        await amara.GetAsync("/presence?ids=" + string.Join(',', Enumerable.Range(0, 201).Select(_ => Guid.NewGuid().ToString("N"))), UnprocessableEntity);
        await amara.GetAsync("/presence?ids=everybody", UnprocessableEntity);
        await amara.GetAsync($"/people/{Guid.NewGuid()}/presence", NotFound);
        var described = await web.Stranger().GetStringAsync("/openapi/v1.json");
        Assert.Contains("/api/v1/people/{id}/presence", described, StringComparison.Ordinal);
        Assert.Contains("PersonPresence", described, StringComparison.Ordinal);
    }
}
