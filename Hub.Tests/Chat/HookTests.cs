using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Chat;

/// <summary>Incoming webhooks: who makes and ends them, what their bots may, and who hears of what they say.</summary>
public sealed class HookTests
{
    [Theory, Databases]
    public async Task An_owner_makes_a_webhook_whose_bot_posts_there_until_it_ends(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (hooks, receiver, messages, chat) = (hub.Get<HookService>(), hub.Get<HookReceiver>(), hub.Get<MessageService>(), hub.Get<ChatService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("alarms") { Announcements = true })).Value.Id;
        var made = (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, " Door watch "))).Value;
        Assert.Equal(("Door watch", HookKind.Incoming, "Amara Osei", 43), (made.Hook.Name, made.Hook.Kind, made.Hook.CreatedBy.Name, made.Secret.Length));
        Assert.Equal([made.Hook.Id], (await hooks.ListAsync(hub.Amara, channel)).Value.Items.Select(h => h.Id));
        var bearer = (await receiver.ResolveAsync(made.Hook.Id.ToString(), made.Secret))!;
        Assert.Equal((made.Hook.BotId, ActorKind.Bot, channel), (bearer.Bot.PersonId, bearer.Bot.Kind, bearer.ConversationId));

        // It posts where few do, by the way of every other message.
        var posted = (await receiver.PostAsync(bearer.Bot, bearer, "The **door** is open", "door-1", null)).Value;
        Assert.Equal((true, 1L, new Author(made.Hook.BotId!.Value, "Door watch") { Bot = true }), (posted.New, posted.Message.Sequence, posted.Message.Author));
        Assert.Equal((false, posted.Message.Id), (await receiver.PostAsync(bearer.Bot, bearer, "The **door** is open", "door-1", null)).Value is var again ? (again.New, again.Message.Id) : default);
        Assert.Equal("message.used", (await receiver.PostAsync(bearer.Bot, bearer, "Something else", "door-1", null)).Refusal!.Code);
        Assert.Equal("message.tooLong", (await receiver.PostAsync(bearer.Bot, bearer, new string('x', 10_001), null, null)).Refusal!.Code);
        Assert.Equal((posted.Message.Id, posted.Message.Author), Assert.Single((await messages.PageAsync(hub.Jonas, channel)).Value.Items) is var read ? (read.Id, read.Author) : default);
        Assert.Equal(posted.Message.Id, Assert.Single((await hub.Get<MessageSearch>().FindAsync(hub.Jonas, "door", TimeZoneInfo.Utc)).Value.Items).Message.Id);

        // Archived: nobody posts. Renewed: the old address is nobody's.
        await hub.Get<ChannelService>().ArchiveAsync(hub.Amara, channel, true);
        Assert.Equal("chat.archived", (await receiver.PostAsync(bearer.Bot, bearer, "x", null, null)).Refusal!.Code);
        await hub.Get<ChannelService>().ArchiveAsync(hub.Amara, channel, false);
        var renewed = (await hooks.RenewAsync(hub.Amara, channel, made.Hook.Id)).Value;
        Assert.Null(await receiver.ResolveAsync(made.Hook.Id.ToString(), made.Secret));
        Assert.Equal(bearer, await receiver.ResolveAsync(made.Hook.Id.ToString(), renewed.Secret));
        foreach (var (id, secret) in new[] { ("", renewed.Secret), ("x", renewed.Secret), (Guid.NewGuid().ToString(), renewed.Secret), (made.Hook.Id.ToString(), ""), (made.Hook.Id.ToString(), renewed.Secret + "x") })
            Assert.Null(await receiver.ResolveAsync(id, secret));

        Assert.True((await hooks.EndAsync(hub.Amara, channel, made.Hook.Id)).Ok);
        Assert.Null(await receiver.ResolveAsync(made.Hook.Id.ToString(), renewed.Secret));
        Assert.Equal(RefusalKind.NotFound, (await receiver.PostAsync(bearer.Bot, bearer, "x", null, null)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await hooks.EndAsync(hub.Amara, channel, made.Hook.Id)).Refusal!.Kind);
        Assert.Empty((await hooks.ListAsync(hub.Amara, channel)).Value.Items);
        // Its name stays on what it wrote, and is in the channel no more.
        Assert.Equal("Door watch", (await messages.PageAsync(hub.Amara, channel)).Value.Items[0].Author.Name);
        Assert.Equal(1, (await chat.GetAsync(hub.Amara, channel)).Value.Members);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.DoesNotContain(await db.Hooks.Select(h => h.Secret).ToListAsync(), s => s.Contains(renewed.Secret, StringComparison.Ordinal));
        Assert.Equal(["hook.create", "hook.end", "hook.renew"], await db.AuditEntries.Where(a => a.SubjectKind == "hook" && a.PersonId == hub.Amara.PersonId).Select(a => a.Action).Order().ToListAsync());
    }

    [Theory, Databases]
    public async Task To_everybody_but_its_owners_a_channel_has_no_webhooks(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (hooks, letters, chat, members) = (hub.Get<HookService>(), hub.Get<HookLetters>(), hub.Get<ChatService>(), hub.Get<MemberService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("alarms"))).Value.Id;
        var elsewhere = (await chat.CreateChannelAsync(hub.Jonas, new NewChannel("elsewhere"))).Value.Id;
        var hook = (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, "one"))).Value.Hook.Id;
        await chat.JoinAsync(hub.Jonas, channel);
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        foreach (var stage in new[] { "member", "moderator", "ex-owner" })
        {
            if (stage == "moderator") await members.SetAsync(hub.Amara, channel, hub.Jonas.PersonId, ConversationRole.Moderator);
            if (stage == "ex-owner")
            {
                await members.SetAsync(hub.Amara, channel, hub.Jonas.PersonId, ConversationRole.Owner);
                Assert.Single((await hooks.ListAsync(hub.Jonas, channel)).Value.Items);
                await members.SetAsync(hub.Amara, channel, hub.Jonas.PersonId, ConversationRole.Member);
            }
            foreach (var actor in new[] { hub.Jonas, hub.Stranger, new Actor(Guid.NewGuid()) })
            {
                Refusal?[] refusals =
                [
                    (await hooks.ListAsync(actor, channel)).Refusal, (await hooks.CreateAsync(actor, channel, new NewHook(HookKind.Incoming, "x"))).Refusal,
                    (await hooks.RenewAsync(actor, channel, hook)).Refusal, (await hooks.EndAsync(actor, channel, hook)).Refusal,
                    (await letters.ListAsync(actor, channel, hook)).Refusal, (await letters.RepeatAsync(actor, channel, hook)).Refusal, (await letters.DiscardAsync(actor, channel, hook, Guid.NewGuid())).Refusal,
                ];
                Assert.All(refusals, r => Assert.Equal(RefusalKind.NotFound, r?.Kind));
            }
        }
        // By the way of a channel that one does own, or a conversation that nobody owns.
        Assert.Equal(RefusalKind.NotFound, (await hooks.EndAsync(hub.Jonas, elsewhere, hook)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await hooks.RenewAsync(hub.Jonas, elsewhere, hook)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await letters.ListAsync(hub.Jonas, elsewhere, hook)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await hooks.CreateAsync(hub.Amara, direct, new NewHook(HookKind.Incoming, "x"))).Refusal?.Kind);
        Assert.Equal("hook.name", (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, " "))).Refusal?.Code);
        Assert.Equal("hook.name", (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, "a\0b"))).Refusal?.Code);
        Assert.Equal("hook.none", (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Outgoing, "x") { Address = "https://a.example", Events = [HookEvent.Posted] })).Refusal?.Code);
        foreach (var taken in new[] { "Jonas Berg", " jonas berg", "AMARA OSEI" }) Assert.Equal("hook.taken", (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, taken))).Refusal?.Code);
        for (var i = 1; i < HookService.MostHooks; i++) Assert.True((await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, $"{i}"))).Ok);
        Assert.Equal("hook.most", (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, "x"))).Refusal?.Code);
    }

    [Theory, Databases]
    public async Task A_bot_is_found_by_nobody_and_stays_as_long_as_its_webhook(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, members, people) = (hub.Get<ChatService>(), hub.Get<MemberService>(), hub.Get<PeopleService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("alarms"))).Value.Id;
        var other = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("other"))).Value.Id;
        var hook = (await hub.Get<HookService>().CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, "Alarmbot"))).Value.Hook;
        var bot = hook.BotId!.Value;
        string email;
        await using (var db = await hub.Hub.CreateDbContextAsync()) email = await db.People.Where(p => p.Id == bot).Select(p => p.Email).SingleAsync();

        Assert.Equal(RefusalKind.NotFound, (await people.GetAsync(hub.Amara, bot)).Refusal?.Kind);
        Assert.Empty((await people.FindAsync(hub.Amara, "Alarmbot")).Value.Items);
        Assert.Empty((await hub.Get<SearchService>().FindAsync(hub.Amara, "Alarmbot")).Value.Items);
        Assert.Empty(await hub.Get<AudienceService>().FindAsync(hub.Amara, "Alarmbot"));
        Assert.Empty((await hub.Get<MentionService>().FindAsync(hub.Amara, channel, "Alarmbot")).Value.Items);
        Assert.DoesNotContain("<b>", (await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "@Alarmbot **hello**")).Value.Message.Html, StringComparison.Ordinal);
        Assert.Equal("chat.people", (await chat.OpenDirectAsync(hub.Amara, bot)).Refusal?.Code);
        Assert.Equal("chat.people", (await members.InviteAsync(hub.Amara, other, [bot])).Refusal?.Code);
        Assert.Equal("chat.people", (await chat.CreateChannelAsync(hub.Amara, new NewChannel("x", People: [bot]))).Refusal?.Code);
        Assert.Null(await people.ActorByEmailAsync(email));
        Assert.False(await people.IsActiveAsync(bot));

        // In its channel it is listed, and what it is stays: a member, which no hand takes out.
        Assert.True((await members.ListAsync(hub.Amara, channel, "alarm")).Value.Items.Single().Bot);
        Assert.Equal("chat.member.bot", (await members.RemoveAsync(hub.Amara, channel, bot)).Refusal?.Code);
        Assert.Equal("chat.member.bot", (await members.SetAsync(hub.Amara, channel, bot, ConversationRole.Owner)).Refusal?.Code);
        var speaks = new Actor(bot, ActorKind.Bot);
        Assert.Equal(RefusalKind.Forbidden, (await hub.Get<MessageService>().PostAsync(speaks, other, Guid.NewGuid(), "x")).Refusal?.Kind);

        // No card, and no directory, counts it.
        Assert.Equal(1, (await chat.GetAsync(hub.Amara, channel)).Value.Members);
        var bySize = (await hub.Get<ChannelDirectory>().BrowseAsync(hub.Amara, new ChannelQuery(Order: ChannelOrder.Size))).Value.Items;
        Assert.Equal(1, bySize.Single(c => c.Id == channel).Members);
        Assert.Equal(bySize.OrderByDescending(c => c.Members).ThenByDescending(c => c.Id).Select(c => c.Id), bySize.Select(c => c.Id));

        // A thread on what it said tells people, and no mail goes to a bot.
        var said = (await hub.Get<MessageService>().PostAsync(speaks, channel, Guid.NewGuid(), "Alarm")).Value.Message.Id;
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "On it") { ThreadId = said });
        await hub.Get<DueWorker>().WorkAsync();
        await using (var db = await hub.Hub.CreateDbContextAsync()) Assert.False(await db.Notifications.AnyAsync(n => n.PersonId == bot));
        // Its last owner may leave it with the bot alone in it.
        Assert.True((await chat.LeaveAsync(hub.Amara, channel)).Ok);
        Assert.Equal(ConversationRole.Owner, (await chat.JoinAsync(hub.Jonas, channel)).Value.Role);
    }

    [Theory, Databases]
    public async Task What_a_bot_says_in_a_help_channel_is_no_open_question(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var admin = await hub.AddPersonAsync("Ada Min", "ada.min@northbridge.example");
        await hub.Get<RoleService>().GrantAsync(admin.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var help = (await hub.Get<ChatService>().CreateChannelAsync(admin, new NewChannel("desk", IsHelp: true))).Value.Id;
        var bot = new Actor((await hub.Get<HookService>().CreateAsync(admin, help, new NewHook(HookKind.Incoming, "Alarmbot"))).Value.Hook.BotId!.Value, ActorKind.Bot);
        Assert.Null((await hub.Get<MessageService>().PostAsync(bot, help, Guid.NewGuid(), "disk full")).Value.Message.Help);
        Assert.Equal(HelpState.Open, (await hub.Get<MessageService>().PostAsync(admin, help, Guid.NewGuid(), "how?")).Value.Message.Help);
    }

    [Theory, Databases]
    public async Task Owners_and_moderators_delete_what_a_bot_wrote_and_nobody_edits_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (messages, members) = (hub.Get<MessageService>(), hub.Get<MemberService>());
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("alarms", People: [hub.Jonas.PersonId]))).Value.Id;
        var bot = new Actor((await hub.Get<HookService>().CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, "Alarmbot"))).Value.Hook.BotId!.Value, ActorKind.Bot);
        var (one, two) = (await SaidAsync(bot), await SaidAsync(bot));
        Assert.Equal("chat.role.moderator", (await messages.DeleteAsync(hub.Jonas, one, 1)).Refusal?.Code);
        Assert.Equal(RefusalKind.NotFound, (await messages.DeleteAsync(hub.Stranger, one, 1)).Refusal?.Kind);
        Assert.Equal(RefusalKind.Forbidden, (await messages.EditAsync(hub.Amara, one, "other words", 1)).Refusal?.Kind);
        Assert.NotNull((await messages.DeleteAsync(hub.Amara, one, 1)).Value.DeletedAt);
        await members.SetAsync(hub.Amara, channel, hub.Jonas.PersonId, ConversationRole.Moderator);
        Assert.NotNull((await messages.DeleteAsync(hub.Jonas, two, 1)).Value.DeletedAt);
        // What people wrote stays theirs.
        Assert.Equal(RefusalKind.Forbidden, (await messages.DeleteAsync(hub.Jonas, await SaidAsync(hub.Amara), 1)).Refusal?.Kind);

        async Task<Guid> SaidAsync(Actor by) => (await messages.PostAsync(by, channel, Guid.NewGuid(), "x")).Value.Message.Id;
    }

    [Theory, Databases]
    public async Task What_comes_in_wakes_people_only_where_the_webhooks_maker_let_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (hooks, receiver, inbox) = (hub.Get<HookService>(), hub.Get<HookReceiver>(), hub.Get<InboxService>());
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("alarms", People: [hub.Jonas.PersonId]))).Value.Id;
        foreach (var wakes in new[] { false, true })
        {
            var made = (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, $"wakes {wakes}") { Wakes = wakes })).Value;
            var bearer = (await receiver.ResolveAsync(made.Hook.Id.ToString(), made.Secret))!;
            // What it relays is a stranger's and wakes nobody; what it says itself does.
            foreach (var text in new[] { "@channel **fire**", "@here **fire**", "@Jonas Berg, **fire**", "`` @channel` **fire**", string.Concat(Enumerable.Repeat("@x ", 60)) })
                Assert.DoesNotContain("<b>", (await receiver.PostAsync(bearer.Bot, bearer, text, null, null)).Value.Message.Html, StringComparison.Ordinal);
            var called = (await receiver.PostAsync(bearer.Bot, bearer, "@channel **fire**, says @Jonas Berg", null, null, MentionKind.Channel)).Value.Message.Html;
            Assert.Equal(wakes ? 1 : 0, called.Split("<b>").Length - 1);
            await hub.Get<DueWorker>().WorkAsync();
            Assert.Equal(wakes ? 1 : 0, (await inbox.ListAsync(hub.Jonas, InboxView.Mentions)).Value.Items.Count);
        }
    }

    [Theory, Databases]
    public async Task What_would_wake_more_than_the_limit_is_posted_and_wakes_nobody(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("alarms", People: [hub.Jonas.PersonId]))).Value.Id;
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            var body = await db.People.Where(p => p.Id == hub.Amara.PersonId).Select(p => p.OrganisationId).SingleAsync();
            for (var i = 0; i < MentionService.MostUnasked; i++)
            {
                var person = new Person { Id = hub.Clock.NewId(), OrganisationId = body, Name = $"Crowd {i}", Email = $"crowd{i}@northbridge.example" };
                db.People.Add(person);
                db.ConversationMembers.Add(new ConversationMember { ConversationId = channel, PersonId = person.Id, JoinedAt = hub.Clock.Now() });
            }
            await db.SaveChangesAsync();
        }
        var made = (await hub.Get<HookService>().CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, "loud") { Wakes = true })).Value;
        var receiver = hub.Get<HookReceiver>();
        var bearer = (await receiver.ResolveAsync(made.Hook.Id.ToString(), made.Secret))!;
        var posted = (await receiver.PostAsync(bearer.Bot, bearer, "@channel **fire**", "k", null, MentionKind.Channel)).Value;
        Assert.DoesNotContain("<b>", posted.Message.Html, StringComparison.Ordinal);
        Assert.Equal((false, posted.Message.Id), (await receiver.PostAsync(bearer.Bot, bearer, "@channel **fire**", "k", null, MentionKind.Channel)).Value is var again ? (again.New, again.Message.Id) : default);
        await hub.Get<DueWorker>().WorkAsync();
        Assert.Empty((await hub.Get<InboxService>().ListAsync(hub.Jonas, InboxView.Mentions)).Value.Items);
    }
}
