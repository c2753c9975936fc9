using Hub.Domain;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Web.Fixes;
using Hub.Web.Live;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Live;

/// <summary>Work that each node does again and again. Were one of these to end, the whole host would.</summary>
public sealed class HostedWorkTests
{
    private static readonly OffsetClock Clock = new(TimeSpan.Zero);
    private static readonly Away Database = new();

    [Fact]
    public async Task A_cancellation_that_is_not_the_end_of_the_host_is_logged_and_the_work_goes_on()
    {
        using var telemetry = new Telemetry();
        var live = new LiveBus([Database], Clock, telemetry, NullLogger<LiveBus>.Instance);
        using var watch = await live.WatchAsync(new Actor(Guid.NewGuid()), Topic.Me(Guid.NewGuid()), _ => Task.CompletedTask);
        Database.Cancels = true;
        var connections = new LiveConnections(new PeopleService(Database, Clock), new AccessTokenService(Database, Clock));
        var tenant = new UnconfiguredTenant();
        await Task.WhenAll(
            GoesOnAsync<DueClock>(log => new(new DueWorker(Database, [], Clock, NullLogger<DueWorker>.Instance), log)),
            GoesOnAsync<NodeBeat>(log => new(new NodeService(Database, Clock), new NodeHealth(), new OpenCircuits(), [], new TestServer(new ServiceCollection().BuildServiceProvider()),
                new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), new ConfigurationBuilder().Build(), Clock, log)),
            GoesOnAsync<VersionCheck>(log => new(live, connections, new NodeHealth(), [], TimeSpan.FromMilliseconds(10), log)),
            GoesOnAsync<RunClock>(log => new(new RunEngine(Database, live, tenant, tenant, [], Clock, NullLogger<RunEngine>.Instance), log)));
    }

    private static async Task GoesOnAsync<T>(Func<ILogger<T>, T> make) where T : BackgroundService
    {
        var log = new FirstLine<T>();
        using var work = make(log);
        await work.StartAsync(default);
        await Task.WhenAny(log.Written.Task, work.ExecuteTask!).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(log.Written.Task.IsCompleted && !work.ExecuteTask!.IsCompleted, $"{typeof(T).Name} is {work.ExecuteTask!.Status}");
        await work.StopAsync(default);
    }

    /// <summary>A database, and a source of topics, of which every question is cancelled by somebody else.</summary>
    private sealed class Away : IDbContextFactory<HubDb>, ITopicSource
    {
        public bool Cancels { get; set; }

        string ITopicSource.Kind => "me";

        public HubDb CreateDbContext() => throw new TaskCanceledException();

        Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct) => Task.FromResult<IReadOnlySet<Guid>>(ids.ToHashSet());

        Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct) =>
            Cancels ? throw new TaskCanceledException() : Task.FromResult<IReadOnlyDictionary<Guid, long>>(ids.ToDictionary(id => id, _ => 0L));
    }

    private sealed class FirstLine<T> : ILogger<T>
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.TrySetResult();
    }
}
