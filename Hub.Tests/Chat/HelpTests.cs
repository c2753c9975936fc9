using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Fixes;
using Hub.Tests.Storage;

namespace Hub.Tests.Chat;

/// <summary>Questions in a help channel, on both databases: open, being helped, resolved by a reply.</summary>
public sealed class HelpTests
{
    [Theory, Databases]
    public async Task A_question_is_open_until_somebody_helps_and_resolved_by_an_answer(string provider)
    {
        await using var fixes = await FixHub.StartAsync(provider);
        var hub = fixes.Hub;
        var (chat, messages, help) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<HelpService>());
        var (channel, bystander) = (fixes.HelpChannel, await hub.AddPersonAsync("Mei Lin", "mei.lin@northbridge.example"));
        foreach (var person in new[] { hub.Amara, hub.Jonas, bystander }) await chat.JoinAsync(person, channel);
        var asked = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "The printer is silent")).Value.Message;
        Assert.Equal(HelpState.Open, asked.Help);
        await ReplyAsync(hub.Amara, "It has paper");
        Assert.Equal(HelpState.Open, await StateAsync());
        Assert.Equal(HelpState.Open, (await help.ListAsync(hub.Jonas, channel)).Value.Items.Single().Help);
        var answer = (await ReplyAsync(hub.Jonas, "Hold the green button")).Id;
        Assert.Equal(HelpState.Helped, await StateAsync());
        Assert.Empty((await help.ListAsync(hub.Jonas, channel, HelpState.Open)).Value.Items);

        // Who has nothing to do with it cannot close it, and only a reply of this thread is its answer.
        Assert.Equal("help.involved", (await help.ResolveAsync(bystander, asked.Id)).Refusal!.Code);
        Assert.Equal(RefusalKind.NotFound, (await help.ResolveAsync(hub.Stranger, asked.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await help.ResolveAsync(hub.Amara, Guid.NewGuid())).Refusal!.Kind);
        var other = (await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "Something else")).Value.Message.Id;
        Assert.Equal("help.answer", (await help.ResolveAsync(hub.Amara, asked.Id, other)).Refusal!.Code);
        Assert.Equal("help.question", (await help.ResolveAsync(hub.Jonas, answer)).Refusal!.Code);

        var resolved = (await help.ResolveAsync(hub.Amara, asked.Id, answer)).Value;
        Assert.Equal((HelpState.Resolved, answer), (resolved.Help, resolved.AnswerId!.Value));
        Assert.Equal(resolved.Revision, (await help.ResolveAsync(hub.Jonas, asked.Id, answer)).Value.Revision);
        Assert.Equal([other], (await help.ListAsync(hub.Amara, channel)).Value.Items.Select(m => m.Id));
        // A word of thanks does not open it again; who asked does.
        await ReplyAsync(hub.Amara, "Thank you");
        Assert.Equal(HelpState.Resolved, await StateAsync());
        Assert.Equal((HelpState.Helped, null), (await help.ReopenAsync(hub.Amara, asked.Id)).Value is var again ? (again.Help, again.AnswerId) : default);
        await messages.DeleteAsync(hub.Amara, asked.Id, 1);
        Assert.Equal([other], (await help.ListAsync(hub.Amara, channel)).Value.Items.Select(m => m.Id));

        var elsewhere = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("tea"))).Value.Id;
        var said = (await messages.PostAsync(hub.Amara, elsewhere, Guid.NewGuid(), "Who has biscuits?")).Value.Message;
        Assert.Null(said.Help);
        Assert.Equal("help.question", (await help.ResolveAsync(hub.Amara, said.Id)).Refusal!.Code);
        await chat.LeaveAsync(hub.Amara, channel);
        Assert.Equal("chat.join", (await help.ReopenAsync(hub.Amara, asked.Id)).Refusal!.Code);

        async Task<MessageRecord> ReplyAsync(Actor actor, string text) => (await messages.PostAsync(actor, channel, new NewMessage(Guid.NewGuid(), text) { ThreadId = asked.Id })).Value.Message;
        async Task<HelpState?> StateAsync() => (await messages.GetAsync(hub.Jonas, asked.Id)).Value.Message.Help;
    }

    [Theory, Databases]
    public async Task Open_questions_are_paged_the_oldest_first(string provider)
    {
        await using var fixes = await FixHub.StartAsync(provider);
        var (hub, channel) = (fixes.Hub, fixes.HelpChannel);
        await hub.Get<ChatService>().JoinAsync(hub.Amara, channel);
        for (var i = 1; i <= 5; i++) await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), $"question {i}");
        var (seen, after) = (new List<string>(), 0L);
        for (string? next = "0"; next is not null; after = next is null ? after : long.Parse(next, System.Globalization.CultureInfo.InvariantCulture))
        {
            var page = (await hub.Get<HelpService>().ListAsync(hub.Amara, channel, after: after, limit: 2)).Value;
            seen.AddRange(page.Items.Select(m => m.Text));
            next = page.Next;
        }
        Assert.Equal(Enumerable.Range(1, 5).Select(i => $"question {i}"), seen);
    }
}
