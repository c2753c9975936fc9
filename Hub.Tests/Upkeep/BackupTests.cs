using System.Collections.Concurrent;
using System.Data.Common;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Faults;
using Hub.Tests.Storage;
using Hub.Web.Shell;
using Hub.Web.Upkeep;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Upkeep;

/// <summary>What is backed up while people write is one moment of the hub, comes back whole, and goes over nothing that is there.</summary>
public sealed class BackupTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-backup-").FullName;
    private readonly List<string> databases = [];

    [Theory, Databases]
    public async Task Taken_while_people_write_it_is_one_moment_and_a_hub_starts_on_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var first = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("first", ""))).Value.Id;
        var second = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("second", ""))).Value.Id;
        foreach (var channel in new[] { first, second }) await chat.JoinAsync(hub.Jonas, channel);

        // Each writer says everything in the first channel, then in the second: at no moment is one said twice more here than there.
        var (acknowledged, stop) = (new ConcurrentDictionary<Guid, int>(), false);
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++)
                foreach (var channel in new[] { first, second })
                {
                    var id = Guid.NewGuid();
                    Assert.True((await messages.PostAsync(w % 2 == 0 ? hub.Amara : hub.Jonas, channel, id, $"{w}: {i}")).Ok);
                    acknowledged[id] = w;
                    if (acknowledged.Count >= 60) enough.TrySetResult();
                }
        })).ToList();
        await Task.WhenAny(enough.Task, Task.WhenAll(writers));
        var before = acknowledged.Keys.ToList();
        var backup = new BackupCommand(hub.Hub, Settings());
        // Each in its turn, so that people write during some on the fastest disk.
        var files = Enumerable.Range(0, 4).Select(i => Path.Combine(folder, $"{i}.backup")).ToList();
        foreach (var file in files) Assert.Contains($"{file} holds the hub: 3 people, ", await backup.BackupAsync(file), StringComparison.Ordinal);
        var during = acknowledged.Count - before.Count;
        Volatile.Write(ref stop, true);
        await Task.WhenAll(writers);
        Assert.True(during > 0, "Nobody wrote during the backups.");
        Assert.Equal(files.Order(StringComparer.Ordinal), Directory.GetFiles(folder).Order(StringComparer.Ordinal));

        foreach (var file in files)
        {
            await using var restored = new HubProcess { Settings = provider == "Sqlite" ? [] : await EmptyAsync(provider) };
            var (code, said, complained) = await restored.RunAsync("restore", file);
            Assert.Equal((0, ""), (code, complained));
            Assert.Contains("3 people", said, StringComparison.Ordinal);
            await using var services = restored.Services();
            await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
            await using var source = await hub.Hub.CreateDbContextAsync();
            var there = await db.Messages.AsNoTracking().OrderBy(m => m.ConversationId).ThenBy(m => m.Sequence).ToListAsync();
            Assert.Superset(before.ToHashSet(), there.Select(m => m.ClientMessageId).ToHashSet());
            foreach (var conversation in await db.Conversations.AsNoTracking().ToListAsync())
            {
                var said1 = there.Where(m => m.ConversationId == conversation.Id).Select(m => m.Sequence).ToList();
                Assert.Equal(Enumerable.Range(1, said1.Count).Select(i => (long)i), said1);
                Assert.Equal(said1.Count, conversation.LatestSequence);
                var came = await source.Messages.AsNoTracking().Where(m => m.ConversationId == conversation.Id && m.Sequence <= said1.Count).OrderBy(m => m.Sequence).ToListAsync();
                Assert.Equal(came.Select(m => (m.Id, m.Sequence, m.SenderId, m.ClientMessageId, m.Text, m.Html)), there.Where(m => m.ConversationId == conversation.Id).Select(m => (m.Id, m.Sequence, m.SenderId, m.ClientMessageId, m.Text, m.Html)));
                var joined = await source.Conversations.AsNoTracking().FirstAsync(c => c.Id == conversation.Id);
                // Nothing but posts raised it since.
                Assert.Equal(joined.Version - (joined.LatestSequence - conversation.LatestSequence), conversation.Version);
            }
            foreach (var own in there.GroupBy(m => m.Text.Split(':')[0]))
                Assert.InRange(own.Count(m => m.ConversationId == first) - own.Count(m => m.ConversationId == second), 0, 1);
            if (file != files[^1]) continue;

            Assert.Equal(2, (await restored.RunAsync("restore", file)).Code);
            await restored.StartAsync();
            using var amara = Assert.Single(await restored.ProgramsAsync(["amara.osei@northbridge.example"]));
            var last = there.Count(m => m.ConversationId == first);
            Assert.Equal(there.Last(m => m.ConversationId == first).Text, (await amara.GetAsync($"/conversations/{first}/messages?limit=1", OK)).Items()[^1].Text("text"));
            var posted = await amara.PostAsync($"/conversations/{first}/messages", new { clientMessageId = Guid.NewGuid(), text = "and on" }, Created);
            Assert.Equal(last + 1, posted.GetProperty("sequence").GetInt64());
        }
    }

    [Theory, Databases]
    public async Task What_comes_back_is_every_row_that_was_there_and_the_audit_and_sessions_stand(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("kept", "Ämter – 警察 🚓"))).Value.Id;
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "O'Brien \"said\" \\ **so**\n\n🚓");
        await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var session = Protector(hub.Hub).Protect("amara");

        var file = Path.Combine(folder, "hub.backup");
        await new BackupCommand(hub.Hub, Settings()).BackupAsync(file);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await using var fresh = On(await EmptyAsync(provider));
        var empty = fresh.GetRequiredService<IDbContextFactory<HubDb>>();
        await new BackupCommand(empty, Settings()).RestoreAsync(file);

        var (before, after) = (await RowsAsync(hub.Hub), await RowsAsync(empty));
        Assert.True(before.Count > 25 && before["AuditEntries"].Count > 0 && before["Messages"].Count == 1);
        Assert.Equal(before.Keys, after.Keys);
        foreach (var (table, rows) in before) Assert.Equal(rows, after[table]);
        Assert.Equal("amara", Protector(empty).Unprotect(session));
        await using var db = await empty.CreateDbContextAsync();
        foreach (var change in new[] { "UPDATE \"AuditEntries\" SET \"Detail\" = ''", "DELETE FROM \"AuditEntries\"" })
            Assert.Contains("only ever added", (await Assert.ThrowsAnyAsync<DbException>(() => db.Database.ExecuteSqlRawAsync(change))).Message, StringComparison.Ordinal);
        if (provider == "Sqlite") Assert.Equal("wal", await DatabaseCheck.ScalarAsync(await OpenAsync(db), "PRAGMA journal_mode"));
    }

    [Theory, Databases]
    public async Task It_overwrites_nothing_and_says_so(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (backup, file) = (new BackupCommand(hub.Hub, Settings()), Path.Combine(folder, "hub.backup"));
        await backup.BackupAsync(file);
        var bytes = await File.ReadAllBytesAsync(file);
        Assert.Contains("overwrites nothing", await RefusedAsync(backup.BackupAsync(file)), StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));
        var other = Path.Combine(folder, "other.backup");
        await File.WriteAllTextAsync(other + ".part", "somebody else's");
        Assert.Contains("other.backup.part", await RefusedAsync(backup.BackupAsync(other)), StringComparison.Ordinal);
        Assert.Equal("somebody else's", await File.ReadAllTextAsync(other + ".part"));
        Assert.Contains("no folder", await RefusedAsync(backup.BackupAsync(Path.Combine(folder, "none", "hub.backup"))), StringComparison.Ordinal);

        var rows = await RowsAsync(hub.Hub);
        Assert.Contains("overwrites nothing", await RefusedAsync(backup.RestoreAsync(file)), StringComparison.Ordinal);
        Assert.Equal(rows, await RowsAsync(hub.Hub));
        await using var empty = On(await EmptyAsync(provider));
        Assert.Contains("nothing to back up", await RefusedAsync(new BackupCommand(empty.GetRequiredService<IDbContextFactory<HubDb>>(), Settings()).BackupAsync(other + "2")), StringComparison.Ordinal);
        Assert.False(File.Exists(other + "2.part"));
    }

    [Theory, Databases]
    public async Task A_file_that_is_no_whole_backup_is_told_and_changes_nothing(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var file = Path.Combine(folder, "hub.backup");
        await new BackupCommand(hub.Hub, Settings()).BackupAsync(file);
        var bytes = await File.ReadAllBytesAsync(file);
        var settings = await EmptyAsync(provider);
        await using var fresh = On(settings);
        var empty = fresh.GetRequiredService<IDbContextFactory<HubDb>>();
        var restore = new BackupCommand(empty, Settings());
        foreach (var (name, content, why) in new (string, byte[], string)[]
        {
            ("cut", bytes[..(bytes.Length / 2)], "damaged"), ("cut at its end", bytes[..^200], "damaged"), ("of the other kind", provider == "Sqlite" ? [.. "PGDMP"u8, .. bytes] : [.. "SQLite format 3\0"u8, .. bytes], "Storage:Provider"),
            ("a text", [.. "A text, and no backup of anything."u8], "no backup"), ("empty", [], "no backup"),
        })
        {
            var broken = Path.Combine(folder, name);
            await File.WriteAllBytesAsync(broken, content);
            Assert.Contains(why, await RefusedAsync(restore.RestoreAsync(broken)), StringComparison.Ordinal);
        }
        Assert.Contains("There is no file", await RefusedAsync(restore.RestoreAsync(Path.Combine(folder, "nowhere"))), StringComparison.Ordinal);
        await restore.RestoreAsync(file);
        Assert.Equal(await RowsAsync(hub.Hub), await RowsAsync(empty));
    }

    [Fact]
    public async Task A_journal_that_was_left_behind_is_not_applied_to_what_is_restored()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var file = Path.Combine(folder, "hub.backup");
        await new BackupCommand(hub.Hub, Settings()).BackupAsync(file);
        var settings = await EmptyAsync("Sqlite");
        await using var empty = On(settings);
        await File.WriteAllTextAsync(Path.Combine(settings[1], "hub.db-wal"), "of another time");
        Assert.Contains("hub.db-wal", await RefusedAsync(new BackupCommand(empty.GetRequiredService<IDbContextFactory<HubDb>>(), Settings()).RestoreAsync(file)), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(settings[1], "hub.db")));
    }

    [Fact]
    public async Task Programs_of_PostgreSQL_that_are_missing_or_too_old_are_told()
    {
        await using var hub = await TestHub.StartAsync("PostgreSQL");
        Assert.Contains("Storage:PostgresBin", await RefusedAsync(new BackupCommand(hub.Hub, Settings("/nowhere/at/all")).BackupAsync(Path.Combine(folder, "a"))), StringComparison.Ordinal);
        Assert.Contains("older than the server (99.0)", await RefusedAsync(PostgresBackup.NotOlderAsync(Settings(), "pg_dump", new Version(99, 0))), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public async Task The_password_stands_on_no_command_line()
    {
        await using var hub = await TestHub.StartAsync("PostgreSQL");
        await using var db = await hub.Hub.CreateDbContextAsync();
        string[] settings = ["--Storage:Provider", "PostgreSQL", "--ConnectionStrings:Hub", new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString()) { Password = "quokka" }.ConnectionString];
        var (programs, heard) = (Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName, Path.Combine(folder, "heard"));
        foreach (var program in new[] { "pg_dump", "pg_restore" })
        {
            var script = Path.Combine(programs, program);
            await File.WriteAllTextAsync(script, $"#!/bin/sh\necho \"$0 $* | $PGPASSWORD\" >> '{heard}'\nexec '{Path.Combine(Bin, program)}' \"$@\"\n");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        await using var services = On(settings);
        await new BackupCommand(services.GetRequiredService<IDbContextFactory<HubDb>>(), Settings(programs)).BackupAsync(Path.Combine(folder, "hub.backup"));
        var dump = Assert.Single(await File.ReadAllLinesAsync(heard), l => l.Contains("--snapshot", StringComparison.Ordinal)).Split(" | ");
        Assert.DoesNotContain("quokka", dump[0], StringComparison.Ordinal);
        Assert.Equal("quokka", dump[1]);
    }

    [Fact]
    public async Task A_database_that_orders_otherwise_is_not_restored_into()
    {
        await using var hub = await TestHub.StartAsync("PostgreSQL");
        var file = Path.Combine(folder, "hub.backup");
        await new BackupCommand(hub.Hub, Settings()).BackupAsync(file);
        await using var services = On(["--Storage:Provider", "PostgreSQL", "--ConnectionStrings:Hub", await Postgres.MadeAsync("LOCALE_PROVIDER icu ICU_LOCALE 'en-GB' LOCALE 'C.UTF-8'", databases)]);
        Assert.Contains("byte by byte", await RefusedAsync(new BackupCommand(services.GetRequiredService<IDbContextFactory<HubDb>>(), Settings()).RestoreAsync(file)), StringComparison.Ordinal);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        foreach (var database in databases) await TestHub.PostgresDropAsync(database);
        Directory.Delete(folder, recursive: true);
    }

    private static string Bin => Environment.GetEnvironmentVariable("HUB_TEST_POSTGRES_BIN")!;

    private static IConfiguration Settings(string? bin = null) => new ConfigurationBuilder().AddInMemoryCollection([new("Storage:PostgresBin", bin ?? Bin)]).Build();

    /// <summary>Settings of a hub without a database yet (SQLite: the folder comes second).</summary>
    private async Task<string[]> EmptyAsync(string provider)
    {
        if (provider == "Sqlite") return ["--Storage:Folder", Path.Combine(folder, Guid.NewGuid().ToString("N"))];
        databases.Add(await TestHub.PostgresEmptyAsync("backup_" + Guid.NewGuid().ToString("N")));
        return ["--Storage:Provider", "PostgreSQL", "--ConnectionStrings:Hub", databases[^1], "--Storage:PostgresBin", Bin];
    }

    private static ServiceProvider On(string[] settings) =>
        new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddHubStorage(new ConfigurationBuilder().AddCommandLine(settings).Build()).BuildServiceProvider();

    private static async Task<string> RefusedAsync(Task asked) => (await Assert.ThrowsAsync<UpkeepException>(() => asked)).Message;

    /// <summary>What signs sessions, with the keys of that database.</summary>
    private static IDataProtector Protector(IDbContextFactory<HubDb> hub)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton(hub);
        services.AddHubKeys(new ConfigurationBuilder().Build());
        return services.BuildServiceProvider().GetRequiredService<IDataProtectionProvider>().CreateProtector("session");
    }

    /// <summary>Every row of every table, as text, in order.</summary>
    private static async Task<SortedDictionary<string, List<string>>> RowsAsync(IDbContextFactory<HubDb> hub)
    {
        await using var db = await hub.CreateDbContextAsync();
        var connection = await OpenAsync(db);
        var rows = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var table in db.Model.GetRelationalModel().Tables)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT {string.Join(", ", table.Columns.Select(c => $"\"{c.Name}\""))} FROM \"{table.Name}\"";
            await using var reader = await command.ExecuteReaderAsync();
            var all = rows[table.Name] = [];
            while (await reader.ReadAsync()) all.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] b ? Convert.ToHexString(b) : $"{reader.GetValue(i)}")));
            all.Sort(StringComparer.Ordinal);
        }
        return rows;
    }

    private static async Task<DbConnection> OpenAsync(HubDb db)
    {
        await db.Database.OpenConnectionAsync();
        return db.Database.GetDbConnection();
    }
}

/// <summary>Databases that an administrator made otherwise than the hub does.</summary>
internal static class Postgres
{
    /// <summary>A connection string for a new database made with these options; it is added to those to be dropped.</summary>
    public static async Task<string> MadeAsync(string options, List<string> made)
    {
        // Beside a database that is there, whose connection string is the new one's but for the name.
        var beside = await TestHub.PostgresEmptyAsync("beside_" + Guid.NewGuid().ToString("N"));
        made.Add(beside);
        var name = "made_" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(beside);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE \"{name}\" TEMPLATE template0 {options}", connection);
        await command.ExecuteNonQueryAsync();
        made.Add(new NpgsqlConnectionStringBuilder(beside) { Database = name }.ConnectionString);
        return made[^1];
    }
}
