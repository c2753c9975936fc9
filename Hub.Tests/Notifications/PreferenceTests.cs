using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;

namespace Hub.Tests.Notifications;

/// <summary>What comes into an inbox as its owner chose, and markings of channels.</summary>
public sealed class PreferenceTests
{
    [Theory, Databases]
    public async Task Everything_words_or_nothing_as_chosen(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, inbox, choices) = (hub.Get<ChatService>(), hub.Get<InboxService>(), hub.Get<PreferenceService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour", People: [hub.Jonas.PersonId]))).Value.Id;
        await SayAsync("Nothing waits for this");
        Assert.Empty(await KindsAsync());

        Assert.Equal(["Gate 4", "docks"], (await choices.SaveAsync(hub.Jonas, true, [" Gate 4 ", "docks", "DOCKS", ""])).Value.Words);
        await SayAsync("The gatehouse, the dockside, gate 40");
        await SayAsync("Is gate 4 open?");
        Assert.Equal([NotificationKind.Word], await KindsAsync());
        await SayAsync("@Jonas Berg at the docks");
        Assert.Equal([NotificationKind.Mention, NotificationKind.Word], await KindsAsync());

        Assert.Equal(MemberAlerts.Everything, (await choices.ChooseAsync(hub.Jonas, channel, MemberAlerts.Everything)).Value.Alerts);
        await SayAsync("One");
        await SayAsync("Two");
        Assert.Equal(2, (await inbox.ListAsync(hub.Jonas)).Value.Items.First(e => e.Kind == NotificationKind.Message).Count);
        await inbox.ReadAllAsync(hub.Jonas);
        await choices.ChooseAsync(hub.Jonas, channel, MemberAlerts.Nothing);
        await SayAsync("@Jonas Berg, @channel, gate 4");
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));

        Assert.Equal(RefusalKind.NotFound, (await choices.ChooseAsync(hub.Stranger, channel, MemberAlerts.Nothing)).Refusal!.Kind);
        Assert.Equal(RefusalKind.Invalid, (await choices.SaveAsync(hub.Jonas, true, ["x"])).Refusal!.Kind);
        Assert.Equal(RefusalKind.Invalid, (await choices.SaveAsync(hub.Jonas, true, [.. Enumerable.Range(0, 21).Select(i => $"word {i}")])).Refusal!.Kind);
        Assert.Equal([(channel, MemberAlerts.Nothing)], (await choices.ConversationsAsync(hub.Jonas)).Select(c => (c.Id, c.Alerts)));
        var open = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        Assert.Equal(RefusalKind.Forbidden, (await choices.ChooseAsync(hub.Jonas, open, MemberAlerts.Nothing)).Refusal!.Kind);

        async Task SayAsync(string text)
        {
            Assert.True((await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), text)).Ok);
            await hub.Get<DueWorker>().WorkAsync();
        }

        async Task<IEnumerable<NotificationKind>> KindsAsync() => (await inbox.ListAsync(hub.Jonas, InboxView.Mentions)).Value.Items.Select(e => e.Kind);
    }

    [Theory, Databases]
    public async Task Its_owner_marks_a_channel_and_nobody_else(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, marking) = (hub.Get<ChatService>(), hub.Get<ChannelService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("lantern") { Marking = " OFFICIAL " })).Value;
        Assert.Equal("OFFICIAL", channel.Marking);
        await chat.JoinAsync(hub.Jonas, channel.Id);
        var told = new Live.Inbox();
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Conversation(channel.Id), told.TakeAsync);
        Assert.True((await marking.MarkAsync(hub.Amara, channel.Id, "OFFICIAL-SENSITIVE")).Ok);
        await told.VersionsAsync(1);
        Assert.Equal("OFFICIAL-SENSITIVE", Assert.IsType<ConversationChanged>(Assert.Single(told.Events).Payload).Marking);
        Assert.Equal("OFFICIAL-SENSITIVE", (await chat.GetAsync(hub.Jonas, channel.Id)).Value.Marking);
        Assert.Equal(RefusalKind.Forbidden, (await marking.MarkAsync(hub.Jonas, channel.Id, null)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await marking.MarkAsync(hub.Stranger, channel.Id, null)).Refusal!.Kind);
        Assert.Equal(RefusalKind.Invalid, (await marking.MarkAsync(hub.Amara, channel.Id, new string('x', 61))).Refusal!.Kind);
        Assert.Equal(RefusalKind.Invalid, (await chat.CreateChannelAsync(hub.Amara, new NewChannel("x") { Marking = "two\nlines" })).Refusal!.Kind);
        Assert.Null((await marking.MarkAsync(hub.Amara, channel.Id, " ")).Value.Marking);
    }
}
