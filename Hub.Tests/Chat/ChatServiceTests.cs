using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Chat;

public sealed class ChatServiceTests
{
    [Theory, Databases]
    public async Task A_channel_is_found_joined_read_and_left_by_its_audience_alone(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour-street", "The station"))).Value;

        Assert.Equal([channel.Id], (await chat.ListAsync(hub.Jonas, joined: false)).Value.Items.Select(c => c.Id));
        Assert.Empty((await chat.ListAsync(hub.Stranger, joined: false)).Value.Items);
        Assert.Equal(RefusalKind.NotFound, (await chat.GetAsync(hub.Stranger, channel.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await chat.JoinAsync(hub.Stranger, channel.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await messages.PostAsync(hub.Stranger, channel.Id, Guid.NewGuid(), "hello")).Refusal!.Kind);
        Assert.Equal(RefusalKind.Forbidden, (await messages.PostAsync(hub.Jonas, channel.Id, Guid.NewGuid(), "hello")).Refusal!.Kind);

        await messages.PostAsync(hub.Amara, channel.Id, Guid.NewGuid(), "before");
        Assert.Equal(0, (await chat.JoinAsync(hub.Jonas, channel.Id)).Value.Unread);
        await messages.PostAsync(hub.Amara, channel.Id, Guid.NewGuid(), "after");
        Assert.Equal(1, (await chat.GetAsync(hub.Jonas, channel.Id)).Value.Unread);
        Assert.Equal(2, (await chat.ReadAsync(hub.Jonas, channel.Id, 99)).Value.Sequence);
        Assert.Equal(2, (await chat.ReadAsync(hub.Jonas, channel.Id, 1)).Value.Sequence);
        Assert.True((await chat.LeaveAsync(hub.Jonas, channel.Id)).Value);
        Assert.Empty((await chat.ListAsync(hub.Jonas)).Value.Items);
    }

    [Theory, Databases]
    public async Task A_direct_conversation_is_in_the_others_list_once_something_is_said(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var chat = hub.Get<ChatService>();
        var told = new Live.Inbox();
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), told.TakeAsync);
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation;
        Assert.Equal(direct.Id, Assert.Single((await chat.ListAsync(hub.Amara)).Value.Items).Id);
        Assert.Empty((await chat.ListAsync(hub.Jonas)).Value.Items);
        Assert.False((await chat.OpenDirectAsync(hub.Jonas, hub.Amara.PersonId)).Value.New);

        await hub.Get<MessageService>().PostAsync(hub.Amara, direct.Id, Guid.NewGuid(), "hello");
        await hub.Get<MessageService>().PostAsync(hub.Amara, direct.Id, Guid.NewGuid(), "again");
        Assert.Equal(2, Assert.Single((await chat.ListAsync(hub.Jonas)).Value.Items).Unread);
        await told.VersionsAsync(1);
        var card = Assert.IsType<ConversationCard>(Assert.Single(told.Events).Payload);
        Assert.Equal((direct.Id, 1L, "Amara Osei"), (card.Id, card.Unread, card.Name));
    }

    [Theory, Databases]
    public async Task Nobody_reads_a_private_conversation_from_outside_not_even_an_administrator(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var admin = await hub.AddPersonAsync("Ada Min", "ada.min@northbridge.example");
        await hub.Get<RoleService>().GrantAsync(admin.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation;
        var closed = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId]))).Value;
        var said = (await messages.PostAsync(hub.Amara, direct.Id, Guid.NewGuid(), "between us")).Value.Message;

        foreach (var id in new[] { direct.Id, closed.Id })
        {
            Assert.Equal(RefusalKind.NotFound, (await chat.GetAsync(admin, id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await messages.PageAsync(admin, id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await chat.JoinAsync(admin, id)).Refusal!.Kind);
            Assert.Null(await hub.Get<LiveBus>().WatchAsync(admin, Topic.Conversation(id), _ => Task.CompletedTask));
        }
        Assert.Equal(RefusalKind.NotFound, (await messages.DeleteAsync(admin, said.Id, 1)).Refusal!.Kind);
        Assert.Empty((await chat.ListAsync(admin, joined: false)).Value.Items);
        Assert.Equal("Jonas Berg", direct.Name);
        Assert.Equal("Amara Osei", (await chat.GetAsync(hub.Jonas, direct.Id)).Value.Name);
        Assert.Equal(RefusalKind.Invalid, (await chat.OpenDirectAsync(hub.Amara, hub.Stranger.PersonId)).Refusal!.Kind);
    }

    [Theory, Databases]
    public async Task A_channel_names_at_most_300_people_and_100_parts_of_an_audience(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var chat = hub.Get<ChatService>();
        Task<Outcome<ConversationCard>> Create(int people, params IEnumerable<ChannelAudience> audience) =>
            chat.CreateChannelAsync(hub.Amara, new NewChannel("one", Audience: [.. audience], People: [.. Enumerable.Repeat(hub.Jonas.PersonId, people)]));
        ChannelAudience body = new(AudienceKind.Organisation, hub.Northbridge), jonas = new(AudienceKind.Person, hub.Jonas.PersonId);

        Assert.Equal(2, (await Create(300, Enumerable.Repeat(body, 100))).Value.Members);
        Assert.Equal(("people", "chat.people.most"), (await Create(301)).Refusal!.Fields.Single() is var p ? (p.Key, p.Value) : default);
        Assert.Equal(("audience", "chat.audience.most"), (await Create(1, Enumerable.Repeat(body, 101))).Refusal!.Fields.Single() is var a ? (a.Key, a.Value) : default);
        Assert.True((await Create(0, body, jonas)).Ok);
        foreach (var unknown in Enum.GetValues<AudienceKind>()) Assert.Equal("chat.audience", (await Create(0, body, jonas, new(unknown, Guid.NewGuid()))).Refusal!.Code);
    }

    [Theory, Databases]
    public async Task Two_who_write_to_each_other_in_the_same_moment_get_one_conversation(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var chat = hub.Get<ChatService>();
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
            i % 2 == 0 ? chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId) : chat.OpenDirectAsync(hub.Jonas, hub.Amara.PersonId))));

        Assert.Single(opened.Select(o => o.Value.Conversation.Id).Distinct());
        Assert.Single(opened, o => o.Value.New);
    }

    [Theory, Databases]
    public async Task Eight_writers_leave_no_gap_and_a_repeat_gives_the_first_result(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("busy"))).Value;
        await chat.JoinAsync(hub.Jonas, channel.Id);
        var sends = Enumerable.Range(0, 40).Select(i => (Who: i % 2 == 0 ? hub.Amara : hub.Jonas, Id: Guid.NewGuid(), Text: $"line {i}")).ToList();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            // Every send goes out twice, by neighbours: the second must find the first.
            foreach (var s in sends.Where((_, i) => i % 8 == w || i % 8 == (w + 1) % 8)) Assert.True((await messages.PostAsync(s.Who, channel.Id, s.Id, s.Text)).Ok);
        })));

        var page = (await messages.PageAsync(hub.Amara, channel.Id, limit: 200)).Value;
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), page.Items.Select(m => m.Sequence));
        Assert.Equal(sends.Select(s => s.Id).Order(), page.Items.Select(m => m.ClientMessageId).Order());
        Assert.Equal(41, page.Version);
    }

    [Theory, Databases]
    public async Task The_same_id_with_other_text_or_elsewhere_is_a_conflict_also_after_an_edit(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var (one, two) = ((await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id, (await chat.CreateChannelAsync(hub.Amara, new NewChannel("two"))).Value.Id);
        var id = Guid.NewGuid();
        var first = (await messages.PostAsync(hub.Amara, one, id, "as sent")).Value;

        Assert.True(first.New);
        Assert.Equal(RefusalKind.Conflict, (await messages.PostAsync(hub.Amara, one, id, "other")).Refusal!.Kind);
        Assert.Equal(RefusalKind.Conflict, (await messages.PostAsync(hub.Amara, two, id, "as sent")).Refusal!.Kind);
        Assert.True((await messages.EditAsync(hub.Amara, first.Message.Id, "better", 1)).Ok);
        var again = (await messages.PostAsync(hub.Amara, one, id, "as sent")).Value;
        Assert.False(again.New);
        Assert.Equal((first.Message.Id, "better"), (again.Message.Id, again.Message.Text));
        Assert.Equal(RefusalKind.Invalid, (await messages.PostAsync(hub.Amara, one, Guid.NewGuid(), "")).Refusal!.Kind);
        Assert.Equal(RefusalKind.Invalid, (await messages.PostAsync(hub.Amara, one, Guid.NewGuid(), new string('x', 10_001))).Refusal!.Kind);
        Assert.Equal(RefusalKind.Invalid, (await messages.PostAsync(hub.Amara, one, Guid.NewGuid(), "a\0b")).Refusal!.Kind);
    }

    [Theory, Databases]
    public async Task Ones_own_message_is_edited_and_deleted_history_kept_and_audited_without_content(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, channel);
        var m = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "secret words")).Value.Message;

        Assert.Equal(RefusalKind.Forbidden, (await messages.EditAsync(hub.Jonas, m.Id, "mine", 1)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await messages.EditAsync(hub.Stranger, m.Id, "mine", 1)).Refusal!.Kind);
        Assert.Equal(2, (await messages.EditAsync(hub.Amara, m.Id, "second", 1)).Value.Version);
        Assert.Equal(RefusalKind.Stale, (await messages.EditAsync(hub.Amara, m.Id, "third", 1)).Refusal!.Kind);
        var gone = (await messages.DeleteAsync(hub.Amara, m.Id, 2)).Value;
        Assert.Equal(("", "", 3), (gone.Text, gone.Html, gone.Version));
        Assert.Equal(RefusalKind.Stale, (await messages.EditAsync(hub.Amara, m.Id, "back", 3)).Refusal!.Kind);

        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(["secret words", "second"], await db.MessageVersions.OrderBy(v => v.Version).Select(v => v.Text).ToListAsync());
        Assert.DoesNotContain("secret", (await db.AuditEntries.SingleAsync(a => a.Action == "message.delete")).Detail, StringComparison.Ordinal);
    }

    // What two devices of one person do in the same moment, on two nodes. With PostgreSQL alone: writers of SQLite wait for each other from the
    // beginning of their transactions, so that nothing comes between.
    [Fact]
    public async Task A_repeat_finds_the_first_send_also_when_its_sender_has_left_meanwhile()
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", between.AddTo);
        var (chat, messages, there, id) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.AnotherNode().GetRequiredService<MessageService>(), Guid.NewGuid());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        between.Once(sql => sql.Contains("UPDATE \"Conversations\"", StringComparison.Ordinal), async () =>
        {
            Assert.True((await there.PostAsync(hub.Amara, channel, id, "once")).Value.New);
            Assert.True((await chat.LeaveAsync(hub.Amara, channel)).Value);
        });

        var again = (await messages.PostAsync(hub.Amara, channel, id, "once")).Value;
        Assert.Equal((false, 1L), (again.New, again.Message.Sequence));
    }

    [Fact]
    public async Task A_send_to_what_one_may_not_see_is_not_found_also_when_its_id_is_used_elsewhere_meanwhile()
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", between.AddTo);
        var (messages, there, id) = (hub.Get<MessageService>(), hub.AnotherNode().GetRequiredService<MessageService>(), Guid.NewGuid());
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        between.Once(sql => sql.Contains("UPDATE \"Conversations\"", StringComparison.Ordinal), async () => Assert.True((await there.PostAsync(hub.Amara, channel, id, "once")).Value.New));
        Assert.Equal(RefusalKind.NotFound, (await messages.PostAsync(hub.Amara, Guid.NewGuid(), id, "once")).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await messages.PostAsync(hub.Amara, Guid.NewGuid(), id, "once")).Refusal!.Kind);
    }

    // What arrives while another is being committed shares the next commit. Each is answered for itself, whatever the others are.
    [Theory, Databases]
    public async Task A_crowd_is_one_commit_and_each_is_answered_for_itself(string provider)
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync(provider, between.AddTo);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var (one, two) = ((await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id, (await chat.CreateChannelAsync(hub.Amara, new NewChannel("two"))).Value.Id);
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await chat.JoinAsync(hub.Jonas, two);
        using var measured = new Integrations.Measured(hub.Get<Telemetry>());
        var (crowd, repeated) = (new List<Task<Outcome<Posted>>>(), Guid.NewGuid());
        between.Once(sql => sql.Contains("UPDATE \"Conversations\"", StringComparison.Ordinal), async () =>
        {
            for (var i = 0; i < 6; i++) await SendAsync(hub.Amara, i % 2 == 0 ? one : two, Guid.NewGuid(), $"{i}");
            await SendAsync(hub.Jonas, two, Guid.NewGuid(), "6");
            await SendAsync(hub.Jonas, one, Guid.NewGuid(), "not in it");
            await SendAsync(hub.Stranger, one, Guid.NewGuid(), "may not see it");
            await SendAsync(hub.Amara, direct, Guid.NewGuid(), "first words");
        });
        Assert.Equal(1, (await messages.PostAsync(hub.Amara, one, Guid.NewGuid(), "before them")).Value.Message.Sequence);
        var answers = await Task.WhenAll(crowd);
        Assert.Equal([2, 1, 3, 2, 4, 3, 4], answers.Take(7).Select(a => a.Value.Message.Sequence));
        Assert.Equal((RefusalKind.Forbidden, RefusalKind.NotFound), (answers[7].Refusal!.Kind, answers[8].Refusal!.Kind));
        Assert.Equal(1, answers[9].Value.Message.Sequence);
        Assert.Equal([1, 8], measured.Of("hub.chat.post.batch"));
        foreach (var answer in answers.Where(a => a.Ok).Select(a => a.Value.Message)) Assert.Equal(answer, (await messages.PageAsync(hub.Amara, answer.ConversationId, after: answer.Sequence - 1, limit: 1)).Value.Items.Single());
        Assert.Equal((4, 0), ((await chat.GetAsync(hub.Amara, one)).Value.LatestSequence, (await chat.GetAsync(hub.Amara, one)).Value.Unread));
        Assert.Equal((0, 1), ((await chat.GetAsync(hub.Jonas, two)).Value.Unread, (await chat.GetAsync(hub.Amara, two)).Value.Unread));
        Assert.Contains((await chat.ListAsync(hub.Jonas)).Value.Items, c => c.Id == direct);

        // The same send twice among others, which are stored all the same.
        crowd.Clear();
        between.Once(sql => sql.Contains("UPDATE \"Conversations\"", StringComparison.Ordinal), async () =>
        {
            await SendAsync(hub.Amara, one, repeated, "again");
            await SendAsync(hub.Amara, two, Guid.NewGuid(), "beside");
            await SendAsync(hub.Amara, one, repeated, "again");
        });
        await messages.PostAsync(hub.Amara, one, Guid.NewGuid(), "before them");
        answers = await Task.WhenAll(crowd);
        Assert.Equal([true, true, false], answers.Select(a => a.Value.New));
        Assert.Equal(answers[0].Value.Message, answers[2].Value.Message);

        async Task SendAsync(Actor actor, Guid conversation, Guid id, string text)
        {
            crowd.Add(messages.PostAsync(actor, conversation, id, text));
            while (hub.Get<MessageWriter>().Waiting < crowd.Count) await Task.Yield();
        }
    }

    [Theory, Databases]
    public async Task What_comes_after_a_message_is_read_from_there_and_not_from_the_beginning(string provider)
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync(provider, between.AddTo);
        var messages = hub.Get<MessageService>();
        var one = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        for (var i = 1; i <= 4; i++) await messages.PostAsync(hub.Amara, one, Guid.NewGuid(), $"{i}");
        between.Forget();
        Assert.Equal(["3", "4"], (await messages.PageAsync(hub.Amara, one, after: 2)).Value.Items.Select(m => m.Text));
        // Of two lower bounds SQLite picks one.
        var read = between.Commands.Single(c => c.Contains("FROM \"Messages\"", StringComparison.Ordinal) && c.Contains("\"Html\"", StringComparison.Ordinal));
        Assert.Equal(2, read.Split("\"Sequence\" > ").Length);
    }

    [Fact]
    public async Task To_read_or_to_join_while_leaving_is_answered()
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", between.AddTo);
        var chat = hub.Get<ChatService>();
        async Task<Guid> ChannelAsync(Func<string, bool> at, Actor? maker = null)
        {
            var id = (await chat.CreateChannelAsync(maker ?? hub.Amara, new NewChannel("one", People: maker is null ? null : [hub.Amara.PersonId]))).Value.Id;
            between.Once(at, () => chat.LeaveAsync(hub.Amara, id));
            return id;
        }

        var read = await ChannelAsync(sql => sql.Contains("ReadSequence", StringComparison.Ordinal) && !sql.Contains("UPDATE", StringComparison.Ordinal) && !sql.Contains("\"Messages\"", StringComparison.Ordinal));
        Assert.Equal("chat.join", (await chat.ReadAsync(hub.Amara, read, 0)).Refusal!.Code);
        var closed = await ChannelAsync(sql => sql.Contains("\"Messages\"", StringComparison.Ordinal), hub.Jonas);
        Assert.Equal(RefusalKind.NotFound, (await chat.JoinAsync(hub.Amara, closed)).Refusal!.Kind);
        var open = await ChannelAsync(sql => sql.Contains("\"Messages\"", StringComparison.Ordinal));
        Assert.True((await chat.JoinAsync(hub.Amara, open)).Value.Joined);
    }

    [Fact]
    public async Task Who_joins_on_two_devices_joins_once()
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", between.AddTo);
        var chat = hub.Get<ChatService>();
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        ConversationCard? first = null;
        between.Once(sql => sql.Contains("UPDATE \"Conversations\"", StringComparison.Ordinal), async () => first = (await chat.JoinAsync(hub.Jonas, channel)).Value);

        Assert.Equal((await chat.JoinAsync(hub.Jonas, channel)).Value, first);
        Assert.Equal((true, 2, 1L), (first!.Joined, first.Members, first.Version));
    }
}
