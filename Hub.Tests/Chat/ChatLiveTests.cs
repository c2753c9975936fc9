using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Tests.Storage;

namespace Hub.Tests.Chat;

/// <summary>What somebody loaded, and every event after it, must give what somebody else loads now.</summary>
public sealed class ChatLiveTests
{
    [Theory, Databases]
    public async Task Stale_messages_and_members_and_their_events_equal_fresh_ones(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, live) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<LiveBus>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value;
        var topic = Topic.Conversation(channel.Id);
        using var watch = await live.WatchAsync(hub.Amara, topic, _ => Task.CompletedTask);
        var kept = (await chat.PostAsync(hub.Amara, channel.Id, Guid.NewGuid(), "one")).Value.Message;
        var lost = (await chat.PostAsync(hub.Amara, channel.Id, Guid.NewGuid(), "two")).Value.Message;
        var stale = (await messages.PageAsync(hub.Amara, channel.Id)).Value;
        var members = 1;

        await chat.JoinAsync(hub.Jonas, channel.Id);
        await chat.PostAsync(hub.Jonas, channel.Id, Guid.NewGuid(), "three");
        await messages.EditAsync(hub.Amara, kept.Id, "one and a half", 1);
        await messages.DeleteAsync(hub.Amara, lost.Id, 1);
        await chat.LeaveAsync(hub.Jonas, channel.Id);

        var events = live.EventsAfter(topic, stale.Version)!;
        var shown = stale.Items.ToDictionary(m => m.Id);
        foreach (var e in events)
        {
            if (e.Payload is MessageRecord m) shown[m.Id] = m;
            members += e.Name switch { "member-joined" => 1, "member-left" => -1, _ => 0 };
        }
        var fresh = (await messages.PageAsync(hub.Amara, channel.Id)).Value;
        Assert.Equal(["member-joined", "message-posted", "message-edited", "message-deleted", "member-left"], events.Select(e => e.Name));
        Assert.Equal(Enumerable.Range(1, 5).Select(i => stale.Version + i), events.Select(e => e.Version));
        Assert.Equal(fresh.Items, shown.Values.OrderBy(m => m.Sequence));
        Assert.Equal((await chat.GetAsync(hub.Amara, channel.Id)).Value.Members, members);
        Assert.Equal(fresh.Version, events[^1].Version);
    }

    [Theory, Databases]
    public async Task Stale_list_of_mine_and_its_events_equal_a_fresh_one(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, live) = (hub.Get<ChatService>(), hub.Get<LiveBus>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value;
        await chat.PostAsync(hub.Amara, channel.Id, Guid.NewGuid(), "read me");
        using var watch = await live.WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), _ => Task.CompletedTask);

        await chat.JoinAsync(hub.Jonas, channel.Id);
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation;
        await chat.PostAsync(hub.Amara, direct.Id, Guid.NewGuid(), "hello");
        await chat.ReadAsync(hub.Jonas, direct.Id, 1);
        await chat.LeaveAsync(hub.Jonas, channel.Id);

        var events = live.EventsAfter(Topic.Me(hub.Jonas.PersonId), 0)!;
        Assert.Equal(["conversation-joined", "conversation-joined", "conversation-read", "conversation-left"], events.Select(e => e.Name));
        var mine = new Dictionary<Guid, long>();
        foreach (var e in events)
            switch (e.Payload)
            {
                case ConversationCard c: mine[c.Id] = c.ReadSequence; break;
                case ConversationRead r: mine[r.Id] = r.Sequence; break;
                case ConversationLeft l: mine.Remove(l.Id); break;
                default: Assert.Fail(e.Name); break;
            }
        Assert.Equal((await chat.ListAsync(hub.Jonas)).Value.Items.ToDictionary(c => c.Id, c => c.ReadSequence), mine);
    }
}
