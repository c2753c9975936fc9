using System.Runtime.CompilerServices;
using Hub.Domain;
using Hub.Domain.Devices;
using Hub.Domain.Storage;
using Hub.Tests.Faults;
using Hub.Tests.Storage;
using Hub.Web.Upkeep;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Upkeep;

/// <summary>Each thing that <c>check</c> looks at, once as it should be and once not.</summary>
public sealed class CheckTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-check-").FullName;
    private readonly List<string> databases = [];

    [Fact]
    public async Task One_that_throws_or_hangs_is_told_after_what_it_found()
    {
        var limit = TimeSpan.FromMilliseconds(200);
        var thrown = await new Check("a", (_, _) => Throws()).RunAsync(Look.At(), limit);
        Assert.Equal([Finding.Ok("a", "Begun."), Finding.Wrong("a", "Outer: inner.")], thrown);
        Assert.Equal([Finding.Wrong("a", "did not answer within 0.2 s.")], await new Check("a", (_, ct) => Hangs(ct)).RunAsync(Look.At(), limit));
        // One that does not listen is left behind.
        Assert.Equal([Finding.Wrong("a", "did not answer within 0.2 s.")], await new Check("a", (_, _) => Hangs(CancellationToken.None)).RunAsync(Look.At(), limit).WaitAsync(TimeSpan.FromSeconds(20)));

        static async IAsyncEnumerable<Finding> Throws()
        {
            yield return Finding.Ok("a", "Begun.");
            await Task.Yield();
            throw new InvalidOperationException("Outer.\nand more", new InvalidOperationException("inner."));
        }

        static async IAsyncEnumerable<Finding> Hangs([EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Delay(Timeout.Infinite, ct);
            yield return Finding.Ok("a", "Never.");
        }
    }

    [Theory, Databases]
    public async Task A_database_as_it_should_be(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var found = await Look.DatabaseAsync(await OnAsync(hub, provider));
        Assert.All(found, f => Assert.Equal(Verdict.Ok, f.Verdict));
        Assert.Equal(provider == "Sqlite" ? ["database", "journal", "schema", "audit", "integrity"] : ["database", "encoding", "order of text", "schema", "audit"], found.Select(f => f.What));
    }

    [Theory, Databases]
    public async Task A_database_that_is_not_there_or_is_empty_waits_for_migrate(string provider)
    {
        var none = provider == "Sqlite" ? Look.At(("Storage:Folder", folder)) : Look.Postgres(new Npgsql.NpgsqlConnectionStringBuilder(await EmptyAsync()) { Database = "nowhere" }.ConnectionString);
        Assert.Contains("\"migrate\"", Assert.Single(await Look.DatabaseAsync(none), Look.Wrong).Said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder));
        // In Development the start does it.
        Assert.Equal(Verdict.Warning, Assert.Single(await Look.DatabaseAsync(none with { Development = true })).Verdict);

        if (provider == "Sqlite") await File.WriteAllBytesAsync(Path.Combine(folder, "hub.db"), []);
        var empty = provider == "Sqlite" ? none : Look.Postgres(await EmptyAsync());
        Assert.Contains(await Look.DatabaseAsync(empty), f => f is { What: "schema", Verdict: Verdict.Wrong } && f.Said.Contains("\"migrate\"", StringComparison.Ordinal));
    }

    [Theory, Databases]
    public async Task A_newer_schema_and_an_audit_that_can_be_changed(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        await using var db = await hub.Hub.CreateDbContextAsync();
        await db.Database.ExecuteSqlRawAsync("""INSERT INTO "__EFMigrationsHistory" VALUES ('99990101000000_Later', '99.0')""");
        await db.Database.ExecuteSqlRawAsync(provider == "Sqlite" ? """DROP TRIGGER "AuditEntries_kept_delete" """ : """ALTER TABLE "AuditEntries" DISABLE TRIGGER "AuditEntries_kept" """);
        var found = await Look.DatabaseAsync(await OnAsync(hub, provider));
        var schema = Assert.Single(found, f => f.What == "schema");
        Assert.Equal(Verdict.Warning, schema.Verdict);
        Assert.Contains("99990101000000_Later", schema.Said, StringComparison.Ordinal);
        Assert.Equal("audit", Assert.Single(found, Look.Wrong).What);
    }

    [Fact]
    public async Task A_SQLite_file_without_its_journal_or_damaged()
    {
        await using (var hub = await TestHub.StartAsync("Sqlite"))
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            await new BackupCommand(hub.Hub, Look.At().Settings).BackupAsync(Path.Combine(folder, "hub.db"));
        }
        // A backup stands by itself, without the journal that a running hub needs.
        var at = Look.At(("Storage:Folder", folder));
        Assert.Equal("journal", Assert.Single(await Look.DatabaseAsync(at), Look.Wrong).What);
        SqliteConnection.ClearAllPools();
        await using (var file = new FileStream(Path.Combine(folder, "hub.db"), FileMode.Open))
        {
            file.Position = file.Length / 2;
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, 40_000).ToArray());
        }
        Assert.Contains("damaged", Assert.Single(await Look.RunAsync(DatabaseCheck.IntegrityAsync, at)).Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ENCODING 'SQL_ASCII' LOCALE 'C'", "encoding")]
    [InlineData("LOCALE_PROVIDER icu ICU_LOCALE 'en-GB' LOCALE 'C.UTF-8'", "order of text")]
    public async Task A_PostgreSQL_database_that_was_made_otherwise(string made, string what) =>
        Assert.Contains(await Look.DatabaseAsync(Look.Postgres(await Postgres.MadeAsync(made, databases))), f => f.What == what && Look.Wrong(f) && f.Said.Contains("CREATE DATABASE", StringComparison.Ordinal));

    [Fact]
    public async Task A_PostgreSQL_that_is_away_or_too_old()
    {
        var found = Assert.Single(await Look.DatabaseAsync(Look.Postgres($"Host=127.0.0.1;Port={HubProcess.FreePort()};Username=hub;Password=quokka;Database=hub")));
        Assert.Equal(("database", Verdict.Wrong), (found.What, found.Verdict));
        Assert.Contains("does not answer", found.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("quokka", found.Said, StringComparison.Ordinal);
        Assert.Equal([Verdict.Wrong, Verdict.Ok], new[] { new Version(13, 8), new Version(14, 0) }.Select(v => DatabaseCheck.Version(v, "answers.").Verdict));
        Assert.Equal("cannot be looked at with these settings.", Assert.Single(await Look.DatabaseAsync(Look.At(("Storage:Provider", "Oracle")))).Said);
    }

    [Theory]
    [InlineData(40, nameof(Verdict.Wrong))]
    [InlineData(-40, nameof(Verdict.Wrong))]
    [InlineData(5, nameof(Verdict.Warning))]
    [InlineData(0, nameof(Verdict.Ok))]
    public async Task Clocks_that_are_apart(int seconds, string expected)
    {
        await using var redis = await RedisServer.StartAsync();
        var at = Look.Postgres(await EmptyAsync(), ("ConnectionStrings:Redis", redis.Connection)) with { Clock = new OffsetClock(TimeSpan.FromSeconds(seconds)) };
        Assert.Equal([expected, expected], (await Look.RunAsync(ClockCheck.LookAsync, at)).Select(f => $"{f.Verdict}"));
    }

    [Fact]
    public async Task A_clock_that_is_moved_or_cannot_be_compared()
    {
        var at = Look.At(("Clock:Offset", "00:10:00"), ("Storage:Folder", folder));
        Assert.Equal([Verdict.Wrong, Verdict.Ok], (await Look.RunAsync(ClockCheck.LookAsync, at)).Select(f => f.Verdict));
        Assert.Equal([Verdict.Warning, Verdict.Ok], (await Look.RunAsync(ClockCheck.LookAsync, at with { Development = true })).Select(f => f.Verdict));
        var away = Look.Postgres($"Host=127.0.0.1;Port={HubProcess.FreePort()};Username=hub;Database=hub", ("ConnectionStrings:Redis", $"127.0.0.1:{HubProcess.FreePort()}"));
        Assert.All(await Look.RunAsync(ClockCheck.LookAsync, away), f => Assert.Equal((Verdict.Warning, true), (f.Verdict, f.Said.Contains("no answer", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData(5_000_000_000, nameof(Verdict.Ok))]
    [InlineData(900_000_000, nameof(Verdict.Warning))]
    [InlineData(90_000_000, nameof(Verdict.Wrong))]
    public async Task A_disk_that_fills(long free, string expected)
    {
        var asked = new List<string>();
        var found = await Look.RunAsync(Of(DiskCheck.Look), Look.At(("Storage:Folder", folder)) with { Free = f => { asked.Add(f); return free; } });
        Assert.Equal([expected, expected], found.Select(f => $"{f.Verdict}"));
        Assert.Equal([folder, Path.GetTempPath()], asked);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written()
    {
        var found = await Look.RunAsync(Of(DiskCheck.Look), Look.At(("Storage:Folder", Path.Combine(folder, "none"))));
        Assert.Contains("cannot be written", Assert.Single(found, Look.Wrong).Said, StringComparison.Ordinal);
        Assert.Single(await Look.RunAsync(Of(DiskCheck.Look), Look.Postgres("Host=none")));
    }

    [Fact]
    public async Task Device_management_that_is_not_connected_or_simulated()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var none = Assert.Single(await Look.RunAsync(Of(TenantCheck.Look), Look.At() with { Hub = hub.Services }));
        Assert.Equal((Verdict.Warning, true), (none.Verdict, none.Said.Contains("None is connected", StringComparison.Ordinal)));
        await using var simulated = await TestHub.StartAsync("Sqlite", s => s.AddSingleton<IDeviceManagement>(p => p.GetRequiredService<SimulatedTenant>()));
        Assert.Contains("Simulated", Assert.Single(await Look.RunAsync(Of(TenantCheck.Look), Look.At() with { Hub = simulated.Services })).Said, StringComparison.Ordinal);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        foreach (var database in databases.AsEnumerable().Reverse()) await TestHub.PostgresDropAsync(database);
        Directory.Delete(folder, recursive: true);
    }

    private static Func<Looking, CancellationToken, IAsyncEnumerable<Finding>> Of(Func<Looking, IEnumerable<Finding>> look) => (at, _) => look(at).ToAsyncEnumerable();

    private async Task<string> EmptyAsync()
    {
        databases.Add(await TestHub.PostgresEmptyAsync("check_" + Guid.NewGuid().ToString("N")));
        return databases[^1];
    }

    private static async Task<Looking> OnAsync(TestHub hub, string provider)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        return provider == "Sqlite" ? Look.At(("Storage:Folder", Path.GetDirectoryName(DatabaseCheck.SqliteFile(db))!)) : Look.Postgres(db.Database.GetConnectionString()!);
    }
}
