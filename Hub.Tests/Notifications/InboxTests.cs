using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Notifications;

/// <summary>What comes into an inbox, once, and what reads it.</summary>
public sealed class InboxTests
{
    [Theory, Databases]
    public async Task A_mention_comes_once_and_is_read_wherever_the_conversation_is_read(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, inbox) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<InboxService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, channel);
        var told = new Live.Inbox();
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), told.TakeAsync);
        await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "Nothing for anybody");
        var message = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "**@Jonas Berg**, the gate is open. @Amara Osei")).Value.Message;
        await hub.Get<DueWorker>().WorkAsync();
        // A node that died in between begins anew.
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            db.Due(hub.Clock, "notifications.message", message.Id.ToString(), hub.Clock.Now());
            await db.SaveChangesAsync();
        }
        await Task.WhenAll(hub.Get<DueWorker>().WorkAsync(), hub.AnotherNode().GetRequiredService<DueWorker>().WorkAsync());

        var entry = Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items);
        Assert.Equal((NotificationKind.Mention, "harbour", "Jonas Berg, the gate is open. @Amara Osei", "Amara Osei", 1, false), (entry.Kind, entry.Title, entry.Text.TrimStart('@'), entry.Actor!.Name, entry.Count, entry.Read));
        Assert.Equal($"/chat/{channel}?at=2", entry.Address);
        await told.VersionsAsync(1);
        Assert.Equal(new InboxNews(entry.Id, false), Assert.Single(told.Events).Payload);
        Assert.Empty((await inbox.ListAsync(hub.Amara)).Value.Items);

        await chat.ReadAsync(hub.Jonas, channel, 1);
        Assert.Single(await inbox.UnreadAsync(hub.Jonas));
        await chat.ReadAsync(hub.Jonas, channel, 2);
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));
        Assert.True(Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items).Read);
        await messages.DeleteAsync(hub.Amara, message.Id, 1);
        Assert.Equal(("", true), (await inbox.ListAsync(hub.Jonas)).Value.Items.Select(e => (e.Text, e.Deleted)).Single());
    }

    [Theory, Databases]
    public async Task Replies_count_up_for_who_follows_the_thread_and_are_read_with_it_alone(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, threads, inbox) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ThreadService>(), hub.Get<InboxService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, channel);
        var root = (await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "The gate is stuck")).Value.Message.Id;
        foreach (var text in new[] { "one", "two" }) await ReplyAsync(text);

        var entry = Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items);
        Assert.Equal((NotificationKind.Thread, "harbour", "two", 2, root), (entry.Kind, entry.Title, entry.Text, entry.Count, entry.ThreadId!.Value));
        Assert.Equal($"/chat/{channel}/thread/{root}?at=3", entry.Address);
        await chat.ReadAsync(hub.Jonas, channel, 3);
        Assert.Equal(root, Assert.Single(await inbox.UnreadAsync(hub.Jonas)).ThreadId);
        await threads.ReadAsync(hub.Jonas, root, 3);
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));
        Assert.Empty((await inbox.ListAsync(hub.Amara)).Value.Items);

        await ReplyAsync("@Jonas Berg three");
        Assert.Equal([NotificationKind.Mention], (await inbox.ListAsync(hub.Jonas, InboxView.Unread)).Value.Items.Select(e => e.Kind));
        await threads.ReadAsync(hub.Jonas, root, 4);
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));
        // Who no longer follows it, and who has muted it, is told nothing.
        await threads.FollowAsync(hub.Jonas, root, follow: false);
        await ReplyAsync("four");
        await threads.FollowAsync(hub.Jonas, root, follow: true);
        await hub.Get<MemberService>().MuteAsync(hub.Jonas, channel, true);
        await ReplyAsync("five");
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));

        async Task ReplyAsync(string text)
        {
            await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), text) { ThreadId = root });
            await hub.Get<DueWorker>().WorkAsync();
        }
    }

    [Theory, Databases]
    public async Task Direct_messages_count_up_in_one_entry_until_they_are_read(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, inbox) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<InboxService>());
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        for (var i = 1; i <= 3; i++) await messages.PostAsync(hub.Amara, direct, Guid.NewGuid(), $"hello {i}");
        await hub.Get<DueWorker>().WorkAsync();
        var entry = Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items);
        Assert.Equal((NotificationKind.Direct, "hello 3", 3, false), (entry.Kind, entry.Text, entry.Count, entry.Read));

        // An answer has read what was before it.
        await messages.PostAsync(hub.Jonas, direct, Guid.NewGuid(), "yes?");
        await hub.Get<DueWorker>().WorkAsync();
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));
        await messages.PostAsync(hub.Amara, direct, Guid.NewGuid(), "@Jonas Berg again");
        await hub.Get<DueWorker>().WorkAsync();
        entry = Assert.Single((await inbox.ListAsync(hub.Jonas, InboxView.Unread)).Value.Items);
        Assert.Equal(("@Jonas Berg again", 1), (entry.Text, entry.Count));
        Assert.Equal("yes?", Assert.Single((await inbox.ListAsync(hub.Amara)).Value.Items).Text);
        Assert.Empty((await inbox.ListAsync(hub.Jonas, InboxView.Mentions)).Value.Items);

        Assert.True((await inbox.ReadAsync(hub.Jonas, entry.Id)).Ok);
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));
        Assert.Equal(1, (await chat.GetAsync(hub.Jonas, direct)).Value.Unread);
        await messages.PostAsync(hub.Amara, direct, Guid.NewGuid(), "one");
        await messages.PostAsync(hub.Amara, direct, Guid.NewGuid(), "two");
        await hub.Get<DueWorker>().WorkAsync();
        Assert.Equal(2, Assert.Single((await inbox.ListAsync(hub.Jonas, InboxView.Unread)).Value.Items).Count);
        await inbox.ReadAllAsync(hub.Jonas);
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));
    }

    [Theory, Databases]
    public async Task An_inbox_is_its_owners_alone_and_shows_nothing_that_they_may_not_see_any_more(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, inbox) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<InboxService>());
        var closed = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]))).Value.Id;
        var open = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        await messages.PostAsync(hub.Amara, closed, Guid.NewGuid(), "@channel");
        // Who may find it is told, too, and has read it in the inbox alone.
        await messages.PostAsync(hub.Amara, open, Guid.NewGuid(), "@jonas.berg");
        await hub.Get<DueWorker>().WorkAsync();
        var entries = (await inbox.ListAsync(hub.Jonas)).Value.Items;
        Assert.Equal(["open", "closed"], entries.Select(e => e.Title).OrderDescending());
        foreach (var (who, kind) in new[] { (hub.Amara, RefusalKind.NotFound), (hub.Stranger, RefusalKind.NotFound) })
            Assert.Equal(kind, (await inbox.ReadAsync(who, entries[0].Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await inbox.ReadAsync(hub.Jonas, Guid.NewGuid())).Refusal!.Kind);
        Assert.Equal(RefusalKind.Invalid, (await inbox.ListAsync(hub.Jonas, after: "x")).Refusal!.Kind);
        var page = (await inbox.ListAsync(hub.Jonas, limit: 1)).Value;
        Assert.Equal(entries.Select(e => e.Id), [.. page.Items.Select(e => e.Id), .. (await inbox.ListAsync(hub.Jonas, after: page.Next)).Value.Items.Select(e => e.Id)]);

        await chat.LeaveAsync(hub.Jonas, closed);
        Assert.Equal("open", Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items).Title);
        Assert.Single(await inbox.UnreadAsync(hub.Jonas));
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        Assert.Empty((await inbox.ListAsync(hub.Jonas)).Value.Items);
        Assert.Equal(RefusalKind.NotFound, (await inbox.ReadAllAsync(hub.Jonas)).Refusal!.Kind);

        // After ninety days an entry is gone.
        hub.Clock.Advance(TimeSpan.FromDays(91));
        await hub.Get<DueWorker>().PlanAsync();
        await hub.Get<DueWorker>().WorkAsync();
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(0, await db.Notifications.CountAsync());
    }
}
