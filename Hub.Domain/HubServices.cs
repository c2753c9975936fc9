using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Seed;
using Hub.Domain.ServiceDesk;
using Hub.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hub.Domain;

/// <summary>Every room's services. They hold no state but what is passing (<see cref="LiveBus"/>, <see cref="PresenceBoard"/>): one of each for the whole process.</summary>
public static class HubServices
{
    public static IServiceCollection AddHubRooms(this IServiceCollection services)
    {
        services.TryAddSingleton<Telemetry>();
        services.AddSingleton<LiveBus>().AddSingleton<NodeService>();
        services.AddSingleton<DueWorker>().AddSingleton<WorkQueues>();
        services.AddSingleton<IDueWork, IdempotencyRetention>().AddSingleton<IDueWork, TokenRetention>().AddSingleton<IDueWork, NodeRetention>();
        services.AddSingleton<SearchIndex>().AddSingleton<Vocabulary>().AddSingleton<SearchService>();
        services.AddSingleton<ISearchSource, PersonSearch>().AddSingleton<ISearchSource, ServiceSearch>();

        services.AddSingleton<PeopleService>().AddSingleton<ITopicSource>(s => s.GetRequiredService<PeopleService>());
        services.AddSingleton<PresenceBoard>().AddSingleton<PresenceService>().AddSingleton<ITopicSource, PersonTopics>();
        services.AddSingleton<CircumstanceReader>().AddSingleton<IBusyTimes, BusyTimes>().AddSingleton<AvailabilityService>();
        services.AddSingleton<ShiftService>().AddSingleton<ShiftImport>().AddSingleton<IShiftCalendar, ShiftCalendar>().AddSingleton<TeamService>().AddSingleton<ITopicSource, UnitTopics>();
        services.AddSingleton<RoleService>().AddSingleton<AccessTokenService>().AddSingleton<DraftService>().AddSingleton<DirectoryService>().AddSingleton<AudienceService>();
        services.AddSingleton<ChatService>().AddSingleton<MessageService>().AddSingleton<MessageWriter>().AddSingleton<IHelpDesk, HelpDesk>();
        services.AddSingleton<TypingService>().AddSingleton<ITopicSource, TypingTopics>();
        services.AddSingleton<MessageChanges>().AddSingleton<ReactionService>().AddSingleton<ThreadService>().AddSingleton<KeptMessages>().AddSingleton<HelpService>().AddSingleton<ReadingService>();
        services.AddSingleton<LaterService>().AddSingleton<LaterWork>().AddSingleton<IDueWork>(s => s.GetRequiredService<LaterWork>()).AddSingleton<ReminderService>();
        services.AddSingleton<ModerationService>().AddSingleton<ReportService>().AddSingleton<RetentionService>().AddSingleton<IDueWork, RetentionWork>();
        services.AddSingleton<ComplianceService>().AddSingleton<HoldService>().AddSingleton<ExportService>();
        services.AddSingleton<MessageSearch>().AddSingleton<IDueWork, MessageIndexing>();
        services.AddSingleton<ChannelService>().AddSingleton<MemberService>().AddSingleton<ChannelDirectory>();
        services.AddSingleton<ChatSources>().AddSingleton<ITopicSource>(s => s.GetRequiredService<ChatSources>()).AddSingleton<ISearchSource>(s => s.GetRequiredService<ChatSources>());
        services.AddSingleton<FileStore>().AddSingleton<Thumbnails>().AddSingleton<FileService>().AddSingleton<FileInspection>().AddSingleton<IDueWork, FileRetention>();
        services.TryAddSingleton<IFileScanner, NoScanner>();
        services.AddSingleton<MentionService>();
        services.AddSingleton<HookService>().AddSingleton<HookReceiver>().AddSingleton<HookLetters>().AddSingleton<IDueWork, HookDeliveries>().AddSingleton<IDueWork, HookRetention>();
        services.TryAddSingleton(new HookHosts([]));
        services.TryAddSingleton<IHookSender, NoHookSender>();
        services.TryAddSingleton(new HubAddress(null));
        services.AddSingleton<CardService>().AddSingleton<ICardSource, MessageCards>().AddSingleton<ICardSource, ArticleCards>().AddSingleton<ICardSource, FixCards>()
            .AddSingleton<ICardSource, RunCards>().AddSingleton<ICardSource, MeetingCards>().AddSingleton<ICardSource, PersonCards>();
        services.AddSingleton<InboxService>().AddSingleton<IDueWork, MessageNotifier>().AddSingleton<IDueWork, InboxRetention>();
        services.AddSingleton<IDueWork, ReminderWork>().AddSingleton<IDueWork, RefusedLaterWork>();
        services.AddSingleton<PreferenceService>().AddSingleton<DigestWork>().AddSingleton<IDueWork>(s => s.GetRequiredService<DigestWork>());
        services.TryAddSingleton<IDigestMail, NoMail>();
        services.AddSingleton<PushDeviceService>().AddSingleton<PushWork>();
        services.TryAddSingleton<IPushService, NoPush>();
        services.AddSingleton<ServiceDirectory>();

        services.AddSingleton<MeetingCalendar>().AddSingleton<MeetingService>().AddSingleton<MeetingSources>();
        services.AddSingleton<ITopicSource>(s => s.GetRequiredService<MeetingSources>()).AddSingleton<ISearchSource>(s => s.GetRequiredService<MeetingSources>());
        services.AddSingleton<DemoSeed>();
        services.AddSingleton<DeviceService>().AddSingleton<SimulatedTenant>().AddSingleton<SimulatedTroubles>();
        services.TryAddSingleton<IDeviceManagement, UnconfiguredTenant>();
        services.TryAddSingleton<IAccounts, UnconfiguredTenant>();
        services.AddSingleton<FixService>().AddSingleton<ISearchSource>(s => s.GetRequiredService<FixService>());
        services.AddSingleton<FixCatalogue>().AddSingleton<RunEngine>().AddSingleton<RunService>().AddSingleton<ITopicSource, RunTopics>();

        services.AddSingleton<KnowledgeService>().AddSingleton<ArticleList>().AddSingleton<FeedbackService>().AddSingleton<ArticleTopics>().AddSingleton<ArticleImport>();
        services.AddSingleton<ITopicSource>(s => s.GetRequiredService<ArticleTopics>()).AddSingleton<ITopicSource, ShelfTopics>();
        services.AddSingleton<ISearchSource>(s => s.GetRequiredService<ArticleTopics>());
        return services;
    }

    /// <summary>The way out for notifications, and the work that takes them there: a node that has no keys leaves it to those that have.</summary>
    public static IServiceCollection AddPush<T>(this IServiceCollection services) where T : class, IPushService =>
        services.AddSingleton<IPushService, T>().AddSingleton<IDueWork>(s => s.GetRequiredService<PushWork>()).AddSingleton<IDueWork, PushDelivery>();
}
