using System.Text.RegularExpressions;
using System.Threading.Channels;
using Bunit;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Tests.Chat;
using Hub.Domain.Storage;
using Hub.Tests.Fixes;
using Hub.Tests.Storage;
using Hub.Web.Chat;
using Hub.Web.Fixes;
using Hub.Web.Knowledge;
using Hub.Web.Live;
using Hub.Web.Meetings;
using Hub.Web.Notifications;
using Hub.Web.People;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Live;

/// <summary>
/// What a page shows after every event is what a page shows that is opened now: the hub's own pages, on a real database, event
/// by event. An event that the source publishes and no scene here brings about fails the test.
/// </summary>
public sealed partial class StaleAndFreshTests : BunitContext
{
    // A meeting is booked before anybody can watch it; it is news on people's own topics.
    private static readonly string[] BeforeAnybodyWatches = ["meeting-booked"];

    private readonly List<LiveEvent> seen = [];
    private FixHub fixes = null!;
    // Where the pages are open; what happens, happens on the first node.
    private ServiceProvider there = null!;

    private TestHub Hub => fixes.Hub;
    private Actor Amara => Hub.Amara;
    private Actor Jonas => Hub.Jonas;

    [Theory]
    [InlineData("Sqlite", 1)]
    [InlineData("PostgreSQL", 2)]
    public async Task Every_event_makes_of_what_was_shown_what_is_shown_fresh(string provider, int nodes)
    {
        await using var started = fixes = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        there = nodes == 1 ? Hub.Services : Hub.AnotherNode();
        await using var wire = nodes == 1 ? null : new NodeWire(Hub.Get<LiveBus>(), there.GetRequiredService<LiveBus>());
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddSingleton<Microsoft.Extensions.Configuration.IConfiguration>(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build()).AddLocalization().AddSingleton<Hub.Web.Shell.Refusals>().AddSingleton<MessageRows>().AddSingleton<CardRows>().AddScoped<Hub.Web.Shell.PageScripts>()
            .AddScoped(_ => new LivePage(there.GetRequiredService<LiveBus>()))
            .AddScoped(s => new MyConversations(there.GetRequiredService<ChatService>(), there.GetRequiredService<LiveBus>(), s.GetRequiredService<LivePage>()))
            .AddScoped(s => new MyInbox(there.GetRequiredService<InboxService>(), s.GetRequiredService<MyConversations>(), there.GetRequiredService<LiveBus>(), s.GetRequiredService<LivePage>()))
            .AddScoped(s => new Colleagues(there.GetRequiredService<PresenceService>(), there.GetRequiredService<LiveBus>(), s.GetRequiredService<LivePage>(), NullLogger<Colleagues>.Instance));
        Services.AddFallbackServiceProvider(there);
        SetRendererInfo(new("Server", true));

        await TalkAsync();
        await AskAsync();
        await RunAsync();
        await TellAsync();
        await LaterAsync();
        await MeetAsync();
        await WriteAsync();
        await BeThereAsync();
        await WorkAsync();
        await UnfoldAsync();
        await KeepOrderAsync();

        lock (seen)
        {
            Assert.Empty(Published().Except(seen.Select(e => e.Name)).Except(BeforeAnybodyWatches));
            foreach (var topic in seen.Where(e => e.Version > 0).GroupBy(e => e.Topic))
                Assert.Equal(Enumerable.Range(0, topic.Count()).Select(i => topic.First().Version + i), topic.Select(e => e.Version));
        }
    }

    private async Task TalkAsync()
    {
        var (chat, messages, channels, members) = (Hub.Get<ChatService>(), Hub.Get<MessageService>(), Hub.Get<ChannelService>(), Hub.Get<MemberService>());
        var run = await fixes.RunAsync("mailbox-not-syncing");
        var channel = (await chat.CreateChannelAsync(Amara, new NewChannel("one"))).Value.Id;
        var kept = (await messages.PostAsync(Amara, channel, Guid.NewGuid(), "one")).Value.Message;
        var lost = (await messages.PostAsync(Amara, channel, Guid.NewGuid(), "two")).Value.Message;
        await using var noted = await NoteAsync(Amara, Topic.Conversation(channel), Topic.Me(Amara.PersonId));
        var mine = Services.GetRequiredService<MyConversations>();
        await mine.StartAsync(Amara, Renderer.Dispatcher.InvokeAsync);
        var pane = Page<ConversationPane>(".talk .head", ".head, li.message, .joinbar", (nameof(ConversationPane.Id), channel));
        var thread = Page<ThreadPane>("li.message", ".head, li.message", (nameof(ThreadPane.Conversation), channel), (nameof(ThreadPane.Id), kept.Id), (nameof(ThreadPane.Joined), true));
        var lists = new[] { Page<ThreadsPage>("h1", ".page"), Page<SavedPage>("h1", ".page"), Page<PinsPage>("h1", ".page", (nameof(PinsPage.Id), channel)) };
        var (reactions, marks, threads) = (Hub.Get<ReactionService>(), Hub.Get<KeptMessages>(), Hub.Get<ThreadService>());
        var about = Page<AboutPage>(".facts", ".pane-detail > .head, .notice, .facts, .page > .buttons, section", (nameof(AboutPage.Id), channel));
        var directory = Page<BrowsePage>(".page > p, li.channel", ".page > p, li.channel");
        var (hooks, hook) = (Hub.Get<HookService>(), default(HookMade));
        var webhooks = Page<HooksPage>("h1", ".page article", Jonas, (nameof(HooksPage.Id), channel));
        Guid? direct = null, picture = null;
        var file = (await Hub.Get<FileService>().UploadAsync(Amara, channel, "map.png", new MemoryStream(SomeFiles.Png()))).Value.Id;

        await ChangesAsync(
            () => chat.JoinAsync(Jonas, channel),
            () => messages.PostAsync(Jonas, channel, Guid.NewGuid(), new string('x', 190) + string.Concat(Enumerable.Repeat("👮", 20))),
            () => messages.PostAsync(Amara, channel, new NewMessage(Guid.NewGuid(), "See this") { RunId = run.Id }),
            async () => picture = (await messages.PostAsync(Amara, channel, new NewMessage(Guid.NewGuid(), "") { FileIds = [file] })).Value.Message.Id,
            () => messages.DeleteAsync(Amara, picture!.Value, 1),
            () => messages.EditAsync(Amara, kept.Id, "one and a half", 1),
            () => messages.PostAsync(Jonas, channel, new NewMessage(Guid.NewGuid(), "in its thread") { ThreadId = kept.Id }),
            () => messages.PostAsync(Jonas, channel, new NewMessage(Guid.NewGuid(), "for all") { ThreadId = kept.Id, AlsoToConversation = true }),
            () => threads.ReadAsync(Amara, kept.Id, 99),
            () => messages.PostAsync(Amara, channel, new NewMessage(Guid.NewGuid(), "mine") { ThreadId = kept.Id }),
            () => chat.ReadAsync(Amara, channel, 99),
            () => reactions.ReactAsync(Jonas, kept.Id, "👍", give: true),
            () => reactions.ReactAsync(Amara, kept.Id, "👍", give: true),
            () => reactions.ReactAsync(Amara, kept.Id, "tada", give: true),
            () => reactions.ReactAsync(Amara, kept.Id, "👍", give: false),
            () => marks.PinAsync(Jonas, kept.Id, pin: true),
            () => marks.SaveAsync(Amara, kept.Id, save: true),
            () => threads.FollowAsync(Amara, kept.Id, follow: false),
            () => marks.SaveAsync(Amara, kept.Id, save: false),
            () => marks.PinAsync(Jonas, kept.Id, pin: false),
            () => messages.DeleteAsync(Amara, lost.Id, 1),
            () => fixes.Runs.AbandonAsync(Amara, run.Id),
            async () => direct = (await chat.OpenDirectAsync(Jonas, Amara.PersonId)).Value.Conversation.Id,
            () => messages.PostAsync(Jonas, direct!.Value, Guid.NewGuid(), "hello"),
            () => chat.ReadAsync(Amara, direct!.Value, 1),
            () => members.MuteAsync(Amara, direct!.Value, true),
            () => members.MuteAsync(Amara, direct!.Value, false),
            () => chat.LeaveAsync(Jonas, channel),
            () => chat.LeaveAsync(Amara, channel),
            () => chat.JoinAsync(Amara, channel),
            () => members.InviteAsync(Amara, channel, [Jonas.PersonId]),
            () => members.SetAsync(Amara, channel, Jonas.PersonId, ConversationRole.Owner),
            () => channels.ChangeAsync(Jonas, channel, new ChannelDetails("another name", "and a topic", 0)),
            () => channels.MarkAsync(Jonas, channel, "OFFICIAL-SENSITIVE"),
            () => channels.MarkAsync(Jonas, channel, null),
            async () => hook = (await hooks.CreateAsync(Jonas, channel, new NewHook(HookKind.Incoming, "Alarms"))).Value,
            () => hooks.RenewAsync(Jonas, channel, hook!.Hook.Id),
            () => messages.PostAsync(new Actor(hook!.Hook.BotId!.Value, ActorKind.Bot), channel, Guid.NewGuid(), "The **door** is open"),
            () => hooks.EndAsync(Jonas, channel, hook!.Hook.Id),
            () => channels.AnnounceAsync(Jonas, channel, true),
            () => members.SetAsync(Jonas, channel, Amara.PersonId, ConversationRole.Member),
            () => members.SetAsync(Jonas, channel, Amara.PersonId, null, poster: true),
            () => members.SetAsync(Jonas, channel, Amara.PersonId, null, poster: false),
            () => messages.PostAsync(Jonas, channel, Guid.NewGuid(), "listen"),
            () => channels.AnnounceAsync(Jonas, channel, false),
            () => channels.ArchiveAsync(Jonas, channel, true),
            () => channels.ArchiveAsync(Jonas, channel, false),
            () => members.RemoveAsync(Jonas, channel, Amara.PersonId),
            () => members.InviteAsync(Jonas, channel, [Amara.PersonId]));

        async Task ChangesAsync(params Func<Task>[] changes)
        {
            foreach (var change in changes)
            {
                await change();
                await pane();
                await thread();
                foreach (var list in lists) await list();
                await about();
                await webhooks();
                await directory();
                await MineAsync(mine);
            }
        }
    }

    private async Task AskAsync()
    {
        var (channel, messages, help) = (fixes.HelpChannel, Hub.Get<MessageService>(), Hub.Get<HelpService>());
        await using var noted = await NoteAsync(Amara, Topic.Conversation(channel), Topic.Me(Amara.PersonId));
        foreach (var person in new[] { Amara, Jonas }) await Hub.Get<ChatService>().JoinAsync(person, channel);
        var asked = (await messages.PostAsync(Amara, channel, Guid.NewGuid(), "The printer is silent")).Value.Message.Id;
        var pages = new[]
        {
            Page<QuestionsPage>("h1", ".page", (nameof(QuestionsPage.Id), channel)),
            Page<ConversationPane>(".talk .head", ".head, li.message", (nameof(ConversationPane.Id), channel)),
            Page<ThreadPane>("li.message", ".head, li.message", (nameof(ThreadPane.Conversation), channel), (nameof(ThreadPane.Id), asked), (nameof(ThreadPane.Joined), true)),
        };
        Guid? answer = null;
        foreach (var change in new Func<Task>[]
        {
            async () => answer = (await messages.PostAsync(Jonas, channel, new NewMessage(Guid.NewGuid(), "Hold the green button") { ThreadId = asked })).Value.Message.Id,
            () => messages.PostAsync(Jonas, channel, Guid.NewGuid(), "And mine is loud"),
            () => help.ResolveAsync(Amara, asked, answer),
            () => help.ReopenAsync(Jonas, asked),
            () => help.ResolveAsync(Jonas, asked),
        })
        {
            await change();
            foreach (var page in pages) await page();
        }
    }

    private async Task RunAsync()
    {
        await using var own = await NoteAsync(Amara, Topic.Me(Amara.PersonId));
        var card = Page<UnfinishedCard>("p.meta, li.row", "p.meta, li.row");
        var started = await fixes.RunAsync("mailbox-not-syncing");
        await card();
        await using var noted = await NoteAsync(Amara, Topic.Run(started.Id));
        var page = Page<RunPage>(".page", ".page", (nameof(RunPage.Id), started.Id));
        await fixes.AnswerAsync(started, "go");
        await page();
        await card();
        await fixes.Runs.HandOverAsync(Amara, started.Id, "Thanks, but");
        await page();
        await card();
    }

    private async Task MeetAsync()
    {
        var meetings = Hub.Get<MeetingService>();
        await using var own = await NoteAsync(Jonas, Topic.Me(Jonas.PersonId));
        var day = Hub.Clock.Now().Date;
        var draft = new MeetingDraft("Handover", $"{day:yyyy-MM-dd}T12:00:00", $"{day:yyyy-MM-dd}T12:30:00", "Europe/London", ["jonas.berg@northbridge.example"]);
        var (today, week) = (Page<TodayCard>("section .meta, li", "section", Jonas), Page<MeetingsPage>("h1", "*", Jonas));
        var meeting = (await meetings.BookAsync(Amara, draft)).Value;
        await using var noted = await NoteAsync(Jonas, Topic.Meeting(meeting.Id));
        var page = Page<MeetingPage>("header", "header, section", Jonas, (nameof(MeetingPage.Id), meeting.Id));
        foreach (var change in new Func<Task>[]
        {
            () => Task.CompletedTask,
            () => meetings.RespondAsync(Jonas, meeting.Id, AttendeeStatus.Tentative),
            () => meetings.ChangeAsync(Amara, meeting.Id, draft with { Title = "Longer", End = $"{day:yyyy-MM-dd}T13:00:00" }, 2),
            () => meetings.CancelAsync(Amara, meeting.Id),
        })
        {
            await change();
            await page();
            await today();
            await week();
        }
    }

    private async Task WriteAsync()
    {
        var (knowledge, feedback) = (Hub.Get<KnowledgeService>(), Hub.Get<FeedbackService>());
        await using var own = await NoteAsync(Jonas, Topic.Me(Jonas.PersonId), new Topic("articles", Hub.Northbridge));
        await Hub.Get<RoleService>().GrantAsync(Jonas.PersonId, Role.KnowledgeManager, ScopeKind.Organisation, Hub.Northbridge);
        var list = Page<ArticlesPage>("h1", "*", Amara);
        var article = (await knowledge.CreateAsync(Jonas, new NewArticle("Slow VPN", "Restart it."))).Value.Id;
        await knowledge.PublishAsync(Jonas, article);
        await list();
        await using var noted = await NoteAsync(Jonas, Topic.Article(article));
        var pages = new[] { Amara, Jonas }.Select(who => Page<ArticlePage>("article.reading", "article.reading, .pane-context", who, (nameof(ArticlePage.Id), article))).ToList();
        foreach (var change in new Func<Task>[]
        {
            async () => await knowledge.SaveAsync(Jonas, article, new ArticleEdit("Slow VPN", "Restart it twice.", await VersionAsync())),
            () => feedback.GiveAsync(Amara, article, true, ""),
            () => knowledge.PublishAsync(Jonas, article),
            () => feedback.GiveAsync(Jonas, article, false, "It did not help"),
            () => knowledge.SetAudienceAsync(Jonas, article, [AudienceEntry.Body(Hub.Northbridge), AudienceEntry.Body(Hub.Transport)]),
        })
        {
            await change();
            foreach (var page in pages) await page();
            await list();
        }

        async Task<long> VersionAsync() => (await knowledge.GetAsync(Jonas, article)).Value.Version;
    }

    // What a message links to: cards of others' things, on the page of a conversation.
    private async Task UnfoldAsync()
    {
        var (chat, messages, members, knowledge, meetings) = (Hub.Get<ChatService>(), Hub.Get<MessageService>(), Hub.Get<MemberService>(), Hub.Get<KnowledgeService>(), Hub.Get<MeetingService>());
        var channel = (await chat.CreateChannelAsync(Jonas, new NewChannel("unfolds", People: [Amara.PersonId]))).Value.Id;
        var elsewhere = (await chat.CreateChannelAsync(Jonas, new NewChannel("elsewhere", People: [Jonas.PersonId]))).Value.Id;
        var said = (await messages.PostAsync(Jonas, elsewhere, Guid.NewGuid(), "said there")).Value.Message;
        var article = (await knowledge.CreateAsync(Jonas, new NewArticle("Loud VPN", "Turn it down."))).Value.Id;
        await knowledge.PublishAsync(Jonas, article);
        var run = await fixes.RunAsync("slow-laptop");
        var day = Hub.Clock.Now().Date;
        var draft = new MeetingDraft("Unfolded", $"{day.AddDays(1):yyyy-MM-dd}T12:00:00", $"{day.AddDays(1):yyyy-MM-dd}T12:30:00", "Europe/London", ["amara.osei@northbridge.example"]);
        var (meeting, without) = ((await meetings.BookAsync(Jonas, draft)).Value, (await meetings.BookAsync(Jonas, draft with { Attendees = [] })).Value);
        var root = (await messages.PostAsync(Jonas, channel, Guid.NewGuid(), $"[m](/chat/m/{said.Id}) [a](/articles/{article}) [r](/fixes/runs/{run.Id})")).Value.Message;
        await using var noted = await NoteAsync(Amara, Topic.Conversation(channel));
        var pane = Page<ConversationPane>(".talk .head", ".head, li.message", (nameof(ConversationPane.Id), channel));
        var thread = Page<ThreadPane>("li.message", ".head, li.message", (nameof(ThreadPane.Conversation), channel), (nameof(ThreadPane.Id), root.Id), (nameof(ThreadPane.Joined), true));
        Guid? late = null;
        foreach (var change in new Func<Task>[]
        {
            () => Task.CompletedTask,
            () => members.InviteAsync(Jonas, elsewhere, [Amara.PersonId]),
            () => messages.EditAsync(Jonas, said.Id, "said better", 1),
            () => Hub.Get<ChannelService>().ChangeAsync(Jonas, elsewhere, new ChannelDetails("renamed", "", 0)),
            async () => await knowledge.SaveAsync(Jonas, article, new ArticleEdit("Quiet VPN", "Turn it up.", (await knowledge.GetAsync(Jonas, article)).Value.Version)),
            () => knowledge.PublishAsync(Jonas, article),
            () => fixes.Runs.AbandonAsync(Amara, run.Id),
            async () => late = (await messages.PostAsync(Jonas, channel, Guid.NewGuid(), $"[i](/meetings/{meeting.Id}) [f](/fixes/slow-laptop) [w](/meetings/{without.Id})")).Value.Message.Id,
            () => messages.PostAsync(Jonas, channel, new NewMessage(Guid.NewGuid(), $"[i](/meetings/{meeting.Id})") { ThreadId = root.Id }),
            () => meetings.RespondAsync(Amara, meeting.Id, AttendeeStatus.Declined),
            async () => await meetings.ChangeAsync(Jonas, meeting.Id, draft with { Title = "Later" }, (await meetings.GetAsync(Jonas, meeting.Id)).Value.Version),
            async () => await meetings.ChangeAsync(Jonas, without.Id, draft, (await meetings.GetAsync(Jonas, without.Id)).Value.Version),
            async () => await meetings.ChangeAsync(Jonas, meeting.Id, draft with { Attendees = [] }, (await meetings.GetAsync(Jonas, meeting.Id)).Value.Version),
            () => meetings.CancelAsync(Jonas, without.Id),
            () => messages.EditAsync(Jonas, late!.Value, $"only [f](/fixes/slow-laptop) and [v](/fixes/cannot-join-wifi)", 1),
            () => members.RemoveAsync(Jonas, elsewhere, Amara.PersonId),
            () => messages.DeleteAsync(Jonas, said.Id, 2),
        })
        {
            await change();
            await pane();
            await thread();
        }
    }

    // Reports, what is hidden and shown again, and what a retention rule removes; the clock is moved, so that it is the last.
    private async Task KeepOrderAsync()
    {
        var (chat, messages, reports, moderation) = (Hub.Get<ChatService>(), Hub.Get<MessageService>(), Hub.Get<ReportService>(), Hub.Get<ModerationService>());
        var channel = (await chat.CreateChannelAsync(Amara, new NewChannel("orderly", People: [Jonas.PersonId]))).Value.Id;
        var first = (await messages.PostAsync(Jonas, channel, Guid.NewGuid(), "first @Amara Osei")).Value.Message;
        await messages.PostAsync(Amara, channel, new NewMessage(Guid.NewGuid(), "reply") { ThreadId = first.Id });
        await Hub.Get<KeptMessages>().SaveAsync(Amara, first.Id, save: true);
        await Hub.Get<DueWorker>().WorkAsync("notifications.message");
        // Quoted where it does not stand: the card goes with it.
        var elsewhere = (await chat.CreateChannelAsync(Amara, new NewChannel("elsewhere", People: [Jonas.PersonId]))).Value.Id;
        var bad = (await messages.PostAsync(Jonas, channel, Guid.NewGuid(), "[x](/chat/new) rude")).Value.Message;
        await messages.PostAsync(Amara, channel, Guid.NewGuid(), $"[that](/chat/m/{bad.Id})");
        var ruth = await Hub.AddPersonAsync("Ruth", "ruth@northbridge.example");
        await using var own = await NoteAsync(ruth, Topic.Me(ruth.PersonId));
        await Hub.Get<RoleService>().GrantAsync(ruth.PersonId, Role.Compliance, ScopeKind.Organisation, Hub.Northbridge);
        await using var noted = await NoteAsync(Amara, Topic.Conversation(channel));
        var mine = Services.GetRequiredService<MyConversations>();
        var pages = new[]
        {
            Page<ConversationPane>(".talk .head", ".head, li.message, .removed", (nameof(ConversationPane.Id), channel)),
            Page<ThreadPane>("li.message", ".head, li.message", (nameof(ThreadPane.Conversation), channel), (nameof(ThreadPane.Id), first.Id), (nameof(ThreadPane.Joined), true)),
            Page<PinsPage>("h1", ".page", (nameof(PinsPage.Id), channel)), Page<ReportsPage>("h1", "article, .empty"), Page<ReportsLink>("", "li"),
            Page<ConversationPane>(".talk .head", "li.message", (nameof(ConversationPane.Id), elsewhere)),
            Page<SavedPage>("h1", ".page"), Page<UnreadPage>("h1", ".page"), Page<InboxPage>("h1", ".top, li"), Page<LaterPage>("h1", ".page"), Page<ThreadsPage>("h1", ".page"),
        };
        foreach (var change in new Func<Task>[]
        {
            () => messages.PostAsync(Amara, elsewhere, Guid.NewGuid(), $"[that](/chat/m/{first.Id})"),
            () => Hub.Get<KeptMessages>().PinAsync(Amara, bad.Id, pin: true),
            () => reports.ReportAsync(Amara, bad.Id, new NewReport(ReportReason.Spam)),
            () => Hub.Get<KeptMessages>().SaveAsync(Amara, bad.Id, save: true),
            () => moderation.HideAsync(Amara, bad.Id, "Not here"),
            () => moderation.ShowAsync(Amara, bad.Id),
            async () =>
            {
                await Hub.Get<RetentionService>().SetAsync(ruth, Hub.Northbridge, RetentionKind.Private, 1, 0);
                Hub.Clock.Advance(TimeSpan.FromDays(2));
                await Hub.Get<DueWorker>().PlanAsync();
                await Hub.Get<DueWorker>().WorkAsync("chat.retention");
            },
            () => messages.PostAsync(Amara, channel, Guid.NewGuid(), "after that"),
        })
        {
            await change();
            foreach (var page in pages) await page();
            await MineAsync(mine);
        }
    }

    private async Task BeThereAsync()
    {
        var (board, person, heard) = (Hub.Get<PresenceBoard>(), Jonas.PersonId, new Inbox());
        await using var noted = await NoteAsync(Amara, Topic.Person(person));
        await there.GetRequiredService<LiveBus>().WatchAsync(Amara, Topic.Person(person), heard.TakeAsync);
        // The other node asks whom it has missed, as with its first look.
        there.GetRequiredService<PresenceBoard>().Look(connected: true);
        var page = Page<PersonPage>("[data-presence]", ".person", (nameof(PersonPage.Id), person));
        var (desk, phone) = (Guid.NewGuid(), Guid.NewGuid());
        foreach (var (change, i) in new Action[]
        {
            () => board.Tell(desk, person, PresenceDevice.Desktop, away: false),
            () => board.Tell(phone, person, PresenceDevice.Phone, away: true),
            () => board.Tell(desk, person, PresenceDevice.Desktop, away: true),
            () =>
            {
                board.Leave(desk, person);
                Hub.Clock.Advance(PresenceBoard.Grace);
                board.Look(connected: true);
            },
        }.Select((c, i) => (c, i)))
        {
            change();
            // It is nowhere but in memory: a page that is opened now shows it once it was heard.
            await heard.VersionsAsync(i + 1);
            await page();
        }
    }

    private async Task WorkAsync()
    {
        var (shifts, availability, directory) = (Hub.Get<ShiftService>(), Hub.Get<AvailabilityService>(), Hub.Get<DirectoryService>());
        var unit = await directory.AddUnitAsync(Hub.Northbridge, null, "Response team");
        await directory.SetSupervisorAsync(unit, Amara.PersonId);
        await using (var db = await Hub.Hub.CreateDbContextAsync())
            await db.People.Where(p => p.Id == Jonas.PersonId).ExecuteUpdateAsync(s => s.SetProperty(p => p.UnitId, unit));
        await using var noted = await NoteAsync(Jonas, Topic.Me(Jonas.PersonId), Topic.Unit(unit));
        var heard = new Inbox();
        await there.GetRequiredService<LiveBus>().WatchAsync(Jonas, Topic.Me(Jonas.PersonId), heard.TakeAsync);
        var (team, quiet) = (Page<TeamPage>("li.member [data-presence]", "section, li.member"), Page<QuietPage>(".notice", "*", Jonas));
        var (page, own) = (Page<PersonPage>("[data-presence]", ".person", (nameof(PersonPage.Id), Jonas.PersonId)), Page<OwnPresence>(".own [data-presence]", ".own", Jonas));
        var now = Hub.Clock.Now();
        ShiftRecord? shift = null;
        foreach (var (change, i) in new Func<Task>[]
        {
            async () => shift = (await shifts.AddAsync(Amara, Jonas.PersonId, new ShiftTimes(now.AddHours(-1), now.AddHours(7)))).Value,
            () => availability.SetAsync(Jonas, new AvailabilityChange(OwnState.DoNotDisturb, UntilShiftEnds: true)),
            () => shifts.ChangeAsync(Amara, shift!.Id, new ShiftTimes(now.AddHours(-1), now.AddHours(8)), shift.Version),
            () => availability.AllowAsync(Jonas, Amara.PersonId),
            () => availability.SetAsync(Jonas, new AvailabilityChange(OwnState.Available)),
        }.Select((c, i) => (c, i)))
        {
            await change();
            await heard.VersionsAsync(i + 1);
            // As every second: what has changed of who is watched is read again.
            await there.GetRequiredService<PresenceService>().RefreshAsync();
            await page();
            await own();
            await quiet();
            await team();
        }
    }

    private async Task TellAsync()
    {
        var (chat, messages, inbox, worker) = (Hub.Get<ChatService>(), Hub.Get<MessageService>(), Hub.Get<InboxService>(), Hub.Get<DueWorker>());
        await using var own = await NoteAsync(Amara, Topic.Me(Amara.PersonId));
        var channel = (await chat.CreateChannelAsync(Jonas, new NewChannel("told", People: [Amara.PersonId]))).Value.Id;
        var (direct, page) = ((await chat.OpenDirectAsync(Jonas, Amara.PersonId)).Value.Conversation.Id, Page<InboxPage>("h1", ".top, li"));
        foreach (var change in new Func<Task>[]
        {
            () => messages.PostAsync(Jonas, channel, Guid.NewGuid(), "@Amara Osei, have you seen this?"),
            () => messages.PostAsync(Jonas, direct, Guid.NewGuid(), "Or this?"),
            () => messages.PostAsync(Jonas, direct, Guid.NewGuid(), "And this?"),
            () => chat.ReadAsync(Amara, direct, 99),
            async () => await inbox.ReadAsync(Amara, (await inbox.ListAsync(Amara, InboxView.Mentions)).Value.Items[0].Id),
            () => messages.PostAsync(Jonas, channel, Guid.NewGuid(), "@channel"),
            () => inbox.ReadAllAsync(Amara),
        })
        {
            await change();
            await worker.WorkAsync();
            await page();
        }
    }

    private async Task LaterAsync()
    {
        var (chat, messages, later, reminders) = (Hub.Get<ChatService>(), Hub.Get<MessageService>(), Hub.Get<LaterService>(), Hub.Get<ReminderService>());
        await using var own = await NoteAsync(Amara, Topic.Me(Amara.PersonId));
        var channel = (await chat.CreateChannelAsync(Amara, new NewChannel("later", People: [Jonas.PersonId]))).Value.Id;
        var said = (await messages.PostAsync(Amara, channel, Guid.NewGuid(), "The gate is open")).Value.Message.Id;
        await using var noted = await NoteAsync(Amara, Topic.Conversation(channel));
        var (mine, hour) = (Services.GetRequiredService<MyConversations>(), TimeSpan.FromHours(1));
        var pages = new[]
        {
            Page<LaterPage>("h1", ".page"), Page<InboxPage>("h1", ".top, li"),
            Page<ConversationPane>(".talk .head", ".later, li.message", (nameof(ConversationPane.Id), channel)),
        };
        var (one, two, three) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        ReminderRecord? reminder = null;
        foreach (var change in new Func<Task>[]
        {
            () => later.ScheduleAsync(Amara, channel, new NewLater(one, "Good morning", Hub.Clock.Now() + hour)),
            () => later.ChangeAsync(Amara, one, new LaterChange(1, "Good **morning**")),
            async () => reminder = (await reminders.CreateAsync(Amara, new NewReminder(Hub.Clock.Now() + hour, said))).Value,
            async () => reminder = (await reminders.ChangeAsync(Amara, reminder!.Id, new ReminderChange(1, "Close it"))).Value,
            () => messages.PostAsync(Jonas, channel, Guid.NewGuid(), "Not yet"),
            () => PassAsync(hour),
            async () => reminder = (await reminders.ChangeAsync(Amara, reminder!.Id, new ReminderChange(2, At: Hub.Clock.Now() + hour))).Value,
            () => reminders.DiscardAsync(Amara, reminder!.Id, 3),
            () => later.ScheduleAsync(Amara, channel, new NewLater(two, "Too late", Hub.Clock.Now() + hour)),
            () => Hub.Get<ChannelService>().ArchiveAsync(Amara, channel, true),
            () => PassAsync(hour),
            () => Hub.Get<ChannelService>().ArchiveAsync(Amara, channel, false),
            async () => await later.SendNowAsync(Amara, two, (await later.GetAsync(Amara, two)).Value.Version),
            () => later.ScheduleAsync(Amara, channel, new NewLater(three, "Or never", Hub.Clock.Now() + hour)),
            () => later.DiscardAsync(Amara, three, 1),
        })
        {
            await change();
            foreach (var page in pages) await page();
            await MineAsync(mine);
        }
        Assert.Equal(["The gate is open", "Not yet", "Good **morning**", "Too late"], (await messages.PageAsync(Jonas, channel)).Value.Items.Select(m => m.Text));

        async Task PassAsync(TimeSpan time)
        {
            Hub.Clock.Advance(time);
            while (await Hub.Get<DueWorker>().WorkAsync() > 0)
            {
            }
        }
    }

    private Func<Task> Page<T>(string loaded, string shown, params (string Name, object Value)[] parameters) where T : class, IComponent => Page<T>(loaded, shown, Amara, parameters);

    /// <summary>Opens a page; each call of the answer opens it afresh and waits until the first one shows the same.</summary>
    private Func<Task> Page<T>(string loaded, string shown, Actor actor, params (string Name, object Value)[] parameters) where T : class, IComponent
    {
        IRenderedComponent<T> Open()
        {
            var page = Render<T>(p =>
            {
                p.AddCascadingValue(actor);
                foreach (var (name, value) in parameters) p.TryAdd(name, value);
            });
            if (loaded.Length > 0) page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(loaded)), TimeSpan.FromSeconds(20));
            return page;
        }

        // Messages that tell what just happened, and the line at what is new, are of one page alone.
        string Shown(IRenderedComponent<T> page) => Passing().Replace(string.Join('\n', page.FindAll(shown).Select(e => e.OuterHtml)), "");

        var stale = Open();
        var drawn = Channel.CreateUnbounded<bool>();
        void Note(object? sender, EventArgs e) => drawn.Writer.TryWrite(true);
        stale.OnMarkupUpdated += Note;
        return () =>
        {
            var fresh = Open();
            fresh.OnMarkupUpdated += Note;
            return AgreeAsync(drawn, () => Shown(fresh), () => Shown(stale));
        };
    }

    private async Task MineAsync(MyConversations mine)
    {
        var fresh = (await Hub.Get<ChatService>().ListAsync(Amara)).Value.Items;
        var changed = Channel.CreateUnbounded<bool>();
        void Note(object? sender, EventArgs e) => changed.Writer.TryWrite(true);
        mine.Changed += Note;
        // How many are in each is not known on every page.
        await AgreeAsync(changed, () => string.Join('\n', fresh.Select(c => c with { Members = 0 })), () => string.Join('\n', mine.All.Select(c => c with { Members = 0 })));
        mine.Changed -= Note;
    }

    // Looks again whenever something was drawn; when nothing more comes, what is different fails the test.
    private async Task AgreeAsync(Channel<bool> changed, Func<string> fresh, Func<string> stale)
    {
        while (true)
        {
            var (wanted, shown) = await Renderer.Dispatcher.InvokeAsync(() => (fresh(), stale()));
            if (wanted == shown) return;
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await changed.Reader.ReadAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(wanted, shown);
            }
        }
    }

    private async Task<Watches> NoteAsync(Actor actor, params Topic[] topics)
    {
        var watches = new Watches();
        foreach (var topic in topics)
            watches.Add((await there.GetRequiredService<LiveBus>().WatchAsync(actor, topic, news =>
            {
                lock (seen) seen.AddRange(news.Events);
                return Task.CompletedTask;
            }))!);
        return watches;
    }

    private sealed class Watches : List<LiveWatch>, IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            foreach (var watch in this) watch.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>The names of the events that the rooms publish: what is written there in kebab-case is one.</summary>
    private static List<string> Published()
    {
        var top = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(top.FullName, "HubPortal.sln"))) top = top.Parent!;
        var names = Directory.EnumerateFiles(Path.Combine(top.FullName, "Hub.Domain"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .Select(File.ReadAllText).Where(text => text.Contains("LiveEvent(", StringComparison.Ordinal)).SelectMany(text => EventName().Matches(text).Select(m => m.Groups[1].Value)).Distinct().ToList();
        Assert.Contains("message-posted", names);
        return names;
    }

    [GeneratedRegex("\"([a-z]+(?:-[a-z]+)+)\"")]
    private static partial Regex EventName();

    [GeneratedRegex("""<p [^>]*role="status"[^>]*>[^<]*</p>| blazor:\w+="[^"]*"| data-why="\w+"|(?<=data-helpful="\w+") aria-pressed="\w+"|(?<=class="now" )style="[^"]*"|<!--.*?-->""")]
    private static partial Regex Passing();
}
