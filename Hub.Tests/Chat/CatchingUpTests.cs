using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Storage;

namespace Hub.Tests.Chat;

/// <summary>Finding back to where one was: marked unread, and by the day.</summary>
public sealed class CatchingUpTests
{
    [Theory, Databases]
    public async Task Marked_unread_counts_from_there_on_and_only_for_oneself(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("dispatch"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, channel);
        var said = new List<MessageRecord>();
        foreach (var text in new[] { "one", "two", "three" }) said.Add((await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), text)).Value.Message);
        var reply = (await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "in a thread") { ThreadId = said[0].Id })).Value.Message;
        await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "four");
        await chat.ReadAsync(hub.Jonas, channel, 5);

        Assert.Equal((1L, 0L), await MarkAsync(said[1].Id));
        Assert.Equal(3, await UnreadAsync(hub.Jonas));
        Assert.Equal(0, await UnreadAsync(hub.Amara));
        Assert.Equal((0L, 0L), await MarkAsync(said[0].Id));
        Assert.Equal(4, await UnreadAsync(hub.Jonas));
        Assert.True((await chat.ReadAsync(hub.Jonas, channel, 5)).Ok);
        Assert.Equal(0, await UnreadAsync(hub.Jonas));

        Assert.Equal("message.unread.thread", (await chat.UnreadFromAsync(hub.Jonas, reply.Id)).Refusal!.Code);
        Assert.Equal(RefusalKind.NotFound, (await chat.UnreadFromAsync(hub.Stranger, said[0].Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await chat.UnreadFromAsync(hub.Jonas, Guid.NewGuid())).Refusal!.Kind);
        await chat.LeaveAsync(hub.Jonas, channel);
        Assert.Equal("chat.join", (await chat.UnreadFromAsync(hub.Jonas, said[0].Id)).Refusal!.Code);

        async Task<(long, long)> MarkAsync(Guid message) => (await chat.UnreadFromAsync(hub.Jonas, message)).Value is var read ? (read.Sequence, read.ThreadMessages) : default;
        async Task<long> UnreadAsync(Actor actor) => (await chat.GetAsync(actor, channel)).Value.Unread;
    }

    [Theory, Databases]
    public async Task A_day_leads_to_its_first_message_or_the_next_one(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("dispatch"))).Value.Id;
        var times = new List<DateTime>();
        for (var day = 0; day < 7; day++)
        {
            times.Add((await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), $"day {day}")).Value.Message.PostedAt);
            hub.Clock.Advance(TimeSpan.FromDays(1));
        }

        foreach (var (time, i) in times.Select((t, i) => (t, i)))
        {
            Assert.Equal(i + 1, (await messages.SinceAsync(hub.Amara, channel, time)).Value);
            Assert.Equal(i == 6 ? null : i + 2, (await messages.SinceAsync(hub.Amara, channel, time.AddHours(1))).Value);
        }
        Assert.Equal(1, (await messages.SinceAsync(hub.Amara, channel, DateTime.MinValue)).Value);
        Assert.Equal(RefusalKind.NotFound, (await messages.SinceAsync(hub.Stranger, channel, times[0])).Refusal!.Kind);
    }
}
