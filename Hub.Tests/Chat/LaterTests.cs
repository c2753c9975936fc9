using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Chat;

/// <summary>Messages that are posted later: at their time, once, and kept where they cannot be.</summary>
public sealed class LaterTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory, Databases]
    public async Task It_is_posted_at_its_time_once_and_reads_nothing_that_its_writer_has_not_seen(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, later) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<LaterService>());
        var channel = await ChannelAsync(hub);
        var told = new Live.Inbox();
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Me(hub.Amara.PersonId), told.TakeAsync);
        var (one, two) = (New(hub, "Good **morning**"), New(hub, "And another"));
        var made = (await later.ScheduleAsync(hub.Amara, channel, one)).Value;
        Assert.Equal((true, one.ClientMessageId, "late", 1, one.At), (made.New, made.Message.Id, made.Message.Conversation, made.Message.Version, made.Message.At));
        // The same again is the same; other content is a conflict.
        Assert.Equal((false, made.Message.Id), (await later.ScheduleAsync(hub.Amara, channel, one)).Value is var again ? (again.New, again.Message.Id) : default);
        Assert.Equal("message.used", (await later.ScheduleAsync(hub.Amara, channel, one with { Text = "x" })).Refusal!.Code);
        Assert.Equal("message.used", (await later.ScheduleAsync(hub.Amara, channel, one with { At = one.At.AddMinutes(1) })).Refusal!.Code);
        await told.VersionsAsync(1);
        Assert.Equal(new LaterChanged(made.Message.Id), told.Events.Last(e => e.Name == "later-changed").Payload);

        await WorkAsync(hub, TimeSpan.FromMinutes(59));
        Assert.Empty((await messages.PageAsync(hub.Jonas, channel)).Value.Items);
        await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "Has anybody seen the key?");
        hub.Clock.Advance(TimeSpan.FromMinutes(2));
        await Task.WhenAll(hub.Get<DueWorker>().WorkAsync(), hub.AnotherNode().GetRequiredService<DueWorker>().WorkAsync());
        var posted = (await messages.PageAsync(hub.Jonas, channel)).Value.Items;
        Assert.Equal(["Has anybody seen the key?", "Good **morning**"], posted.Select(m => m.Text));
        Assert.Equal((one.ClientMessageId, "Amara Osei"), (posted[1].ClientMessageId, posted[1].Author.Name));
        Assert.Empty((await later.ListAsync(hub.Amara)).Value);
        Assert.Equal("later.sent", (await later.ScheduleAsync(hub.Amara, channel, one)).Refusal!.Code);
        // The key is still new to her; once she has read all, what she posts later is no news to herself.
        Assert.Equal(0, (await chat.GetAsync(hub.Amara, channel)).Value.ReadSequence);
        await chat.ReadAsync(hub.Amara, channel, 2);
        await later.ScheduleAsync(hub.Amara, channel, two with { At = hub.Clock.Now() + Hour });
        await WorkAsync(hub, Hour);
        Assert.Equal((3L, 0L), (await chat.GetAsync(hub.Amara, channel)).Value is var card ? (card.ReadSequence, card.Unread) : default);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.False(await db.DueWork.AnyAsync(w => w.Kind == "chat.later"));
    }

    [Theory, Databases]
    public async Task Written_before_a_rule_removed_what_was_new_it_is_no_news_to_its_writer_and_what_stayed_still_is(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, later) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<LaterService>());
        var ruth = await hub.AddPersonAsync("Ruth", "ruth@northbridge.example");
        await hub.Get<RoleService>().GrantAsync(ruth.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Northbridge);
        await hub.Get<RetentionService>().SetAsync(ruth, hub.Northbridge, RetentionKind.Private, 10, 0);
        var (whole, partly) = (await OldAsync("whole"), await OldAsync("partly"));
        hub.Clock.Advance(TimeSpan.FromDays(5));
        await messages.PostAsync(hub.Jonas, partly, Guid.NewGuid(), "young");
        foreach (var channel in new[] { whole, partly }) Assert.True((await later.ScheduleAsync(hub.Amara, channel, New(hub, "later") with { At = hub.Clock.Now().AddDays(7) })).Ok);
        Assert.Equal(((0L, 1L), (0L, 2L)), (await ReadAsync(whole), await ReadAsync(partly)));

        hub.Clock.Advance(TimeSpan.FromDays(6));
        await hub.Get<DueWorker>().PlanAsync();
        hub.Clock.Advance(Hour);
        await hub.Get<DueWorker>().WorkAsync("chat.retention");
        Assert.Equal(((2L, 0L), (2L, 1L)), (await ReadAsync(whole), await ReadAsync(partly)));
        await WorkAsync(hub, TimeSpan.FromDays(1));
        foreach (var channel in new[] { whole, partly }) Assert.Equal("later", (await messages.PageAsync(hub.Jonas, channel)).Value.Items[^1].Text);
        // Of the whole nothing that she had not read was left, of the other one the young one is.
        Assert.Equal(((3L, 0L), (2L, 2L)), (await ReadAsync(whole), await ReadAsync(partly)));

        // What comes after what she has read stays new too, however many of hers are posted behind it.
        await messages.PostAsync(hub.Jonas, whole, Guid.NewGuid(), "since");
        await later.ScheduleAsync(hub.Amara, whole, New(hub, "later still"));
        await WorkAsync(hub, Hour);
        Assert.Equal((3L, 2L), await ReadAsync(whole));

        // One message, and a reply that stands in its thread alone.
        async Task<Guid> OldAsync(string name)
        {
            var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel(name, People: [hub.Jonas.PersonId]))).Value.Id;
            var root = (await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "old")).Value.Message.Id;
            await messages.PostAsync(hub.Jonas, channel, new NewMessage(Guid.NewGuid(), "old reply") { ThreadId = root });
            return channel;
        }

        async Task<(long Read, long Unread)> ReadAsync(Guid channel) => (await chat.GetAsync(hub.Amara, channel)).Value is var card ? (card.ReadSequence, card.Unread) : default;
    }

    [Theory, Databases]
    public Task Whenever_the_node_dies_that_posts_it_it_is_posted_once(string provider) => DieAsync(provider, refused: false);

    [Theory, Databases]
    public Task Whenever_the_node_dies_that_finds_it_refused_it_is_kept_and_told_once(string provider) => DieAsync(provider, refused: true);

    private static async Task DieAsync(string provider, bool refused)
    {
        await using var hub = await TestHub.StartAsync(provider, Holder.AddTo);
        var (later, holder, node, other) = (hub.Get<LaterService>(), hub.Get<Holder>(), hub.Get<DueWorker>(), hub.AnotherNode().GetRequiredService<DueWorker>());
        var channel = await ChannelAsync(hub);
        var died = 0;
        for (var lives = true; lives; died++)
        {
            Assert.True(died < 200, "The node dies at every step and never gets through.");
            var message = New(hub, $"round {died}");
            Assert.True((await later.ScheduleAsync(hub.Amara, channel, message)).Ok);
            if (refused) await hub.Get<ChannelService>().ArchiveAsync(hub.Amara, channel, true);
            hub.Clock.Advance(Hour);
            holder.DiesAt(died);
            await holder.LiveAsync(() => node.WorkAsync(LaterWork.Work));
            if (!holder.Dead && refused) await holder.LiveAsync(() => node.WorkAsync(MessageAlerts.Refusals));
            lives = holder.Dead;
            holder.DiesAt(int.MaxValue);
            hub.Clock.Advance(DueWorker.Lease + TimeSpan.FromSeconds(1));
            await other.WorkAsync(LaterWork.Work);
            await other.WorkAsync(MessageAlerts.Refusals);
            if (refused) await hub.Get<ChannelService>().ArchiveAsync(hub.Amara, channel, false);

            await using var db = await hub.Hub.CreateDbContextAsync();
            Assert.Equal(refused ? 0 : 1, await db.Messages.CountAsync(m => m.ClientMessageId == message.ClientMessageId));
            Assert.Equal(refused, await db.LaterMessages.AnyAsync(l => l.Id == message.ClientMessageId && l.Reason == "chat.archived"));
            Assert.Equal(refused ? 1 : 0, await db.Notifications.CountAsync(n => n.SubjectId == message.ClientMessageId));
            Assert.False(await db.DueWork.AnyAsync(w => w.Kind == LaterWork.Work || w.Kind == MessageAlerts.Refusals));
            await db.LaterMessages.ExecuteDeleteAsync();
        }
        Assert.InRange(died, 20, 150);
    }

    [Theory, Databases]
    public async Task What_is_refused_when_its_time_has_come_is_told_kept_and_sent_again(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, channels, later, inbox) = (hub.Get<ChatService>(), hub.Get<ChannelService>(), hub.Get<LaterService>(), hub.Get<InboxService>());
        var channel = await ChannelAsync(hub);
        var message = New(hub, "Before the meeting");
        await later.ScheduleAsync(hub.Jonas, channel, message);
        await channels.ArchiveAsync(hub.Amara, channel, true);
        await WorkAsync(hub, Hour);
        var kept = Assert.Single((await later.ListAsync(hub.Jonas)).Value);
        Assert.Equal(("chat.archived", "Before the meeting", true), (kept.Reason, kept.Text, kept.RefusedAt is not null));
        var entry = Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items);
        Assert.Equal((NotificationKind.Later, "late", "Before the meeting", "/chat/later", 1, false), (entry.Kind, entry.Title, entry.Text, entry.Address, entry.Count, entry.Read));

        // At once it is refused again, to the writer's face, and nobody is told.
        Assert.Equal("chat.archived", (await later.SendNowAsync(hub.Jonas, kept.Id, kept.Version)).Refusal!.Code);
        kept = Assert.Single((await later.ListAsync(hub.Jonas)).Value);
        await inbox.ReadAllAsync(hub.Jonas);
        await WorkAsync(hub, TimeSpan.FromMinutes(3));
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));
        await channels.ArchiveAsync(hub.Amara, channel, false);
        // With another time it waits again, and its entry is gone; a second refusal is told anew.
        kept = (await later.ChangeAsync(hub.Jonas, kept.Id, new LaterChange(kept.Version, "After the meeting", hub.Clock.Now() + Hour))).Value;
        Assert.Null(kept.Reason);
        Assert.Empty((await inbox.ListAsync(hub.Jonas)).Value.Items);
        await chat.LeaveAsync(hub.Jonas, channel);
        await WorkAsync(hub, Hour);
        kept = Assert.Single((await later.ListAsync(hub.Jonas)).Value);
        Assert.Equal("chat.join", kept.Reason);
        Assert.Single(await inbox.UnreadAsync(hub.Jonas));
        await chat.JoinAsync(hub.Jonas, channel);
        var posted = (await later.SendNowAsync(hub.Jonas, kept.Id, kept.Version)).Value.Message;
        Assert.Equal(("After the meeting", message.ClientMessageId), (posted.Text, posted.ClientMessageId));
        Assert.Empty((await later.ListAsync(hub.Jonas)).Value);
        Assert.Empty((await inbox.ListAsync(hub.Jonas)).Value.Items);
    }

    [Theory, Databases]
    public async Task It_is_its_writers_alone_and_follows_the_rules_of_a_message(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, later) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<LaterService>());
        var channel = await ChannelAsync(hub);
        var other = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("other"))).Value.Id;
        var elsewhere = (await messages.PostAsync(hub.Amara, other, Guid.NewGuid(), "x")).Value.Message.Id;
        var fresh = New(hub, "x");
        foreach (var (who, where, what, code) in new[]
        {
            (hub.Stranger, channel, fresh, "notFound"), (hub.Amara, Guid.NewGuid(), fresh, "notFound"), (hub.Jonas, other, fresh, "chat.join"),
            (hub.Amara, channel, fresh with { ClientMessageId = Guid.Empty }, "message.id"), (hub.Amara, channel, fresh with { Text = "" }, "message.empty"),
            (hub.Amara, channel, fresh with { Text = new string('x', 10_001) }, "message.tooLong"), (hub.Amara, channel, fresh with { Text = "\0" }, "text.nul"),
            (hub.Amara, channel, fresh with { ThreadId = elsewhere }, "message.thread"), (hub.Amara, channel, fresh with { FileIds = [Guid.NewGuid()] }, "message.files"),
            (hub.Amara, channel, fresh with { At = hub.Clock.Now().AddSeconds(30) }, "later.soon"), (hub.Amara, channel, fresh with { At = hub.Clock.Now().AddDays(121) }, "later.far"),
        })
            Assert.Equal(code, (await later.ScheduleAsync(who, where, what)).Refusal!.Code);
        var mine = (await later.ScheduleAsync(hub.Amara, channel, fresh)).Value.Message;
        foreach (var who in new[] { hub.Jonas, hub.Stranger })
        {
            Assert.Empty((await later.ListAsync(who)).Value);
            Assert.Equal(RefusalKind.NotFound, (await later.GetAsync(who, mine.Id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await later.ChangeAsync(who, mine.Id, new LaterChange(1, "theirs"))).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await later.SendNowAsync(who, mine.Id, 1)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await later.DiscardAsync(who, mine.Id, 1)).Refusal!.Kind);
        }
        // The same id of somebody else's is another message.
        Assert.True((await later.ScheduleAsync(hub.Jonas, channel, fresh)).Value.New);
        Assert.Equal((RefusalKind.Stale, "x"), (await later.ChangeAsync(hub.Amara, mine.Id, new LaterChange(7, "y"))).Refusal is { } stale ? (stale.Kind, ((LaterRecord)stale.Current!).Text) : default);
        Assert.Equal("message.empty", (await later.ChangeAsync(hub.Amara, mine.Id, new LaterChange(1, ""))).Refusal!.Code);
        Assert.Equal(("y", 2), (await later.ChangeAsync(hub.Amara, mine.Id, new LaterChange(1, "y"))).Value is var changed ? (changed.Text, changed.Version) : default);
        Assert.Equal(RefusalKind.Stale, (await later.DiscardAsync(hub.Amara, mine.Id, 1)).Refusal!.Kind);
        Assert.True((await later.DiscardAsync(hub.Amara, mine.Id, 2)).Ok);
        await WorkAsync(hub, Hour);
        Assert.Equal(["Jonas Berg"], (await messages.PageAsync(hub.Amara, channel)).Value.Items.Select(m => m.Author.Name));
        // Who no longer sees the conversation keeps the words, and not its name.
        var closed = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]))).Value.Id;
        await later.ScheduleAsync(hub.Jonas, closed, New(hub, "kept"));
        await hub.Get<MemberService>().RemoveAsync(hub.Amara, closed, hub.Jonas.PersonId);
        await WorkAsync(hub, Hour);
        Assert.Equal(("", "kept", "notFound"), Assert.Single((await later.ListAsync(hub.Jonas)).Value) is var kept ? (kept.Conversation, kept.Text, kept.Reason) : default);
    }

    [Theory, Databases]
    public async Task Its_files_wait_with_it_and_go_with_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (messages, later, files) = (hub.Get<MessageService>(), hub.Get<LaterService>(), hub.Get<FileService>());
        var channel = await ChannelAsync(hub);
        var (sent, dropped) = (await UploadAsync("sent.txt"), await UploadAsync("dropped.txt"));
        var (one, two) = (New(hub, "") with { FileIds = [sent], At = hub.Clock.Now().AddDays(3) }, New(hub, "with a file") with { FileIds = [dropped], At = hub.Clock.Now().AddDays(3) });
        Assert.Equal(["sent.txt"], (await later.ScheduleAsync(hub.Amara, channel, one)).Value.Message.Files.Select(f => f.Name));
        Assert.True((await later.ScheduleAsync(hub.Amara, channel, two)).Ok);
        Assert.Equal("message.files", (await later.ScheduleAsync(hub.Amara, channel, New(hub, "again") with { FileIds = [sent] })).Refusal!.Code);
        await hub.Get<DueWorker>().PlanAsync();
        foreach (var _ in Enumerable.Range(0, 2)) await WorkAsync(hub, TimeSpan.FromHours(25));
        Assert.True((await files.OpenAsync(hub.Amara, sent)).Ok);
        Assert.True((await later.DiscardAsync(hub.Amara, two.ClientMessageId, 1)).Ok);
        Assert.Equal(RefusalKind.NotFound, (await files.OpenAsync(hub.Amara, dropped)).Refusal!.Kind);
        await WorkAsync(hub, TimeSpan.FromHours(25));
        Assert.Equal(["sent.txt"], Assert.Single((await messages.PageAsync(hub.Jonas, channel)).Value.Items).Files.Select(f => f.Name));
        Assert.True((await files.OpenAsync(hub.Jonas, sent)).Ok);

        async Task<Guid> UploadAsync(string name) => (await files.UploadAsync(hub.Amara, channel, name, new MemoryStream("words"u8.ToArray()))).Value.Id;
    }

    [Theory, Databases]
    public async Task What_wakes_many_asks_when_it_is_written_and_again_when_they_have_become_more(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (later, members) = (hub.Get<LaterService>(), hub.Get<MemberService>());
        var crowd = new List<Guid>();
        for (var i = 0; i < 34; i++) crowd.Add((await hub.AddPersonAsync($"Person {i}", $"person.{i}@northbridge.example")).PersonId);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("crowd", People: crowd[..33]))).Value.Id;
        var message = New(hub, "@channel at six");
        var asked = (await later.ScheduleAsync(hub.Amara, channel, message)).Refusal!;
        Assert.Equal("message.wakes", asked.Code);
        Assert.Equal(new Waking(33, true), asked.Current);
        Assert.True((await later.ScheduleAsync(hub.Amara, channel, message with { Confirmed = 33 })).Ok);
        await members.InviteAsync(hub.Amara, channel, [crowd[33]]);
        await WorkAsync(hub, Hour);
        var kept = Assert.Single((await later.ListAsync(hub.Amara)).Value);
        Assert.Equal(("message.wakes", 34), (kept.Reason, kept.Wakes));
        Assert.True((await later.SendNowAsync(hub.Amara, kept.Id, kept.Version, kept.Wakes)).Ok);
    }

    private static NewLater New(TestHub hub, string text) => new(Guid.NewGuid(), text, hub.Clock.Now() + Hour);

    private static async Task<Guid> ChannelAsync(TestHub hub)
    {
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("late"))).Value.Id;
        await hub.Get<ChatService>().JoinAsync(hub.Jonas, channel);
        return channel;
    }

    private static async Task WorkAsync(TestHub hub, TimeSpan later)
    {
        hub.Clock.Advance(later);
        while (await hub.Get<DueWorker>().WorkAsync() > 0)
        {
        }
    }
}
