using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Chat;

/// <summary>Keeping order, on both databases: reports, what is hidden, for whom, and everywhere that it could still be read.</summary>
public sealed class OrderTests
{
    [Theory, Databases]
    public async Task A_report_goes_to_who_keeps_order_there_and_to_nobody_else(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, reports, roles) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ReportService>(), hub.Get<RoleService>());
        var (mei, ruth, other) = (await hub.AddPersonAsync("Mei Lin", "mei.lin@northbridge.example"), await hub.AddPersonAsync("Ruth", "ruth@northbridge.example"), await hub.AddPersonAsync("Otto", "otto@other.example", hub.Transport));
        await roles.GrantAsync(ruth.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Northbridge);
        await roles.GrantAsync(other.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Transport);
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("private", People: [hub.Jonas.PersonId, mei.PersonId]))).Value.Id;
        var said = (await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "rude words")).Value.Message.Id;

        Assert.Equal(RefusalKind.NotFound, (await reports.ReportAsync(ruth, said, new NewReport(ReportReason.Spam))).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await reports.ReportAsync(mei, Guid.NewGuid(), new NewReport(ReportReason.Spam))).Refusal!.Kind);
        Assert.Equal("report.own", (await reports.ReportAsync(hub.Jonas, said, new NewReport(ReportReason.Spam))).Refusal!.Code);
        Assert.Equal("report.other", (await reports.ReportAsync(mei, said, new NewReport(ReportReason.Other, " "))).Refusal!.Code);
        Assert.Equal("order.text", (await reports.ReportAsync(mei, said, new NewReport(ReportReason.Spam, new string('x', 501)))).Refusal!.Code);
        var made = (await reports.ReportAsync(mei, said, new NewReport(ReportReason.Offensive, " He said <b>it</b> "))).Value;
        var again = (await reports.ReportAsync(mei, said, new NewReport(ReportReason.Spam))).Value;
        Assert.Equal((made.Id, true, false), (again.Id, made.New, again.New));

        var report = Assert.Single((await reports.ListAsync(hub.Amara)).Value.Items);
        Assert.Equal((ReportReason.Offensive, "He said <b>it</b>", "Mei Lin", "rude words", "private"), (report.Reason, report.Text, report.Reporter.Name, report.Message.Text, report.Message.Conversation));
        Assert.Equal((1, null, 0), (await reports.WaitingAsync(hub.Amara), await reports.WaitingAsync(mei), await reports.WaitingAsync(ruth)));
        foreach (var person in new[] { mei, ruth, other, hub.Jonas, hub.Stranger })
        {
            Assert.Empty((await reports.ListAsync(person)).Value.Items);
            Assert.Equal(RefusalKind.NotFound, (await reports.DismissAsync(person, made.Id)).Refusal!.Kind);
        }

        // What nobody has decided in three days comes to Compliance of that body too, and of no other.
        hub.Clock.Advance(ReportService.Patience);
        Assert.Equal("rude words", Assert.Single((await reports.ListAsync(ruth)).Value.Items).Message.Text);
        Assert.Empty((await reports.ListAsync(other)).Value.Items);
        Assert.True((await reports.DismissAsync(ruth, made.Id)).Value);
        Assert.True((await reports.DismissAsync(hub.Amara, made.Id)).Value);
        Assert.Empty((await reports.ListAsync(hub.Amara)).Value.Items);
        Assert.Equal("Ruth", Assert.Single((await reports.ListAsync(hub.Amara, ReportState.Dismissed)).Value.Items).HandledBy!.Name);
        Assert.True((await reports.ReportAsync(mei, said, new NewReport(ReportReason.Spam))).Value.New);

        // What the channel's own decide is theirs again; what its author changed since is read as it was reported.
        hub.Clock.Advance(ReportService.Patience);
        Assert.Single((await reports.ListAsync(ruth)).Value.Items);
        var open = Assert.Single((await reports.ListAsync(hub.Amara)).Value.Items);
        var told = new Inbox();
        await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Me(hub.Amara.PersonId), told.TakeAsync);
        await messages.EditAsync(hub.Jonas, said, "kind words", 1);
        Assert.Equal(("rude words", true, null), (await reports.ListAsync(hub.Amara)).Value.Items.Single() is var edited ? (edited.Message.Text, edited.Changed, edited.Message.DeletedAt) : default);
        await messages.DeleteAsync(hub.Jonas, said, 2);
        await told.VersionsAsync(2);
        Assert.All(told.Events, e => Assert.Equal("reports-changed", e.Name));
        var deleted = (await reports.ListAsync(ruth)).Value.Items.Single();
        Assert.Equal(("rude words", true, true), (deleted.Message.Text, deleted.Changed, deleted.Message.DeletedAt is not null));
        Assert.Equal(RefusalKind.Stale, (await hub.Get<ModerationService>().HideAsync(hub.Amara, said, "why")).Refusal!.Kind);
        Assert.True((await reports.DismissAsync(hub.Amara, open.Id)).Value);
        Assert.Equal("rude words", Assert.Single((await reports.ListAsync(hub.Amara, ReportState.Deleted)).Value.Items).Message.Text);
        Assert.Empty((await reports.ListAsync(ruth, ReportState.Deleted)).Value.Items);
        Assert.Equal([open.Id], (await reports.ListAsync(hub.Amara, ReportState.Deleted)).Value.Items.Select(r => r.Id));
        // What they decided themselves stays theirs to see.
        Assert.Equal([made.Id], (await reports.ListAsync(ruth, ReportState.Dismissed)).Value.Items.Select(r => r.Id));

        // Of a direct conversation at once; and of what the only one who keeps order wrote.
        var direct = (await chat.OpenDirectAsync(hub.Jonas, mei.PersonId)).Value.Conversation.Id;
        var whispered = (await messages.PostAsync(hub.Jonas, direct, Guid.NewGuid(), "whispered")).Value.Message.Id;
        var owned = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "by the owner")).Value.Message.Id;
        await reports.ReportAsync(mei, whispered, new NewReport(ReportReason.Harassment));
        await reports.ReportAsync(mei, owned, new NewReport(ReportReason.Harassment));
        Assert.Equal(["whispered", "by the owner"], (await reports.ListAsync(ruth)).Value.Items.Where(r => r.Reason == ReportReason.Harassment).Select(r => r.Message.Text));
        Assert.DoesNotContain((await reports.ListAsync(hub.Amara)).Value.Items, r => r.Message.Id == owned);
        await roles.EndAsync((await AdministratorAsync(hub)), await GrantAsync(hub, ruth));
        Assert.Empty((await reports.ListAsync(ruth)).Value.Items);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(4, await db.AuditEntries.CountAsync(a => a.Action == "message.report"));
        // Each look at what is said where they are not.
        Assert.Equal(6, await db.AuditEntries.CountAsync(a => a.Action == "report.look" && a.PersonId == ruth.PersonId));
        Assert.Equal(0, await db.AuditEntries.CountAsync(a => a.Action == "report.look" && a.PersonId == hub.Amara.PersonId));
    }

    [Theory, Databases]
    public async Task A_hidden_message_says_why_and_what_it_said_is_read_nowhere(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, moderation, kept) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ModerationService>(), hub.Get<KeptMessages>());
        var (mei, search, inbox) = (await hub.AddPersonAsync("Mei Lin", "mei.lin@northbridge.example"), hub.Get<MessageSearch>(), hub.Get<InboxService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        foreach (var person in new[] { hub.Jonas, mei }) await chat.JoinAsync(person, channel);
        var file = (await hub.Get<FileService>().UploadAsync(hub.Jonas, channel, "secretplan.png", new MemoryStream(SomeFiles.Png()))).Value.Id;
        var client = Guid.NewGuid();
        var said = (await messages.PostAsync(hub.Jonas, channel, new NewMessage(client, "secretword for @Mei Lin") { FileIds = [file] })).Value.Message;
        var link = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), $"[see](/chat/m/{said.Id})")).Value.Message;
        await hub.Get<DueWorker>().WorkAsync();
        await kept.SaveAsync(mei, said.Id, save: true);
        await kept.PinAsync(mei, said.Id, pin: true);
        await hub.Get<ReactionService>().ReactAsync(mei, said.Id, "tada", give: true);
        await hub.Get<ReportService>().ReportAsync(mei, said.Id, new NewReport(ReportReason.Secret));
        await hub.Get<ReminderService>().CreateAsync(mei, new NewReminder(hub.Clock.Now().AddDays(1), said.Id));
        var heard = new Inbox();
        await hub.Get<LiveBus>().WatchAsync(mei, Topic.Conversation(channel), heard.TakeAsync);
        var before = hub.Get<LiveBus>().LatestVersion(Topic.Conversation(channel))!.Value;
        await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "another");

        Assert.Equal("chat.role.moderator", (await moderation.HideAsync(mei, said.Id, "why")).Refusal!.Code);
        Assert.Equal("chat.role.moderator", (await moderation.HideAsync(hub.Jonas, said.Id, "why")).Refusal!.Code);
        Assert.Equal(RefusalKind.NotFound, (await moderation.HideAsync(hub.Stranger, said.Id, "why")).Refusal!.Kind);
        Assert.Equal("order.reason", (await moderation.HideAsync(hub.Amara, said.Id, " ")).Refusal!.Code);
        Assert.Equal("order.reason", (await moderation.HideAsync(hub.Amara, said.Id, new string('x', 201))).Refusal!.Code);
        Assert.Equal(RefusalKind.NotFound, (await moderation.HiddenAsync(hub.Amara, said.Id)).Refusal!.Kind);
        var hidden = (await moderation.HideAsync(hub.Amara, said.Id, " Not for here ")).Value;
        Assert.Equal(("Not for here", "", ""), (hidden.HiddenReason, hidden.Text, hidden.Html));
        Assert.Equal(hidden.Revision, (await moderation.HideAsync(hub.Amara, said.Id, "again")).Value.Revision);
        Assert.Equal("Not for here", (await messages.GetAsync(mei, said.Id)).Value.Message.HiddenReason);

        await NowhereAsync("secret");
        // Whoever was away loads instead of being told what was said before.
        Assert.Null(hub.Get<LiveBus>().EventsAfter(Topic.Conversation(channel), before));
        foreach (var person in new[] { mei, hub.Stranger }) Assert.Equal(RefusalKind.NotFound, (await moderation.HiddenAsync(person, said.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await hub.Get<FileService>().OpenAsync(mei, file)).Refusal!.Kind);
        foreach (var person in new[] { hub.Jonas, hub.Amara })
        {
            Assert.Equal("secretword for @Mei Lin", (await moderation.HiddenAsync(person, said.Id)).Value.Text);
            await (await hub.Get<FileService>().OpenAsync(person, file)).Value.Content.DisposeAsync();
        }
        Assert.Equal((null, "Amara Osei"), ((await moderation.HiddenAsync(hub.Jonas, said.Id)).Value.HiddenBy, (await moderation.HiddenAsync(hub.Amara, said.Id)).Value.HiddenBy!.Name));

        // Its author neither changes nor shows it; a late repeat is still that send; the report is settled.
        Assert.Equal("message.hidden", (await messages.EditAsync(hub.Jonas, said.Id, "new", hidden.Version)).Refusal!.Code);
        Assert.Equal("message.hidden", (await messages.DeleteAsync(hub.Jonas, said.Id, hidden.Version)).Refusal!.Code);
        Assert.Equal("chat.role.moderator", (await moderation.ShowAsync(hub.Jonas, said.Id)).Refusal!.Code);
        Assert.False((await messages.PostAsync(hub.Jonas, channel, new NewMessage(client, "secretword for @Mei Lin") { FileIds = [file] })).Value.New);
        Assert.Equal("Amara Osei", Assert.Single((await hub.Get<ReportService>().ListAsync(hub.Amara, ReportState.Hidden)).Value.Items).HandledBy!.Name);
        await hub.Get<MemberService>().SetAsync(hub.Amara, channel, hub.Jonas.PersonId, ConversationRole.Moderator);
        Assert.Equal("message.hidden.own", (await moderation.ShowAsync(hub.Jonas, said.Id)).Refusal!.Code);

        var shown = (await moderation.ShowAsync(hub.Amara, said.Id)).Value;
        Assert.Equal(("secretword for @Mei Lin", said.Html, null, null, 1, 1), (shown.Text, shown.Html, shown.HiddenReason, shown.DeletedAt, shown.Files.Count, shown.Reactions.Count));
        Assert.Equal([said.Id], (await search.FindAsync(mei, "secretword", TimeZoneInfo.Utc)).Value.Items.Select(f => f.Message.Id));
        await (await hub.Get<FileService>().OpenAsync(mei, file)).Value.Content.DisposeAsync();
        Assert.Equal("Edited", (await messages.EditAsync(hub.Jonas, said.Id, "Edited", shown.Version)).Value.Text);
        Assert.False((await messages.PostAsync(hub.Jonas, channel, new NewMessage(client, "secretword for @Mei Lin") { FileIds = [file] })).Value.New);

        // Who keeps order no longer cannot.
        await hub.Get<MemberService>().SetAsync(hub.Amara, channel, hub.Jonas.PersonId, ConversationRole.Owner);
        await chat.LeaveAsync(hub.Amara, channel);
        Assert.Equal("chat.role.moderator", (await moderation.HideAsync(hub.Amara, said.Id, "still")).Refusal!.Code);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal((1, 1), (await db.AuditEntries.CountAsync(a => a.Action == "message.hide"), await db.AuditEntries.CountAsync(a => a.Action == "message.show")));

        async Task NowhereAsync(string word)
        {
            var seen = new List<object?>
            {
                (await messages.PageAsync(mei, channel)).Value.Items, (await messages.GetAsync(mei, said.Id)).Value.Message, (await kept.PinsAsync(mei, channel)).Value, (await kept.SavedAsync(mei)).Value.Items.Select(m => m.Message),
                (await search.FindAsync(mei, "secretword", TimeZoneInfo.Utc)).Value.Items, (await search.FindAsync(mei, "secretplan", TimeZoneInfo.Utc)).Value.Items, (await search.FindAsync(mei, "is:saved", TimeZoneInfo.Utc)).Value.Items,
                (await inbox.ListAsync(mei)).Value.Items, (await hub.Get<ReminderService>().ListAsync(mei)).Value, (await chat.GetAsync(mei, channel)).Value, (await hub.Get<CardService>().OfAsync(mei, link.Id)).Value,
                (await hub.Get<ReactionService>().PeopleAsync(mei, said.Id)).Ok, (await chat.ListAsync(mei)).Value.Items,
            };
            var text = System.Text.Json.JsonSerializer.Serialize(seen);
            Assert.DoesNotContain(word, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("🎉", System.Text.RegularExpressions.Regex.Unescape(text), StringComparison.Ordinal);
        }
    }

    [Theory, Databases]
    public async Task Compliance_hides_what_was_reported_and_learns_nothing_of_the_rest(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, moderation) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ModerationService>());
        var (ruth, otto) = (await hub.AddPersonAsync("Ruth", "ruth@northbridge.example"), await hub.AddPersonAsync("Otto", "otto@other.example", hub.Transport));
        await hub.Get<RoleService>().GrantAsync(ruth.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Northbridge);
        await hub.Get<RoleService>().GrantAsync(otto.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Transport);
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        var (one, two) = ((await messages.PostAsync(hub.Jonas, direct, Guid.NewGuid(), "one")).Value.Message.Id, (await messages.PostAsync(hub.Jonas, direct, Guid.NewGuid(), "two")).Value.Message.Id);
        foreach (var message in new[] { one, two, Guid.NewGuid() }) Assert.Equal(RefusalKind.NotFound, (await moderation.HideAsync(ruth, message, "why")).Refusal!.Kind);
        await hub.Get<ReportService>().ReportAsync(hub.Amara, one, new NewReport(ReportReason.Harassment));
        Assert.Equal(RefusalKind.NotFound, (await moderation.HideAsync(otto, one, "why")).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await moderation.HideAsync(ruth, two, "why")).Refusal!.Kind);
        Assert.Equal("why", (await moderation.HideAsync(ruth, one, "why")).Value.HiddenReason);
        Assert.Equal("one", (await moderation.HiddenAsync(ruth, one)).Value.Text);
        Assert.Equal("one", (await moderation.HiddenAsync(hub.Jonas, one)).Value.Text);
        await using (var db = await hub.Hub.CreateDbContextAsync()) Assert.Equal([ruth.PersonId], await db.AuditEntries.Where(a => a.Action == "message.look").Select(a => a.PersonId!.Value).ToListAsync());
        Assert.Equal(0, await EditsAsync(hub, one));
        Assert.Equal(RefusalKind.NotFound, (await moderation.ShowAsync(otto, one)).Refusal!.Kind);
        Assert.Equal("chat.role.moderator", (await moderation.ShowAsync(hub.Amara, one)).Refusal!.Code);
        foreach (var see in new[] { (await messages.PageAsync(ruth, direct)).Refusal, (await messages.GetAsync(ruth, two)).Refusal, (await chat.GetAsync(ruth, direct)).Refusal }) Assert.Equal(RefusalKind.NotFound, see!.Kind);
        Assert.Equal("one", (await moderation.ShowAsync(ruth, one)).Value.Text);
        Assert.Equal(0, await EditsAsync(hub, one));

        // In a channel with a moderator of its own it is theirs for three days, and what they decided stays theirs.
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("private", People: [hub.Jonas.PersonId]))).Value.Id;
        var three = (await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "three")).Value.Message.Id;
        await hub.Get<ReportService>().ReportAsync(hub.Amara, three, new NewReport(ReportReason.Spam));
        Assert.Equal(RefusalKind.NotFound, (await moderation.HideAsync(ruth, three, "why")).Refusal!.Kind);
        await moderation.HideAsync(hub.Amara, three, "why");
        hub.Clock.Advance(ReportService.Patience);
        foreach (var refused in new[] { (await moderation.HiddenAsync(ruth, three)).Refusal, (await moderation.ShowAsync(ruth, three)).Refusal }) Assert.Equal(RefusalKind.NotFound, refused!.Kind);

        // Whoever keeps order from now on is told, and whoever no longer does.
        var heard = new Inbox();
        await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), heard.TakeAsync);
        foreach (var role in new[] { ConversationRole.Moderator, ConversationRole.Owner, ConversationRole.Member }) await hub.Get<MemberService>().SetAsync(hub.Amara, channel, hub.Jonas.PersonId, role);
        await heard.VersionsAsync(2);
        Assert.Equal(["reports-changed", "reports-changed"], heard.Events.Select(e => e.Name));
    }

    private static async Task<int> EditsAsync(TestHub hub, Guid message)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        return await db.MessageVersions.CountAsync(v => v.MessageId == message);
    }

    private static async Task<Actor> AdministratorAsync(TestHub hub)
    {
        await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        return hub.Amara;
    }

    private static async Task<Guid> GrantAsync(TestHub hub, Actor person)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        return await db.RoleGrants.Where(g => g.PersonId == person.PersonId).Select(g => g.Id).SingleAsync();
    }
}
