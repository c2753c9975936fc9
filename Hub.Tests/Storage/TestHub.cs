using System.Data.Common;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hub.Tests.Storage;

/// <summary>Runs a test on both databases: <c>[Theory, Databases]</c> with a <c>string provider</c> parameter.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DatabasesAttribute : Xunit.Sdk.DataAttribute
{
    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) => [["Sqlite"], ["PostgreSQL"]];
}

/// <summary>
/// A hub's services on a fresh database of its own, copied from a template that was migrated once, with three people: two of
/// one body, one of another. The clock stands where <see cref="Clock"/> is moved to.
/// </summary>
public sealed class TestHub : IAsyncDisposable
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static string? sqliteTemplate;
    private static string? postgresTemplate;

    private readonly string? folder;
    private readonly string files;
    private readonly string? database;
    private readonly Func<ServiceProvider> build;
    private readonly List<ServiceProvider> nodes = [];

    private TestHub(Func<ServiceProvider> build, string? folder, string? database, string files) => (Services, this.build, this.folder, this.database, this.files) = (build(), build, folder, database, files);

    public ServiceProvider Services { get; }
    public OffsetClock Clock => Get<OffsetClock>();
    public IDbContextFactory<HubDb> Hub => Get<IDbContextFactory<HubDb>>();

    /// <summary>Where files lie.</summary>
    public string Files => files;

    /// <summary>Body of <see cref="Amara"/> and <see cref="Jonas"/>.</summary>
    public Guid Northbridge { get; private set; }
    /// <summary>Body of <see cref="Stranger"/>.</summary>
    public Guid Transport { get; private set; }
    public Actor Amara { get; private set; } = null!;
    public Actor Jonas { get; private set; } = null!;
    public Actor Stranger { get; private set; } = null!;

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    /// <param name="provider">Sqlite or PostgreSQL (server of <c>HUB_TEST_POSTGRES</c>, which test.sh starts).</param>
    /// <param name="more">Services beside the hub's own.</param>
    public static async Task<TestHub> StartAsync(string provider, Action<IServiceCollection>? more = null)
    {
        var hub = await StartEmptyAsync(provider, more);
        await hub.PeopleAsync();
        return hub;
    }

    /// <summary>As <see cref="StartAsync"/>, with nobody in it.</summary>
    public static async Task<TestHub> StartEmptyAsync(string provider, Action<IServiceCollection>? more = null)
    {
        string? storage = null, name = null;
        var settings = new Dictionary<string, string?> { ["Storage:Provider"] = provider };
        if (provider == "Sqlite")
        {
            storage = Directory.CreateTempSubdirectory("hub-test-").FullName;
            File.Copy(await SqliteTemplateAsync(), Path.Combine(storage, "hub.db"));
            settings["Storage:Folder"] = storage;
        }
        else
        {
            name = "test_" + Guid.NewGuid().ToString("N");
            settings["ConnectionStrings:Hub"] = await PostgresCopyAsync(name);
        }
        var clock = new OffsetClock(TimeSpan.Zero);
        // Not there until the first file is.
        var shared = Path.Combine(Path.GetTempPath(), $"hub-files-{Guid.NewGuid():N}");
        settings["Files:Folder"] = shared;
        return new TestHub(() => Build(settings, more, clock), storage, name, shared);
    }

    /// <summary>The services of another node on the same database, by the same clock.</summary>
    public ServiceProvider AnotherNode()
    {
        nodes.Add(build());
        return nodes[^1];
    }

    /// <summary>Adds a person to a body (Northbridge by default).</summary>
    public async Task<Actor> AddPersonAsync(string name, string email, Guid? organisation = null) =>
        new(await Get<DirectoryService>().AddPersonAsync(new NewPerson(organisation ?? Northbridge, name, email, "Constable")));

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        foreach (var node in nodes) await node.DisposeAsync();
        if (Directory.Exists(files)) Directory.Delete(files, recursive: true);
        if (folder is not null)
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
        if (database is not null) await PostgresAsync($"DROP DATABASE \"{database}\" WITH (FORCE)");
    }

    /// <summary>A connection string for a new, empty PostgreSQL database.</summary>
    public static async Task<string> PostgresEmptyAsync(string name)
    {
        await PostgresAsync($"CREATE DATABASE \"{name}\"");
        return PostgresConnection(name);
    }

    /// <summary>Drops what <see cref="PostgresEmptyAsync"/> gave.</summary>
    public static Task PostgresDropAsync(string connection) =>
        PostgresAsync($"DROP DATABASE IF EXISTS \"{new NpgsqlConnectionStringBuilder(connection).Database}\" WITH (FORCE)");

    private async Task PeopleAsync()
    {
        var directory = Get<DirectoryService>();
        Northbridge = await directory.AddOrganisationAsync("Northbridge Police", "northbridge.example");
        Transport = await directory.AddOrganisationAsync("Northbridge Transport Police", "nbtransport.example");
        Amara = await AddPersonAsync("Amara Osei", "amara.osei@northbridge.example");
        Jonas = await AddPersonAsync("Jonas Berg", "jonas.berg@northbridge.example");
        Stranger = await AddPersonAsync("Sol Strange", "sol.strange@nbtransport.example", Transport);
    }

    internal static ServiceProvider Build(Dictionary<string, string?> settings, Action<IServiceCollection>? more = null, OffsetClock? clock = null)
    {
        var services = new ServiceCollection();
        clock ??= new OffsetClock(TimeSpan.Zero);
        services.AddLogging(l => l.SetMinimumLevel(LogLevel.Warning));
        services.AddSingleton(clock).AddSingleton<TimeProvider>(clock);
        services.AddHubStorage(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddHubRooms();
        more?.Invoke(services);
        return services.BuildServiceProvider(validateScopes: true);
    }

    private static async Task<string> SqliteTemplateAsync()
    {
        await Gate.WaitAsync();
        try
        {
            if (sqliteTemplate is not null) return sqliteTemplate;
            var template = Directory.CreateTempSubdirectory("hub-template-").FullName;
            await using var services = Build(new() { ["Storage:Folder"] = template });
            await HubStorage.MigrateAsync(services.GetRequiredService<IDbContextFactory<HubDb>>());
            SqliteConnection.ClearAllPools();
            return sqliteTemplate = Path.Combine(template, "hub.db");
        }
        finally
        {
            Gate.Release();
        }
    }

    private static async Task<string> PostgresCopyAsync(string name)
    {
        await Gate.WaitAsync();
        try
        {
            if (postgresTemplate is null)
            {
                var template = "template_" + Guid.NewGuid().ToString("N");
                await using var services = Build(new() { ["Storage:Provider"] = "PostgreSQL", ["ConnectionStrings:Hub"] = await PostgresEmptyAsync(template) });
                await HubStorage.MigrateAsync(services.GetRequiredService<IDbContextFactory<HubDb>>());
                NpgsqlConnection.ClearAllPools();
                postgresTemplate = template;
            }
            return await PostgresCopyAsync(name, postgresTemplate);
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>A connection string for a new database that is the same as another one, to which nobody is connected.</summary>
    internal static async Task<string> PostgresCopyAsync(string name, string template)
    {
        await PostgresAsync($"CREATE DATABASE \"{name}\" TEMPLATE \"{template}\" STRATEGY FILE_COPY");
        return PostgresConnection(name);
    }

    private static string PostgresConnection(string database)
    {
        var server = Environment.GetEnvironmentVariable("HUB_TEST_POSTGRES")
            ?? throw new InvalidOperationException("HUB_TEST_POSTGRES is not set: run the tests through ./test.sh, which starts PostgreSQL.");
        return new DbConnectionStringBuilder { ConnectionString = server, ["Database"] = database, ["Maximum Pool Size"] = "20" }.ConnectionString;
    }

    private static async Task PostgresAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(PostgresConnection("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
