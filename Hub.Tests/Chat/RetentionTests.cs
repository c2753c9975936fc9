using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Chat;

/// <summary>Retention, holds and exports, on both databases.</summary>
public sealed class RetentionTests
{
    [Theory, Databases]
    public async Task What_is_older_than_the_rule_goes_whole_and_what_stays_is_counted_right(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, search) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<MessageSearch>());
        var ruth = await ComplianceAsync(hub);
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("private", People: [hub.Jonas.PersonId]))).Value.Id;
        var file = (await hub.Get<FileService>().UploadAsync(hub.Amara, channel, "oldname.png", new MemoryStream(SomeFiles.Png()))).Value.Id;
        var client = Guid.NewGuid();
        var old = (await messages.PostAsync(hub.Amara, channel, new NewMessage(client, "oldword @Jonas Berg") { FileIds = [file] })).Value.Message;
        await messages.EditAsync(hub.Amara, old.Id, "oldword still @Jonas Berg", 1);
        var reply = (await messages.PostAsync(hub.Jonas, channel, new NewMessage(Guid.NewGuid(), "oldreply") { ThreadId = old.Id })).Value.Message;
        for (var i = 0; i < 250; i++) await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), $"filler {i}");
        await hub.Get<ReactionService>().ReactAsync(hub.Jonas, old.Id, "tada", give: true);
        await hub.Get<KeptMessages>().PinAsync(hub.Jonas, old.Id, pin: true);
        await hub.Get<KeptMessages>().SaveAsync(hub.Jonas, old.Id, save: true);
        await hub.Get<ReminderService>().CreateAsync(hub.Jonas, new NewReminder(hub.Clock.Now().AddDays(20), old.Id));
        await hub.Get<DueWorker>().WorkAsync();
        Assert.Contains((await hub.Get<InboxService>().ListAsync(hub.Jonas)).Value.Items, e => e.Text.Contains("oldword", StringComparison.Ordinal));
        hub.Clock.Advance(TimeSpan.FromDays(9));
        var young = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "young")).Value.Message;
        var late = (await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "late reply") { ThreadId = old.Id })).Value.Message;
        hub.Clock.Advance(TimeSpan.FromDays(2));
        // A rule of another kind, or of another body, removes nothing.
        await hub.Get<RetentionService>().SetAsync(ruth, hub.Northbridge, RetentionKind.Direct, 1, 0);
        await WorkAsync(hub);
        Assert.Equal(252, (await chat.GetAsync(hub.Jonas, channel)).Value.Unread);
        await hub.Get<RetentionService>().SetAsync(ruth, hub.Northbridge, RetentionKind.Private, 10, 0);
        // A rule that was set removes nothing for a day.
        await WorkAsync(hub);
        Assert.Equal(252, (await chat.GetAsync(hub.Jonas, channel)).Value.Unread);
        hub.Clock.Advance(RetentionService.Grace);
        await WorkAsync(hub);
        // How far somebody has read, said for what is gone, counts nothing as unread again.
        Assert.Equal(252, (await chat.ReadAsync(hub.Jonas, channel, 3)).Value.Sequence);
        Assert.Equal(1, (await chat.GetAsync(hub.Jonas, channel)).Value.Unread);
        Assert.Equal(252, (await chat.GetAsync(hub.Jonas, channel)).Value.RemovedSequence);
        Assert.Equal(RefusalKind.NotFound, (await chat.UnreadFromAsync(hub.Jonas, old.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await messages.EditAsync(hub.Amara, old.Id, "again", 3)).Refusal!.Kind);

        Assert.Equal([young.Id, late.Id], (await messages.PageAsync(hub.Jonas, channel)).Value.Items.Select(m => m.Id));
        Assert.Equal(late.Sequence, (await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "next")).Value.Message.Sequence - 1);
        var card = (await chat.GetAsync(hub.Amara, channel)).Value;
        Assert.Equal((10, 1, "next"), (card.RemovedDays, card.Unread, card.LatestText));
        var again = (await messages.PostAsync(hub.Amara, channel, new NewMessage(client, "oldword @Jonas Berg") { FileIds = [file] })).Value;
        Assert.Equal((old.Id, false, ""), (again.Message.Id, again.New, again.Message.Text));

        // The thread goes on without what it hung from, and what is left is one reply.
        var thread = Assert.Single((await hub.Get<ThreadService>().ListAsync(hub.Amara)).Value.Items);
        Assert.Equal(("", 1, "late reply"), (thread.Message.Text, thread.Message.Replies, thread.Latest.Text));
        Assert.Equal([late.Id], (await messages.ThreadAsync(hub.Amara, old.Id)).Value.Items.Select(m => m.Id));
        foreach (var q in new[] { "oldword", "oldname", "oldreply", "filler", "is:saved" }) Assert.Empty((await search.FindAsync(hub.Jonas, q, TimeZoneInfo.Utc)).Value.Items);
        Assert.Empty((await hub.Get<KeptMessages>().PinsAsync(hub.Jonas, channel)).Value);
        Assert.Empty((await hub.Get<KeptMessages>().SavedAsync(hub.Jonas)).Value.Items);
        Assert.DoesNotContain((await hub.Get<InboxService>().ListAsync(hub.Jonas)).Value.Items, e => e.Text.Contains("old", StringComparison.Ordinal) || e.Kind == NotificationKind.Mention);
        Assert.Equal(RefusalKind.NotFound, (await hub.Get<FileService>().OpenAsync(hub.Amara, file)).Refusal!.Kind);
        Assert.Equal(young.Sequence, (await messages.SinceAsync(hub.Amara, channel, young.PostedAt)).Value);

        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(0, await db.MessageVersions.CountAsync() + await db.Reactions.CountAsync() + await db.SavedMessages.CountAsync() + await db.MessageMentions.CountAsync());
        Assert.Equal(0, await db.MessageTerms.CountAsync(t => t.MessageId == old.Id || t.MessageId == reply.Id));
        Assert.Equal(252, await db.Messages.CountAsync(m => m.Sequence <= m.Conversation.RemovedSequence && m.Text == "" && m.Html == "" && m.Files == null && m.DeletedAt != null));
        Assert.Equal(0, await db.HeldMessages.CountAsync());
        Assert.Equal("", (await db.StoredFiles.SingleAsync(f => f.Id == file)).Name);
        Assert.Equal(Enumerable.Range(1, 255).Select(i => (long)i), await db.Messages.Where(m => m.ConversationId == channel).OrderBy(m => m.Sequence).Select(m => m.Sequence).ToListAsync());
    }

    [Theory, Databases]
    public async Task A_hold_beats_the_rule_until_it_ends(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, holds) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<HoldService>());
        var ruth = await ComplianceAsync(hub);
        var otto = await hub.AddPersonAsync("Otto", "otto@other.example", hub.Transport);
        await hub.Get<RoleService>().GrantAsync(otto.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Transport);
        var (held, open) = ((await chat.CreateChannelAsync(hub.Amara, new NewChannel("held", People: [hub.Jonas.PersonId]))).Value.Id, (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open", People: [hub.Jonas.PersonId]))).Value.Id);
        foreach (var channel in new[] { held, open })
            foreach (var person in new[] { hub.Amara, hub.Jonas, hub.Amara }) await messages.PostAsync(person, channel, Guid.NewGuid(), "said");
        var reported = (await messages.PostAsync(hub.Jonas, open, Guid.NewGuid(), "reported")).Value.Message.Id;
        await hub.Get<ReportService>().ReportAsync(hub.Amara, reported, new NewReport(ReportReason.Spam));
        var file = (await hub.Get<FileService>().UploadAsync(hub.Jonas, held, "a.png", new MemoryStream(SomeFiles.Png()))).Value.Id;
        var gone = (await messages.PostAsync(hub.Jonas, held, new NewMessage(Guid.NewGuid(), "taken back") { FileIds = [file] })).Value.Message.Id;
        await messages.DeleteAsync(hub.Jonas, gone, 1);

        foreach (var person in new[] { hub.Amara, hub.Stranger }) Assert.Equal(RefusalKind.NotFound, (await holds.PlaceAsync(person, new NewHold("why", "", held))).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await holds.PlaceAsync(otto, new NewHold("why", "", held))).Refusal!.Kind);
        Assert.Equal("hold.person", (await holds.PlaceAsync(otto, new NewHold("why", "", PersonId: hub.Jonas.PersonId))).Refusal!.Code);
        Assert.Equal("hold.subject", (await holds.PlaceAsync(ruth, new NewHold("why", "", held, hub.Jonas.PersonId))).Refusal!.Code);
        Assert.Equal("order.reason", (await holds.PlaceAsync(ruth, new NewHold(" ", "", held))).Refusal!.Code);
        var one = (await holds.PlaceAsync(ruth, new NewHold("Court", "C-1", held))).Value;
        var two = (await holds.PlaceAsync(ruth, new NewHold("Court", "C-2") { Email = "JONAS.BERG@northbridge.example" })).Value;
        Assert.Equal(("held", "Jonas Berg"), (one.Subject, two.Subject));
        await hub.Get<RetentionService>().SetAsync(ruth, hub.Northbridge, RetentionKind.Private, 5, 0);
        hub.Clock.Advance(TimeSpan.FromDays(6));
        await WorkAsync(hub);
        await hub.Get<DueWorker>().WorkAsync("chat.files");
        // For everybody in them what is held is as gone as the rest: nobody learns of the hold. Compliance has it in an export.
        Assert.Equal((0, 0), (await LeftAsync(held), await LeftAsync(open)));
        Assert.Equal((4, 2), (await KeptAsync(held), await KeptAsync(open)));
        Assert.Equal((await RowsAsync(held))[..3], (await RowsAsync(open))[..3]);
        Assert.Equal(["reported"], (await hub.Get<ReportService>().ListAsync(hub.Amara)).Value.Items.Select(r => r.Message.Text));
        Assert.Equal(RefusalKind.NotFound, (await hub.Get<FileService>().OpenAsync(hub.Jonas, file)).Refusal!.Kind);
        var exported = await ExportAsync(held);
        Assert.Equal(["said", "said", "said", ""], exported.Select(m => m.Text));
        Assert.Equal(("taken back", "Jonas Berg", "a.png"), (exported[3].EarlierTexts.Single().Text, exported[3].DeletedBy!.Name, exported[3].Files.Single().Name));
        Assert.Equal(["said", "reported"], (await ExportAsync(open)).Select(m => m.Text));

        Assert.Equal(RefusalKind.NotFound, (await holds.EndAsync(otto, one.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await holds.EndAsync(hub.Amara, one.Id)).Refusal!.Kind);
        Assert.Equal("Ruth", (await holds.EndAsync(ruth, one.Id)).Value.EndedBy!.Name);
        Assert.Equal("Ruth", (await holds.EndAsync(ruth, one.Id)).Value.EndedBy!.Name);
        Assert.Equal([two.Id], (await holds.ListAsync(ruth)).Value.Items.Select(h => h.Id));
        Assert.Equal([one.Id], (await holds.ListAsync(ruth, ended: true)).Value.Items.Select(h => h.Id));
        Assert.Empty((await holds.ListAsync(otto)).Value.Items);
        Assert.Equal(RefusalKind.NotFound, (await holds.ListAsync(hub.Amara)).Refusal!.Kind);
        await WorkAsync(hub);
        // What Jonas wrote is still held, the deleted one too; his files with it.
        Assert.Equal((2, 2), (await KeptAsync(held), await KeptAsync(open)));
        await using (var db = await hub.Hub.CreateDbContextAsync()) Assert.Null((await db.StoredFiles.SingleAsync(f => f.Id == file)).ErasedAt);
        await holds.EndAsync(ruth, two.Id);
        await WorkAsync(hub);
        // A report that nobody has decided keeps its message.
        Assert.Equal((0, 1), (await KeptAsync(held), await KeptAsync(open)));
        await hub.Get<ReportService>().DismissAsync(hub.Amara, (await hub.Get<ReportService>().ListAsync(hub.Amara)).Value.Items.Single().Id);
        await WorkAsync(hub);
        Assert.Equal((0, 0), (await KeptAsync(held), await KeptAsync(open)));
        await hub.Get<DueWorker>().WorkAsync("chat.files");
        hub.Clock.Advance(TimeSpan.FromHours(1));
        await hub.Get<DueWorker>().WorkAsync("chat.files");
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            Assert.NotNull((await db.StoredFiles.SingleAsync(f => f.Id == file)).ErasedAt);
            Assert.Equal(0, await db.MessageReports.CountAsync() + await db.MessageVersions.CountAsync());
        }

        async Task<int> LeftAsync(Guid channel) => (await messages.PageAsync(hub.Amara, channel)).Value.Items.Count;

        async Task<int> KeptAsync(Guid channel)
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            return await db.HeldMessages.CountAsync(h => h.ConversationId == channel);
        }

        // What is left of the rows, without what is another's anyway.
        async Task<List<object>> RowsAsync(Guid channel)
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            return [.. (await db.Messages.Where(m => m.ConversationId == channel).OrderBy(m => m.Sequence).ToListAsync()).Select(m => (object)(m.Sequence, m.SenderId, m.Text, m.Html, m.Version, m.Revision, m.DeletedById))];
        }

        async Task<List<ExportedMessage>> ExportAsync(Guid channel)
        {
            var all = new List<ExportedMessage>();
            var asked = (await hub.Get<ExportService>().AskAsync(ruth, channel, new NewExport("Court"))).Value;
            await foreach (var message in (await hub.Get<ExportService>().OpenAsync(ruth, asked.Id)).Value.Messages) all.Add(message);
            return all;
        }
    }

    [Theory, Databases]
    public async Task A_hold_keeps_files_in_quarantine_and_what_was_marked_erased_is_erased_again(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (messages, files) = (hub.Get<MessageService>(), hub.Get<FileService>());
        var ruth = await ComplianceAsync(hub);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("files"))).Value.Id;
        var ids = new List<Guid>();
        foreach (var name in new[] { "apart.png", "gone.png" })
        {
            ids.Add((await files.UploadAsync(hub.Amara, channel, name, new MemoryStream(SomeFiles.Png()))).Value.Id);
            await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), name) { FileIds = [ids[^1]] });
        }
        var hold = (await hub.Get<HoldService>().PlaceAsync(ruth, new NewHold("Court", "", channel))).Value;
        await using var db = await hub.Hub.CreateDbContextAsync();
        await db.StoredFiles.Where(f => f.Id == ids[0]).ExecuteUpdateAsync(s => s.SetProperty(f => f.State, FileState.Quarantined));
        hub.Clock.Advance(TimeSpan.FromDays(31));
        // The node that marked the other one stopped before its bytes were gone.
        var now = hub.Clock.Now();
        await db.StoredFiles.Where(f => f.Id == ids[1]).ExecuteUpdateAsync(s => s.SetProperty(f => f.RemovedAt, now).SetProperty(f => f.ErasedAt, now));
        Assert.NotEmpty(Bytes(ids[1]));
        await hub.Get<DueWorker>().PlanAsync();
        await hub.Get<DueWorker>().WorkAsync("chat.files");
        Assert.Null((await db.StoredFiles.AsNoTracking().SingleAsync(f => f.Id == ids[0])).ErasedAt);
        Assert.Empty(Bytes(ids[1]));
        await hub.Get<HoldService>().EndAsync(ruth, hold.Id);
        hub.Clock.Advance(TimeSpan.FromHours(1));
        await hub.Get<DueWorker>().WorkAsync("chat.files");
        Assert.NotNull((await db.StoredFiles.AsNoTracking().SingleAsync(f => f.Id == ids[0])).ErasedAt);

        IEnumerable<string> Bytes(Guid id) => Directory.EnumerateFiles(hub.Files, "*", SearchOption.AllDirectories).Where(f => f.Contains(id.ToString("N"), StringComparison.OrdinalIgnoreCase) || f.Contains(id.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    [Theory, Databases]
    public async Task The_work_takes_conversations_in_turn_and_stops_at_what_is_too_young(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var ruth = await ComplianceAsync(hub);
        var places = new List<Guid>();
        foreach (var name in new[] { "one", "two" })
        {
            places.Add((await chat.CreateChannelAsync(hub.Amara, new NewChannel(name, People: [hub.Jonas.PersonId]))).Value.Id);
            for (var i = 0; i < 5; i++) await messages.PostAsync(hub.Amara, places[^1], Guid.NewGuid(), $"m{i}");
        }
        await hub.Get<RetentionService>().SetAsync(ruth, hub.Northbridge, RetentionKind.Private, 5, 0);
        hub.Clock.Advance(TimeSpan.FromDays(6));
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            // The node that stored this one was ahead of the others: it is young, and those after it wait with it.
            var ahead = hub.Clock.Now().AddDays(-1);
            await db.Messages.Where(m => m.ConversationId == places[0] && m.Sequence == 4).ExecuteUpdateAsync(s => s.SetProperty(m => m.PostedAt, ahead));
        }
        var heard = new Inbox();
        await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Conversation(places[1]), heard.TakeAsync);
        var work = new RetentionWork(hub.Hub, hub.Get<LiveBus>(), hub.Clock, NullLogger<RetentionWork>.Instance) { AtOnce = 2 };
        await hub.Get<DueWorker>().PlanAsync();
        foreach (var (one, two, soon) in new[] { (3, 3, true), (2, 1, true), (2, 0, false) })
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            var row = await db.DueWork.AsNoTracking().SingleAsync(w => w.Kind == work.Kind);
            var item = new DueItem(row.Id, "", "", 1);
            await work.SendAsync(item, CancellationToken.None);
            await work.StoreAsync(db, item, CancellationToken.None);
            Assert.Equal((one, two), (await LeftAsync(places[0]), await LeftAsync(places[1])));
            Assert.Equal(soon, (await db.DueWork.AsNoTracking().SingleAsync(w => w.Kind == work.Kind)).DueAt != row.DueAt);
            hub.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        await heard.VersionsAsync(3);
        Assert.Equal(["messages-removed", "messages-removed", "messages-removed"], heard.Events.Select(e => e.Name));

        async Task<int> LeftAsync(Guid channel) => (await messages.PageAsync(hub.Amara, channel)).Value.Items.Count;
    }

    [Theory, Databases]
    public async Task Compliance_of_a_body_sets_its_rules_finds_its_conversations_and_exports_them(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, compliance, exports) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ComplianceService>(), hub.Get<ExportService>());
        var ruth = await ComplianceAsync(hub);
        var (otto, grant) = (await hub.AddPersonAsync("Otto", "otto@other.example", hub.Transport), hub.Get<RoleService>());
        await grant.GrantAsync(otto.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Transport);
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        var client = (await messages.PostAsync(hub.Amara, direct, Guid.NewGuid(), "first")).Value.Message;
        await messages.EditAsync(hub.Amara, client.Id, "second", 1);
        await messages.DeleteAsync(hub.Amara, client.Id, 2);
        var root = (await messages.PostAsync(hub.Jonas, direct, Guid.NewGuid(), "root")).Value.Message;
        await messages.PostAsync(hub.Amara, direct, new NewMessage(Guid.NewGuid(), "reply") { ThreadId = root.Id });
        await hub.Get<ReactionService>().ReactAsync(hub.Amara, root.Id, "tada", give: true);
        await hub.Get<ReportService>().ReportAsync(hub.Amara, root.Id, new NewReport(ReportReason.Spam));
        await hub.Get<ModerationService>().HideAsync(ruth, root.Id, "why");

        var found = Assert.Single((await compliance.FindAsync(ruth, "jonas")).Value.Items);
        Assert.Equal((direct, "Amara Osei, Jonas Berg", 2), (found.Id, found.Name, found.MemberCount));
        Assert.Equal(direct, Assert.Single((await compliance.FindAsync(ruth, direct.ToString())).Value.Items).Id);
        var elodie = await hub.AddPersonAsync("Élodie Öz", "e.oz@northbridge.example");
        var accents = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("ÜBUNG north", People: [elodie.PersonId]))).Value.Id;
        foreach (var words in new[] { "élodie", "ÖZ", "übung", "E.OZ@" }) Assert.Equal(accents, Assert.Single((await compliance.FindAsync(ruth, words)).Value.Items).Id);
        Assert.Empty((await compliance.FindAsync(otto, "")).Value.Items);
        Assert.Empty((await compliance.FindAsync(ruth, "nobody\0")).Value.Items);
        foreach (var person in new[] { hub.Amara, otto, hub.Stranger })
        {
            Assert.Equal(RefusalKind.NotFound, (await compliance.AboutAsync(person, direct)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await exports.AskAsync(person, direct, new NewExport("why"))).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await hub.Get<RetentionService>().SetAsync(person, hub.Northbridge, RetentionKind.Direct, 5, 0)).Refusal!.Kind);
        }
        foreach (var person in new[] { hub.Amara, hub.Stranger })
        {
            Assert.Equal(RefusalKind.NotFound, (await compliance.FindAsync(person, "")).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await hub.Get<RetentionService>().ListAsync(person)).Refusal!.Kind);
        }
        Assert.Equal("order.reason", (await exports.AskAsync(ruth, direct, new NewExport(""))).Refusal!.Code);
        Assert.Equal("export.range", (await exports.AskAsync(ruth, direct, new NewExport("why", hub.Clock.Now(), hub.Clock.Now().AddDays(-1)))).Refusal!.Code);
        var asked = (await exports.AskAsync(ruth, direct, new NewExport("Request 12"))).Value;
        Assert.Equal(asked.Id, Assert.Single((await compliance.AboutAsync(ruth, direct)).Value.Exports).Id);
        foreach (var person in new[] { hub.Amara, otto, hub.Stranger }) Assert.Equal(RefusalKind.NotFound, (await exports.OpenAsync(person, asked.Id)).Refusal!.Kind);
        var opened = (await exports.OpenAsync(ruth, asked.Id)).Value;
        var all = new List<ExportedMessage>();
        await foreach (var message in opened.Messages) all.Add(message);
        Assert.Equal(["", "root", "reply"], all.Select(m => m.Text));
        Assert.Equal(["first", "second"], all[0].EarlierTexts.Select(t => t.Text));
        Assert.Equal("Amara Osei", all[0].DeletedBy!.Name);
        Assert.Equal(("why", "Ruth", "🎉"), (all[1].Hidden!.Reason, all[1].Hidden!.By.Name, all[1].Reactions.Single().Emoji));
        Assert.Equal(root.Id, all[2].ThreadId);
        var none = (await exports.OpenAsync(ruth, (await exports.AskAsync(ruth, direct, new NewExport("Request 13", hub.Clock.Now().AddDays(1)))).Value.Id)).Value;
        await foreach (var message in none.Messages) Assert.Fail(message.Text);

        var rules = hub.Get<RetentionService>();
        Assert.Equal(Enum.GetValues<RetentionKind>(), (await rules.ListAsync(ruth)).Value.Select(r => r.Kind));
        foreach (var days in new[] { 0, -1, 36_501 }) Assert.Equal("retention.days", (await rules.SetAsync(ruth, hub.Northbridge, RetentionKind.Help, days, 0)).Refusal!.Code);
        Assert.Equal((30, "Ruth"), (await rules.SetAsync(ruth, hub.Northbridge, RetentionKind.Help, 30, 0)).Value is var set ? (set.Days, set.SetBy!.Name) : default);
        Assert.Equal((RefusalKind.Stale, 1), (await rules.SetAsync(ruth, hub.Northbridge, RetentionKind.Help, 3, 0)).Refusal is { Current: RetentionView seen } stale ? (stale.Kind, seen.Version) : default);
        Assert.Null((await rules.SetAsync(ruth, hub.Northbridge, RetentionKind.Help, null, 1)).Value.Days);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal((2, 2, 2), (await db.AuditEntries.CountAsync(a => a.Action == "export.ask"), await db.AuditEntries.CountAsync(a => a.Action == "export.fetch"), await db.AuditEntries.CountAsync(a => a.Action == "retention.set")));
    }

    private static async Task<Actor> ComplianceAsync(TestHub hub)
    {
        var ruth = await hub.AddPersonAsync("Ruth", "ruth@northbridge.example");
        await hub.Get<RoleService>().GrantAsync(ruth.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Northbridge);
        return ruth;
    }

    private static async Task WorkAsync(TestHub hub)
    {
        await hub.Get<DueWorker>().PlanAsync();
        hub.Clock.Advance(TimeSpan.FromHours(1));
        await hub.Get<DueWorker>().WorkAsync("chat.retention");
    }
}
