using Bunit;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Hub.Web.Chat;
using Hub.Web.Live;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Chat;

/// <summary>That somebody is writing: who may tell it, who hears it, and what it costs a page.</summary>
public sealed class TypingTests : BunitContext
{
    [Theory, Databases]
    public async Task A_member_tells_it_to_those_who_have_the_conversation_open_on_every_node(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, typing, there) = (hub.Get<ChatService>(), hub.Get<TypingService>(), hub.AnotherNode());
        await using var wire = new NodeWire(hub.Get<LiveBus>(), there.GetRequiredService<LiveBus>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, channel);
        var (near, far, conversation) = (new Inbox(), new Inbox(), new Inbox());
        Assert.NotNull(await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Typing(channel), near.TakeAsync));
        Assert.NotNull(await there.GetRequiredService<LiveBus>().WatchAsync(hub.Jonas, Topic.Typing(channel), far.TakeAsync));
        Assert.NotNull(await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Conversation(channel), conversation.TakeAsync));
        Assert.Null(await hub.Get<LiveBus>().WatchAsync(hub.Stranger, Topic.Typing(channel), near.TakeAsync));

        Assert.True((await typing.TellAsync(hub.Jonas, channel)).Ok);
        foreach (var inbox in new[] { near, far })
        {
            Assert.Equal([0], await inbox.VersionsAsync(1));
            Assert.Equal(("typing", new Typing(hub.Jonas.PersonId, "Jonas Berg")), (inbox.Events[0].Name, inbox.Events[0].Payload));
        }
        // Not stored, not versioned, and nothing that the conversation's own watchers hear.
        for (var i = 0; i < 3; i++) Assert.Equal(0, await hub.Get<LiveBus>().CheckVersionsAsync());
        Assert.Empty(conversation.Events);

        var other = await hub.AddPersonAsync("Ola Nordmann", "ola@northbridge.example");
        Assert.Equal("chat.join", (await typing.TellAsync(other, channel)).Refusal?.Code);
        Assert.Equal(RefusalKind.NotFound, (await typing.TellAsync(hub.Stranger, channel)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await typing.TellAsync(hub.Amara, Guid.NewGuid())).Refusal?.Kind);
        // Who has no sight of the conversation any more hears nothing of it, wherever the page is.
        var direct = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("private", People: [hub.Jonas.PersonId]))).Value.Id;
        var (left, gone) = (new Inbox(), new Inbox());
        Assert.NotNull(await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Typing(direct), left.TakeAsync));
        Assert.NotNull(await there.GetRequiredService<LiveBus>().WatchAsync(hub.Jonas, Topic.Typing(direct), gone.TakeAsync));
        await chat.LeaveAsync(hub.Jonas, direct);
        await left.EndedAsync();
        await gone.EndedAsync();
        Assert.Equal(RefusalKind.NotFound, (await typing.TellAsync(hub.Jonas, direct)).Refusal?.Kind);
    }

    [Fact]
    public async Task The_line_is_drawn_alone_and_once_in_two_seconds_and_goes_with_the_message()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var ola = await hub.AddPersonAsync("Ola Nordmann", "ola@northbridge.example");
        var (chat, typing) = (hub.Get<ChatService>(), hub.Get<TypingService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        foreach (var who in new[] { hub.Jonas, ola }) await chat.JoinAsync(who, channel);
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "before");
        Services.AddLocalization().AddSingleton<MessageRows>().AddSingleton<CardRows>().AddScoped<Hub.Web.Shell.PageScripts>().AddScoped(_ => new LivePage(hub.Get<LiveBus>()));
        Services.AddFallbackServiceProvider(hub.Services);
        JSInterop.Mode = JSRuntimeMode.Loose;
        SetRendererInfo(new("Server", true));
        var pane = Render<ConversationPane>(p => p.AddCascadingValue(hub.Amara).Add(c => c.Id, channel));
        pane.WaitForAssertion(() => Assert.Equal(3, hub.Get<LiveBus>().WatchCount), TimeSpan.FromSeconds(20));
        var (line, block) = (pane.FindComponent<TypingLine>(), pane.FindComponent<MessageBlock>());
        var (drawn, own) = (block.RenderCount, line.RenderCount);

        await typing.TellAsync(hub.Jonas, channel);
        line.WaitForAssertion(() => Assert.Equal("Jonas Berg is typing…", line.Find("[data-typing]").TextContent), TimeSpan.FromSeconds(20));
        for (var i = 0; i < 20; i++) await typing.TellAsync(i % 2 == 0 ? hub.Jonas : ola, channel);
        await typing.TellAsync(hub.Amara, channel);
        line.WaitForAssertion(() => Assert.Equal("Jonas Berg and Ola Nordmann are typing…", line.Find("[data-typing]").TextContent), TimeSpan.FromSeconds(20));
        // Two lines were shown and two were drawn; the messages were not.
        Assert.Equal((drawn, own + 2), (block.RenderCount, line.RenderCount));
        Assert.DoesNotContain("aria-live", pane.Markup, StringComparison.Ordinal);

        await hub.Get<MessageService>().PostAsync(hub.Jonas, channel, Guid.NewGuid(), "hello");
        line.WaitForAssertion(() => Assert.Equal("Ola Nordmann is typing…", line.Find("[data-typing]").TextContent), TimeSpan.FromSeconds(20));
        // And six seconds after the last word of the other.
        line.WaitForAssertion(() => Assert.Equal("", line.Find("[data-typing]").TextContent), TimeSpan.FromSeconds(20));
    }
}
