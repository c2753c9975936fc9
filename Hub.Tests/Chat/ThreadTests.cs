using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Tests.Storage;

namespace Hub.Tests.Chat;

/// <summary>Threads, reactions, pins and what one saves, on both databases.</summary>
public sealed class ThreadTests
{
    [Theory, Databases]
    public async Task A_reply_stands_in_its_thread_counts_for_those_who_follow_and_is_not_unread_in_the_channel(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, threads) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ThreadService>());
        var channel = await ChannelAsync(hub);
        var root = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "Is the VPN slow?")).Value.Message;
        await chat.ReadAsync(hub.Jonas, channel, root.Sequence);

        var reply = (await ReplyAsync(hub.Amara, "Here too")).Value.Message;
        Assert.Equal((root.Id, 2L, 1L), (reply.ThreadId, reply.Sequence, reply.ThreadMessages));
        Assert.Equal((0L, 2L), await UnreadAsync(hub.Jonas));
        await ReplyAsync(hub.Jonas, "And for everyone", also: true);
        await ReplyAsync(hub.Jonas, "Only here");
        Assert.Equal((1L, 4L), await UnreadAsync(hub.Amara));
        // Reading to any sequence counts only what the channel shows after it.
        await chat.ReadAsync(hub.Amara, channel, 2);
        Assert.Equal((1L, 4L), await UnreadAsync(hub.Amara));
        await chat.ReadAsync(hub.Amara, channel, 3);
        Assert.Equal((0L, 4L), await UnreadAsync(hub.Amara));

        Assert.Equal(["Is the VPN slow?", "And for everyone"], (await messages.PageAsync(hub.Jonas, channel, shown: true)).Value.Items.Select(m => m.Text));
        Assert.Equal([1L, 2, 3, 4], (await messages.PageAsync(hub.Jonas, channel)).Value.Items.Select(m => m.Sequence));
        Assert.Equal(["Here too", "And for everyone", "Only here"], (await messages.ThreadAsync(hub.Jonas, root.Id)).Value.Items.Select(m => m.Text));
        Assert.Equal((3, "Only here"), ((await messages.GetAsync(hub.Jonas, root.Id)).Value.Message.Replies, (await threads.ListAsync(hub.Jonas)).Value.Items.Single().Latest.Text));

        // Author and repliers follow; what others said after one's marker is new to them.
        Assert.Equal(2, (await threads.ListAsync(hub.Amara, unread: true)).Value.Items.Single().Unread);
        Assert.Empty((await threads.ListAsync(hub.Jonas, unread: true)).Value.Items);
        Assert.Equal(4, (await threads.ReadAsync(hub.Amara, root.Id, 99)).Value.Sequence);
        Assert.Empty((await threads.ListAsync(hub.Amara, unread: true)).Value.Items);
        await threads.FollowAsync(hub.Amara, root.Id, follow: false);
        Assert.Empty((await threads.ListAsync(hub.Amara)).Value.Items);
        await ReplyAsync(hub.Jonas, "More");
        Assert.Empty((await threads.ListAsync(hub.Amara)).Value.Items);
        await ReplyAsync(hub.Amara, "Back again");
        Assert.True((await threads.FollowsAsync(hub.Amara, root.Id)).Value);

        Task<Outcome<Posted>> ReplyAsync(Domain.People.Actor who, string text, bool also = false) =>
            messages.PostAsync(who, channel, new NewMessage(Guid.NewGuid(), text) { ThreadId = root.Id, AlsoToConversation = also });

        async Task<(long, long)> UnreadAsync(Domain.People.Actor who)
        {
            var card = (await chat.GetAsync(who, channel)).Value;
            return (card.Unread, card.LatestSequence);
        }
    }

    [Theory, Databases]
    public async Task A_reply_that_is_sent_again_is_the_same_reply_and_a_thread_has_no_threads(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var messages = hub.Get<MessageService>();
        var (channel, elsewhere) = (await ChannelAsync(hub), await ChannelAsync(hub));
        var root = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "one")).Value.Message;
        var sent = new NewMessage(Guid.NewGuid(), "two") { ThreadId = root.Id };
        var first = (await messages.PostAsync(hub.Amara, channel, sent)).Value;
        var again = (await messages.PostAsync(hub.Amara, channel, sent)).Value;
        Assert.Equal((first.Message.Id, false), (again.Message.Id, again.New));
        Assert.Equal(1, (await messages.GetAsync(hub.Amara, root.Id)).Value.Message.Replies);
        Assert.Equal("message.used", (await messages.PostAsync(hub.Amara, channel, sent with { ThreadId = null })).Refusal!.Code);
        Assert.Equal("message.thread", (await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "x") { ThreadId = first.Message.Id })).Refusal!.Code);
        Assert.Equal("message.thread", (await messages.PostAsync(hub.Amara, elsewhere, new NewMessage(Guid.NewGuid(), "x") { ThreadId = root.Id })).Refusal!.Code);
        Assert.Equal("message.thread", (await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "x") { ThreadId = Guid.NewGuid() })).Refusal!.Code);
    }

    [Theory, Databases]
    public async Task A_crowd_in_two_threads_has_gapless_versions_and_sequences(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var messages = hub.Get<MessageService>();
        var channel = await ChannelAsync(hub);
        var roots = new[] { (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "one")).Value.Message, (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "two")).Value.Message };
        var heard = new Live.Inbox();
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Conversation(channel), heard.TakeAsync);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(() => messages.PostAsync(i % 2 == 0 ? hub.Amara : hub.Jonas, channel,
            new NewMessage(Guid.NewGuid(), $"{i}") { ThreadId = i % 3 == 0 ? null : roots[i % 2].Id, AlsoToConversation = i % 5 == 0 }))));

        var all = (await messages.PageAsync(hub.Amara, channel, limit: 200)).Value;
        Assert.Equal(Enumerable.Range(1, 32).Select(i => (long)i), all.Items.Select(m => m.Sequence));
        long alone = 0;
        foreach (var m in all.Items) Assert.Equal(m.InConversation ? alone : ++alone, m.ThreadMessages);
        foreach (var root in roots) Assert.Equal(all.Items.Count(m => m.ThreadId == root.Id), (await messages.GetAsync(hub.Amara, root.Id)).Value.Message.Replies);
        await heard.VersionsAsync((int)(all.Version - 2 - 1));
        Assert.Equal(Enumerable.Range(0, heard.Events.Count).Select(i => heard.Events[0].Version + i), heard.Events.Select(e => e.Version));
        Assert.Equal(all.Version, heard.Events[^1].Version);
    }

    [Theory, Databases]
    public async Task A_reaction_is_counted_once_for_each_person_and_named(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (messages, reactions) = (hub.Get<MessageService>(), hub.Get<ReactionService>());
        var channel = await ChannelAsync(hub);
        var message = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "Done")).Value.Message;
        await reactions.ReactAsync(hub.Jonas, message.Id, ":+1:", give: true);
        await reactions.ReactAsync(hub.Jonas, message.Id, "👍", give: true);
        var both = (await reactions.ReactAsync(hub.Amara, message.Id, "👍\uFE0F", give: true)).Value;
        var count = Assert.Single(both.Reactions);
        Assert.Equal((2, "Jonas Berg, Amara Osei"), (count.Count, string.Join(", ", count.First.Select(p => p.Name))));
        // A reaction is no edit: who edits meanwhile has still seen the latest text.
        Assert.Equal((1, 2), (both.Version, both.Revision));
        Assert.True((await messages.EditAsync(hub.Amara, message.Id, "Done!", 1)).Ok);
        var page = (await messages.PageAsync(hub.Jonas, channel)).Value;
        Assert.Equal([count.Emoji], page.Mine.Reactions[message.Id]);
        Assert.Equal(2, (await reactions.PeopleAsync(hub.Jonas, message.Id)).Value.Single().Count);
        await reactions.ReactAsync(hub.Amara, message.Id, "👍", give: false);
        Assert.Empty((await reactions.ReactAsync(hub.Jonas, message.Id, "👍", give: false)).Value.Reactions);

        foreach (var no in new[] { "", "&", "<b>", "👍👍", "nosuchcode", string.Concat(Enumerable.Repeat("😀", 30)) })
            Assert.Equal(RefusalKind.Invalid, (await reactions.ReactAsync(hub.Jonas, message.Id, no, give: true)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await reactions.ReactAsync(hub.Stranger, message.Id, "👍", give: true)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await reactions.PeopleAsync(hub.Stranger, message.Id)).Refusal!.Kind);
        await messages.DeleteAsync(hub.Amara, message.Id, 2);
        Assert.Equal(RefusalKind.Stale, (await reactions.ReactAsync(hub.Jonas, message.Id, "👍", give: true)).Refusal!.Kind);
    }

    [Theory, Databases]
    public async Task Pins_are_everyones_and_what_one_saves_is_ones_own(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, kept) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<KeptMessages>());
        var channel = await ChannelAsync(hub);
        var message = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "The door code")).Value.Message;
        Assert.NotNull((await kept.PinAsync(hub.Jonas, message.Id, pin: true)).Value.PinnedAt);
        Assert.Equal(message.Id, Assert.Single((await kept.PinsAsync(hub.Amara, channel)).Value).Id);
        await kept.SaveAsync(hub.Jonas, message.Id, save: true);
        Assert.Equal(message.Id, Assert.Single((await kept.SavedAsync(hub.Jonas)).Value.Items).Message.Id);
        Assert.Empty((await kept.SavedAsync(hub.Amara)).Value.Items);
        Assert.Contains(message.Id, (await messages.PageAsync(hub.Jonas, channel)).Value.Mine.Saved);

        Assert.Equal(RefusalKind.NotFound, (await kept.PinAsync(hub.Stranger, message.Id, pin: true)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await kept.PinsAsync(hub.Stranger, channel)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await kept.SaveAsync(hub.Stranger, message.Id, save: true)).Refusal!.Kind);
        var closed = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]))).Value.Id;
        var secret = (await messages.PostAsync(hub.Amara, closed, Guid.NewGuid(), "between us")).Value.Message;
        await kept.SaveAsync(hub.Jonas, secret.Id, save: true);
        await chat.LeaveAsync(hub.Jonas, closed);
        // Who has left sees it no more, not even what they saved of it; they can still let it go.
        Assert.DoesNotContain((await kept.SavedAsync(hub.Jonas)).Value.Items, m => m.Message.Id == secret.Id);
        Assert.Equal(RefusalKind.NotFound, (await messages.GetAsync(hub.Jonas, secret.Id)).Refusal!.Kind);
        Assert.False((await kept.SaveAsync(hub.Jonas, secret.Id, save: false)).Value);
        await chat.LeaveAsync(hub.Jonas, channel);
        Assert.Equal(RefusalKind.Forbidden, (await kept.PinAsync(hub.Jonas, message.Id, pin: false)).Refusal!.Kind);
    }

    private static async Task<Guid> ChannelAsync(TestHub hub)
    {
        var chat = hub.Get<ChatService>();
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, id);
        return id;
    }
}
