using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Chat;

/// <summary>Who runs a channel, what its end and its few posters mean for what is posted, and direct conversations of several.</summary>
public sealed class ChannelServiceTests
{
    [Theory, Databases]
    public async Task A_direct_conversation_of_several_is_one_for_each_set_of_people_and_stays_theirs(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var (cole, dora) = (await hub.AddPersonAsync("Cole Adams", "cole@northbridge.example"), await hub.AddPersonAsync("Dora Zed", "dora@northbridge.example"));
        var three = (await chat.OpenDirectAsync(hub.Amara, [hub.Jonas.PersonId, cole.PersonId, cole.PersonId])).Value;
        Assert.Equal((true, "Cole Adams, Jonas Berg", 3), (three.New, three.Conversation.Name, three.Conversation.Members));
        Assert.Null(three.Conversation.PersonId);
        var again = (await chat.OpenDirectAsync(cole, [hub.Amara.PersonId, hub.Jonas.PersonId])).Value;
        Assert.Equal((false, three.Conversation.Id, "Amara Osei, Jonas Berg"), (again.New, again.Conversation.Id, again.Conversation.Name));
        Assert.NotEqual(three.Conversation.Id, (await chat.OpenDirectAsync(hub.Amara, [hub.Jonas.PersonId, dora.PersonId])).Value.Conversation.Id);
        Assert.NotEqual(three.Conversation.Id, (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id);

        Assert.DoesNotContain((await chat.ListAsync(hub.Jonas)).Value.Items, c => c.Id == three.Conversation.Id);
        await messages.PostAsync(hub.Amara, three.Conversation.Id, Guid.NewGuid(), "hello both");
        foreach (var other in new[] { hub.Jonas, cole }) Assert.Equal(1, (await chat.ListAsync(other)).Value.Items.Single(c => c.Id == three.Conversation.Id).Unread);
        Assert.Equal(RefusalKind.NotFound, (await chat.GetAsync(dora, three.Conversation.Id)).Refusal!.Kind);
        Assert.Equal("chat.direct.fixed", (await hub.Get<MemberService>().InviteAsync(hub.Amara, three.Conversation.Id, [dora.PersonId])).Refusal!.Code);
        Assert.Equal("chat.direct.fixed", (await hub.Get<ChannelService>().ArchiveAsync(hub.Amara, three.Conversation.Id, true)).Refusal!.Code);
        Assert.Equal("chat.direct.leave", (await chat.LeaveAsync(hub.Jonas, three.Conversation.Id)).Refusal!.Code);
        Assert.Equal("chat.people", (await chat.OpenDirectAsync(hub.Amara, [hub.Jonas.PersonId, hub.Stranger.PersonId])).Refusal!.Code);
        Assert.Equal("chat.people", (await chat.OpenDirectAsync(hub.Amara, [])).Refusal!.Code);
        Assert.Equal("chat.direct.most", (await chat.OpenDirectAsync(hub.Amara, [.. Enumerable.Range(0, 9).Select(_ => Guid.NewGuid())])).Refusal!.Code);
    }

    [Theory, Databases]
    public async Task What_each_role_may_do_and_what_nobody_may_without_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, channels, members) = (hub.Get<ChatService>(), hub.Get<ChannelService>(), hub.Get<MemberService>());
        var (cole, dora) = (await hub.AddPersonAsync("Cole Adams", "cole@northbridge.example"), await hub.AddPersonAsync("Dora Zed", "dora@northbridge.example"));
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId, cole.PersonId]))).Value.Id;
        static string Code<T>(Outcome<T> outcome) => outcome.Refusal?.Code ?? "";

        // Nobody from outside: the channel is not there for them.
        foreach (var outside in new[] { dora, hub.Stranger })
        {
            Assert.Equal("notFound", Code(await channels.AboutAsync(outside, id)));
            Assert.Equal("notFound", Code(await channels.ChangeAsync(outside, id, new ChannelDetails("mine", "", 0))));
            Assert.Equal("notFound", Code(await channels.ArchiveAsync(outside, id, true)));
            Assert.Equal("notFound", Code(await members.ListAsync(outside, id)));
            Assert.Equal("notFound", Code(await members.InviteAsync(outside, id, [outside.PersonId])));
            Assert.Equal("notFound", Code(await members.RemoveAsync(outside, id, hub.Jonas.PersonId)));
            Assert.Equal("notFound", Code(await members.SetAsync(outside, id, outside.PersonId, ConversationRole.Owner)));
            Assert.Equal("notFound", Code(await members.MuteAsync(outside, id, true)));
        }
        Assert.Equal("notFound", Code(await channels.ArchiveAsync(hub.Amara, Guid.NewGuid(), true)));
        Assert.Equal("notFound", Code(await members.SetAsync(hub.Amara, Guid.NewGuid(), hub.Amara.PersonId, ConversationRole.Owner)));

        // A member of a private channel.
        Assert.Equal("chat.role.moderator", Code(await channels.ChangeAsync(hub.Jonas, id, new ChannelDetails("mine", "", 0))));
        Assert.Equal("chat.role.moderator", Code(await members.InviteAsync(hub.Jonas, id, [dora.PersonId])));
        Assert.Equal("chat.role.moderator", Code(await members.RemoveAsync(hub.Jonas, id, cole.PersonId)));
        Assert.Equal("chat.role.owner", Code(await members.SetAsync(hub.Jonas, id, hub.Jonas.PersonId, ConversationRole.Owner)));
        Assert.Equal("chat.role.owner", Code(await channels.ArchiveAsync(hub.Jonas, id, true)));

        // A moderator.
        Assert.Equal(ConversationRole.Moderator, (await members.SetAsync(hub.Amara, id, hub.Jonas.PersonId, ConversationRole.Moderator)).Value.Role);
        Assert.Equal("op-dusk", (await channels.ChangeAsync(hub.Jonas, id, new ChannelDetails(" op-dusk ", "The pier", 0))).Value.Name);
        Assert.Equal(["Dora Zed"], (await members.InviteAsync(hub.Jonas, id, [dora.PersonId, cole.PersonId])).Value.Select(a => a.Name));
        Assert.Empty((await members.InviteAsync(hub.Jonas, id, [dora.PersonId])).Value);
        Assert.Equal("chat.people", Code(await members.InviteAsync(hub.Jonas, id, [hub.Stranger.PersonId])));
        Assert.True((await members.RemoveAsync(hub.Jonas, id, dora.PersonId)).Value);
        Assert.False((await members.RemoveAsync(hub.Jonas, id, dora.PersonId)).Value);
        Assert.Equal("notFound", Code(await chat.GetAsync(dora, id)));
        Assert.Equal("chat.role.owner", Code(await members.RemoveAsync(hub.Jonas, id, hub.Amara.PersonId)));
        Assert.Equal("chat.member.self", Code(await members.RemoveAsync(hub.Jonas, id, hub.Jonas.PersonId)));
        Assert.Equal("chat.role.owner", Code(await channels.AnnounceAsync(hub.Jonas, id, true)));
        Assert.Equal("chat.member.not", Code(await members.SetAsync(hub.Amara, id, dora.PersonId, ConversationRole.Owner)));

        var about = (await channels.AboutAsync(cole, id)).Value;
        Assert.Equal(["Amara Osei", "Jonas Berg"], about.Leaders.Select(l => l.Name));
        Assert.Equal((false, "Northbridge Police", "The pier"), (about.MayInvite, about.Organisation, about.Conversation.Topic));
        Assert.Equal(["Amara Osei"], (await members.ListAsync(cole, id, limit: 1)).Value.Items.Select(m => m.Name));
        Assert.Equal(["Cole Adams", "Jonas Berg"], (await members.ListAsync(cole, id, after: hub.Amara.PersonId.ToString())).Value.Items.Select(m => m.Name));
        Assert.Equal(["Jonas Berg"], (await members.ListAsync(cole, id, "BERG")).Value.Items.Select(m => m.Name));
        Assert.Equal("chat.cursor", Code(await members.ListAsync(cole, id, after: Guid.NewGuid().ToString())));
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(["channel.change", "channel.create", "channel.invite", "channel.remove", "channel.role"],
            (await db.AuditEntries.Where(a => a.SubjectId == id).Select(a => a.Action).Distinct().ToListAsync()).Order(StringComparer.Ordinal));
        Assert.Empty(await db.AuditEntries.Where(a => a.Detail.Contains("dusk") || a.Detail.Contains("pier")).ToListAsync());
    }

    [Theory, Databases]
    public async Task The_last_owner_stays_until_there_is_another_and_an_administrator_names_one_where_none_is_left(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, channels, members) = (hub.Get<ChatService>(), hub.Get<ChannelService>(), hub.Get<MemberService>());
        var (admin, cole) = (await hub.AddPersonAsync("Ada Min", "ada.min@northbridge.example"), await hub.AddPersonAsync("Cole Adams", "cole@northbridge.example"));
        await hub.Get<RoleService>().GrantAsync(admin.PersonId, Role.Administrator, ScopeKind.Organisation, hub.Northbridge);
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId, cole.PersonId]))).Value.Id;
        Assert.Equal("chat.owner.last", (await chat.LeaveAsync(hub.Amara, id)).Refusal!.Code);
        Assert.Equal("chat.owner.last", (await members.SetAsync(hub.Amara, id, hub.Amara.PersonId, ConversationRole.Member)).Refusal!.Code);
        // Not while there is an owner, whatever one administers.
        Assert.Equal(RefusalKind.NotFound, (await members.SetAsync(admin, id, hub.Jonas.PersonId, ConversationRole.Owner)).Refusal!.Kind);

        await members.SetAsync(hub.Amara, id, hub.Jonas.PersonId, ConversationRole.Owner);
        Assert.True((await chat.LeaveAsync(hub.Amara, id)).Value);
        await members.InviteAsync(hub.Jonas, id, [hub.Amara.PersonId]);
        Assert.Equal(ConversationRole.Member, (await chat.GetAsync(hub.Amara, id)).Value.Role);
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        Assert.True((await channels.AboutAsync(cole, id)).Value is { Ownerless: true, MayName: false });
        Assert.True((await members.ListAsync(cole, id, "jonas")).Value.Items.Single().Gone);
        Assert.Equal(RefusalKind.Forbidden, (await members.SetAsync(cole, id, cole.PersonId, ConversationRole.Owner)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await members.SetAsync(admin, id, cole.PersonId, ConversationRole.Moderator)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await members.SetAsync(hub.Stranger, id, cole.PersonId, ConversationRole.Owner)).Refusal!.Kind);
        Assert.Equal("chat.member.not", (await members.SetAsync(admin, id, admin.PersonId, ConversationRole.Owner)).Refusal!.Code);
        Assert.Equal(ConversationRole.Owner, (await members.SetAsync(admin, id, cole.PersonId, ConversationRole.Owner)).Value.Role);
        Assert.Equal(RefusalKind.NotFound, (await chat.GetAsync(admin, id)).Refusal!.Kind);

        // One who is alone may go, and an open channel belongs to whoever comes first.
        var open = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        Assert.True((await chat.LeaveAsync(hub.Amara, open)).Value);
        Assert.Equal(ConversationRole.Owner, (await chat.JoinAsync(cole, open)).Value.Role);
        Assert.Equal(ConversationRole.Member, (await chat.JoinAsync(hub.Amara, open)).Value.Role);

        // A channel from before there were roles: whoever made it owns it.
        var old = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("old"))).Value.Id;
        await chat.JoinAsync(cole, old);
        await using (var db = await hub.Hub.CreateDbContextAsync())
            await db.ConversationMembers.Where(m => m.ConversationId == old).ExecuteUpdateAsync(s => s.SetProperty(m => m.Role, (ConversationRole?)null));
        Assert.Equal((ConversationRole.Owner, ConversationRole.Member), ((await chat.GetAsync(hub.Amara, old)).Value.Role!.Value, (await chat.GetAsync(cole, old)).Value.Role!.Value));
        Assert.Equal("chat.owner.last", (await chat.LeaveAsync(hub.Amara, old)).Refusal!.Code);
        Assert.Equal(["Amara Osei"], (await channels.AboutAsync(cole, old)).Value.Leaders.Select(l => l.Name));
        Assert.True((await channels.ArchiveAsync(hub.Amara, old, true)).Ok);
    }

    [Theory, Databases]
    public async Task An_archived_channel_is_read_and_searched_and_nobody_writes_edits_or_deletes_in_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, channels, messages) = (hub.Get<ChatService>(), hub.Get<ChannelService>(), hub.Get<MessageService>());
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("carnival-plan"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, id);
        var send = Guid.NewGuid();
        var said = (await messages.PostAsync(hub.Jonas, id, send, "before")).Value.Message;
        var card = (await channels.ArchiveAsync(hub.Amara, id, true)).Value;
        Assert.True(card is { CanPost: false, CanReply: false, Joined: true });
        Assert.Equal(card.ArchivedAt, (await channels.ArchiveAsync(hub.Amara, id, true)).Value.ArchivedAt);

        foreach (var who in new[] { hub.Amara, hub.Jonas }) Assert.Equal("chat.archived", (await messages.PostAsync(who, id, Guid.NewGuid(), "after")).Refusal!.Code);
        Assert.Equal("chat.archived", (await messages.EditAsync(hub.Jonas, said.Id, "other", 1)).Refusal!.Code);
        Assert.Equal("chat.archived", (await messages.DeleteAsync(hub.Jonas, said.Id, 1)).Refusal!.Code);
        // A repeat of what was sent before is still that send.
        Assert.False((await messages.PostAsync(hub.Jonas, id, send, "before")).Value.New);
        Assert.Equal(["before"], (await messages.PageAsync(hub.Jonas, id)).Value.Items.Select(m => m.Text));
        Assert.Contains((await hub.Get<SearchService>().FindAsync(hub.Jonas, "carnival")).Value.Items, h => h.Id == id);
        Assert.Equal("Amara Osei", (await channels.AboutAsync(hub.Jonas, id)).Value.ArchivedBy!.Name);
        Assert.Equal((0, 1), (await BrowseAsync(false), await BrowseAsync(true)));
        Assert.True((await channels.ArchiveAsync(hub.Amara, id, false)).Value is { CanPost: true, ArchivedAt: null });
        Assert.True((await messages.PostAsync(hub.Jonas, id, Guid.NewGuid(), "again")).Ok);

        async Task<int> BrowseAsync(bool archived) => (await hub.Get<ChannelDirectory>().BrowseAsync(hub.Jonas, new ChannelQuery("CARNIVAL", Archived: archived))).Value.Items.Count;
    }

    [Theory, Databases]
    public async Task Where_few_post_everyone_else_is_refused_and_those_beside_them_are_not(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, members, messages) = (hub.Get<ChatService>(), hub.Get<MemberService>(), hub.Get<MessageService>());
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("briefings") { Announcements = true })).Value.Id;
        Assert.True((await chat.JoinAsync(hub.Jonas, id)).Value is { CanPost: false, CanReply: true, Announcements: true });
        // At once, so that they meet in one transaction: what one may not say takes nothing from what another may.
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => messages.PostAsync(i % 2 == 0 ? hub.Amara : hub.Jonas, id, Guid.NewGuid(), $"{i}")));
        Assert.All(answers.Index(), a => Assert.Equal(a.Index % 2 == 0 ? "" : "chat.announcements", a.Item.Refusal?.Code ?? ""));
        Assert.Equal([1, 2, 3, 4], (await messages.PageAsync(hub.Jonas, id)).Value.Items.Select(m => m.Sequence));

        Assert.True((await members.SetAsync(hub.Amara, id, hub.Jonas.PersonId, null, poster: true)).Value is { Poster: true, Role: ConversationRole.Member });
        Assert.True((await messages.PostAsync(hub.Jonas, id, Guid.NewGuid(), "named")).Ok);
        await members.SetAsync(hub.Amara, id, hub.Jonas.PersonId, ConversationRole.Moderator, poster: false);
        Assert.True((await messages.PostAsync(hub.Jonas, id, Guid.NewGuid(), "moderator")).Ok);
        await members.SetAsync(hub.Amara, id, hub.Jonas.PersonId, ConversationRole.Member);
        Assert.Equal("chat.announcements", (await messages.PostAsync(hub.Jonas, id, Guid.NewGuid(), "no more")).Refusal!.Code);

        var admin = await hub.AddPersonAsync("Ada Min", "ada.min@northbridge.example");
        await hub.Get<RoleService>().GrantAsync(admin.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var help = (await chat.CreateChannelAsync(admin, new NewChannel("help", IsHelp: true))).Value.Id;
        Assert.Equal("chat.help.announcements", (await hub.Get<ChannelService>().AnnounceAsync(admin, help, true)).Refusal!.Code);
        Assert.Equal("chat.help.announcements", (await chat.CreateChannelAsync(admin, new NewChannel("help", IsHelp: true) { Announcements = true })).Refusal!.Code);
    }

    // What takes the right away comes between the check that everyone passes and the lock; with PostgreSQL alone, see ChatServiceTests.
    [Theory]
    [InlineData("archive", "chat.archived")]
    [InlineData("role", "chat.announcements")]
    [InlineData("remove", "chat.join")]
    public async Task A_right_that_is_taken_away_while_a_post_is_on_its_way_is_gone(string what, string code)
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", between.AddTo);
        var (chat, members, messages) = (hub.Get<ChatService>(), hub.Get<MemberService>(), hub.Get<MessageService>());
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one") { Announcements = true })).Value.Id;
        await chat.JoinAsync(hub.Jonas, id);
        await members.SetAsync(hub.Amara, id, hub.Jonas.PersonId, ConversationRole.Moderator);
        between.Once(sql => sql.Contains("UPDATE \"Conversations\"", StringComparison.Ordinal), async () => Assert.True(what switch
        {
            "archive" => (await hub.Get<ChannelService>().ArchiveAsync(hub.Amara, id, true)).Ok,
            "role" => (await members.SetAsync(hub.Amara, id, hub.Jonas.PersonId, ConversationRole.Member)).Ok,
            _ => (await members.RemoveAsync(hub.Amara, id, hub.Jonas.PersonId)).Value,
        }));
        Assert.Equal(code, (await messages.PostAsync(hub.Jonas, id, Guid.NewGuid(), "late")).Refusal!.Code);
        Assert.Empty((await messages.PageAsync(hub.Amara, id)).Value.Items);
    }

    [Theory, Databases]
    public async Task Muting_is_ones_own_and_ends_with_leaving(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, members) = (hub.Get<ChatService>(), hub.Get<MemberService>());
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        Assert.Equal("chat.join", (await members.MuteAsync(hub.Jonas, id, true)).Refusal!.Code);
        await chat.JoinAsync(hub.Jonas, id);
        var at = (await members.MuteAsync(hub.Jonas, id, true)).Value.MutedAt;
        Assert.Equal(at, (await members.MuteAsync(hub.Jonas, id, true)).Value.MutedAt);
        Assert.Equal(at, (await chat.GetAsync(hub.Jonas, id)).Value.MutedAt);
        Assert.Null((await chat.GetAsync(hub.Amara, id)).Value.MutedAt);
        Assert.Null((await members.MuteAsync(hub.Jonas, id, false)).Value.MutedAt);
        await members.MuteAsync(hub.Jonas, id, true);
        await chat.LeaveAsync(hub.Jonas, id);
        Assert.Null((await chat.JoinAsync(hub.Jonas, id)).Value.MutedAt);
    }

    [Theory, Databases]
    public async Task The_directory_is_searched_sorted_and_paged_and_shows_what_one_may_find(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, directory) = (hub.Get<ChatService>(), hub.Get<ChannelDirectory>());
        foreach (var name in new[] { "alpha", "beta", "gamma" }) await chat.CreateChannelAsync(hub.Amara, new NewChannel(name, name == "beta" ? "Boats and piers" : ""));
        await chat.CreateChannelAsync(hub.Amara, new NewChannel("secret", People: [hub.Jonas.PersonId]));
        var all = (await directory.BrowseAsync(hub.Jonas, new ChannelQuery())).Value.Items;
        Assert.Equal(["alpha", "beta", "gamma", "secret"], all.Select(c => c.Name).Order(StringComparer.Ordinal));
        await chat.JoinAsync(hub.Jonas, all.Single(c => c.Name == "alpha").Id);
        Assert.Equal(["secret", "alpha", "gamma", "beta"], await PagesAsync(ChannelOrder.Size));
        await hub.Get<MessageService>().PostAsync(hub.Amara, all.Single(c => c.Name == "beta").Id, Guid.NewGuid(), "latest");
        Assert.Equal(["beta", "secret", "gamma", "alpha"], await PagesAsync(ChannelOrder.Latest));
        Assert.Equal(["beta"], (await directory.BrowseAsync(hub.Jonas, new ChannelQuery("PIER"))).Value.Items.Select(c => c.Name));
        Assert.Empty((await directory.BrowseAsync(hub.Stranger, new ChannelQuery())).Value.Items);
        Assert.Equal("chat.cursor", (await directory.BrowseAsync(hub.Jonas, new ChannelQuery(After: "x"))).Refusal!.Code);

        async Task<List<string>> PagesAsync(ChannelOrder order)
        {
            var names = new List<string>();
            for (string? after = null; ;)
            {
                var page = (await directory.BrowseAsync(hub.Jonas, new ChannelQuery(Order: order, After: after, Limit: 1))).Value;
                names.AddRange(page.Items.Select(c => c.Name));
                if ((after = page.Next) is null) return names;
            }
        }
    }

    [Theory, Databases]
    public async Task Two_who_change_the_name_learn_of_each_other_and_an_audience_is_named_to_who_may_name_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, channels) = (hub.Get<ChatService>(), hub.Get<ChannelService>());
        var (unit, group) = (await hub.Get<DirectoryService>().AddUnitAsync(hub.Northbridge, null, "Pier team"), await hub.Get<DirectoryService>().AddGroupAsync(hub.Northbridge, "Pier pilots", [hub.Jonas.PersonId]));
        Assert.Equal([(AudienceKind.Unit, unit), (AudienceKind.Group, group)], (await hub.Get<AudienceService>().FindAsync(hub.Amara, "PIER")).Select(a => (a.Kind, a.Id)));
        Assert.Equal([AudienceKind.Organisation, AudienceKind.Organisation], (await hub.Get<AudienceService>().FindAsync(hub.Stranger, "northbridge")).Select(a => a.Kind));
        Assert.Empty(await hub.Get<AudienceService>().FindAsync(hub.Stranger, "pier"));
        ChannelAudience[] audience = [new(AudienceKind.Unit, unit), new(AudienceKind.Group, group), new(AudienceKind.Organisation, hub.Transport)];
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one", Audience: audience))).Value.Id;
        Assert.Equal(["Northbridge Transport Police", "Pier team", "Pier pilots"], (await channels.AboutAsync(hub.Jonas, id)).Value.Audience.Select(a => a.Name));
        Assert.Equal(["Northbridge Transport Police", "", ""], (await channels.AboutAsync(hub.Stranger, id)).Value.Audience.Select(a => a.Name));

        Assert.Equal(1, (await channels.ChangeAsync(hub.Amara, id, new ChannelDetails("two", "", 0))).Value.DetailsVersion);
        var stale = (await channels.ChangeAsync(hub.Amara, id, new ChannelDetails("three", "", 0))).Refusal!;
        Assert.Equal((RefusalKind.Stale, "two", 1L), (stale.Kind, ((ConversationCard)stale.Current!).Name, ((ConversationCard)stale.Current!).Version));
        Assert.Contains((await hub.Get<SearchService>().FindAsync(hub.Amara, "two")).Value.Items, h => h.Id == id);
        foreach (var (name, topic, code) in new[] { (" ", "", "chat.name"), (new string('x', 81), "", "chat.name"), ("x", new string('x', 501), "chat.topic"), ("a\0b", "", "text.nul") })
            Assert.Equal(code, (await channels.ChangeAsync(hub.Amara, id, new ChannelDetails(name, topic, 1))).Refusal!.Code);
    }
}
