using System.Data.Common;
using System.Runtime.CompilerServices;
using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Hub.Web.Upkeep;

/// <summary>The database: whether it answers, is one that the hub can stand on, and has this build's schema.</summary>
internal static class DatabaseCheck
{
    // CREATE OR REPLACE TRIGGER, which keeps the audit, came with 14.
    private const int OldestPostgres = 14;
    private const string Migrate = "run this program once with the word \"migrate\"";

    /// <summary>What an administrator types to make a database that orders as the hub wants.</summary>
    public const string CreateDatabase = "CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'";

    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var storage = at.Storage();
        await using var db = await storage.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync(ct);
        if (db is SqliteHubDb && !File.Exists(SqliteFile(db)))
        {
            yield return NotYet(at, "database", $"There is no {SqliteFile(db)} yet: {Migrate}.");
            yield break;
        }
        var connection = db.Database.GetDbConnection();
        if (await NotOpenAsync(at, connection, ct) is { } not)
        {
            yield return not;
            yield break;
        }
        if (connection is NpgsqlConnection postgres)
        {
            yield return Version(postgres.PostgreSqlVersion, $"at {postgres.Host}:{postgres.Port}, database {postgres.Database}, answers.");
            yield return Encoding(await ScalarAsync(connection, "SHOW server_encoding", ct));
            yield return await OrderAsync(postgres, ct);
        }
        else
        {
            yield return Finding.Ok("database", $"{SqliteFile(db)} opens.");
            yield return Journal(await ScalarAsync(connection, "PRAGMA journal_mode", ct));
        }
        var (known, applied) = (db.Database.GetMigrations().ToList(), (await db.Database.GetAppliedMigrationsAsync(ct)).ToList());
        yield return Schema(at, known, applied);
        if (!known.Except(applied).Any()) yield return await AuditAsync(db, ct);
    }

    /// <summary>SQLite alone: reads the whole file, as long as there is time.</summary>
    public static async IAsyncEnumerable<Finding> IntegrityAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var storage = at.Storage();
        await using var db = await storage.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync(ct);
        if (db is SqliteHubDb && File.Exists(SqliteFile(db))) yield return Whole(SqliteFile(db), ct);
    }

    internal static Finding Version(Version server, string answers) => server.Major >= OldestPostgres
        ? Finding.Ok("database", $"PostgreSQL {server} {answers}")
        : Finding.Wrong("database", $"PostgreSQL {server} is too old: the hub needs {OldestPostgres} or newer.");

    internal static Finding Schema(Looking at, IReadOnlyList<string> known, IReadOnlyList<string> applied)
    {
        var (pending, unknown) = (known.Except(applied).ToList(), applied.Except(known).ToList());
        if (pending.Count > 0) return NotYet(at, "schema", $"It lacks {pending.Count} migrations, first {pending[0]}: {Migrate}.");
        return unknown.Count == 0 ? Finding.Ok("schema", $"It is this build's ({applied.Count} migrations).")
            : Finding.Warn("schema", $"A newer build has brought it up ({unknown.Count} migrations unknown here, last {unknown[^1]}). This build starts on it; that is for the time of an upgrade: bring this node up as well.");
    }

    /// <summary>Null when text is ordered byte by byte, as the model wants it and SQLite does.</summary>
    internal static async Task<string?> OrdersOtherwiseAsync(NpgsqlConnection connection, CancellationToken ct = default)
    {
        var ordered = await ScalarAsync(connection, "SELECT string_agg(t, ' ' ORDER BY t) FROM (VALUES ('a'), ('B'), ('_'), ('é'), ('z'), ('-b')) AS v(t)", ct);
        return ordered == "-b B _ a z é" ? null : $"It orders text as {ordered}, not byte by byte: lists and search go wrong. Make one with {CreateDatabase}, and move the data with \"backup\" and \"restore\".";
    }

    private static async Task<Finding> OrderAsync(NpgsqlConnection connection, CancellationToken ct) =>
        await OrdersOtherwiseAsync(connection, ct) is { } other ? Finding.Wrong("order of text", other) : Finding.Ok("order of text", "Byte by byte, as the hub wants it.");

    private static Finding Encoding(string encoding) => encoding == "UTF8"
        ? Finding.Ok("encoding", "UTF8.")
        : Finding.Wrong("encoding", $"It is {encoding}; the hub needs UTF8. Make the database with {CreateDatabase}.");

    private static Finding Journal(string mode) => mode == "wal"
        ? Finding.Ok("journal", "Write-ahead: readers do not wait for writers.")
        : Finding.Wrong("journal", $"It is \"{mode}\", so readers and writers wait for each other: {Migrate}, which sets it.");

    private static async Task<Finding> AuditAsync(HubDb db, CancellationToken ct)
    {
        var stand = await ScalarAsync(db.Database.GetDbConnection(), db is SqliteHubDb
            ? "SELECT count(*) = 3 FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'AuditEntries_kept_%'"
            : "SELECT (count(*) = 1)::int FROM pg_trigger WHERE tgname = 'AuditEntries_kept' AND tgrelid = to_regclass('\"AuditEntries\"') AND tgenabled <> 'D'", ct);
        return stand == "1" ? Finding.Ok("audit", "The database refuses to change or delete its rows.")
            : Finding.Wrong("audit", $"Its rows can be changed, since the triggers that refuse it are gone: {Migrate}, which makes them, and ask who took them away.");
    }

    private static Finding Whole(string file, CancellationToken ct)
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 1 }.ToString());
            connection.Open();
            using var stop = ct.Register(() => SQLitePCL.raw.sqlite3_interrupt(connection.Handle!));
            return QuickCheck(connection) is { } damage ? Finding.Wrong("integrity", $"{file} is damaged: {damage}. Stop the hub, keep a copy of the file, and restore the last backup.")
                : Finding.Ok("integrity", $"{file} is whole ({new FileInfo(file).Length / 1_000_000.0:0.0} MB).");
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_INTERRUPT)
        {
            return Finding.Warn("integrity", $"{file} is too large to be read in {CheckCommand.Limit.TotalSeconds:0} s ({new FileInfo(file).Length / 1_000_000.0:0} MB); \"backup\" reads it all.");
        }
        catch (SqliteException e)
        {
            return Finding.Wrong("integrity", $"{file} cannot be read: {Check.Reason(e)} Stop the hub, keep a copy of the file, and restore the last backup.");
        }
    }

    /// <summary>What SQLite says of a file that is not whole; null of one that is.</summary>
    internal static string? QuickCheck(SqliteConnection connection)
    {
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA quick_check(1)";
            var said = (string?)command.ExecuteScalar();
            return said == "ok" ? null : said?.ReplaceLineEndings(" ") ?? "it holds nothing";
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            return Check.Reason(e).TrimEnd('.');
        }
    }

    internal static string SqliteFile(HubDb db) => new SqliteConnectionStringBuilder(db.Database.GetConnectionString()).DataSource;

    internal static async Task<string> ScalarAsync(DbConnection connection, string sql, CancellationToken ct = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(await command.ExecuteScalarAsync(ct), System.Globalization.CultureInfo.InvariantCulture) ?? "";
    }

    private static async Task<Finding?> NotOpenAsync(Looking at, DbConnection connection, CancellationToken ct)
    {
        try
        {
            await connection.OpenAsync(ct);
            return null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            return NotYet(at, "database", $"There is no database {connection.Database} yet: make it with {CreateDatabase}, then {Migrate}.");
        }
        catch (DbException e)
        {
            return Finding.Wrong("database", $"It does not answer: {Check.Reason(e)}");
        }
    }

    // In Development the hub brings its schema up by itself.
    private static Finding NotYet(Looking at, string what, string said) => at.Development ? Finding.Warn(what, $"{said} In Development the start does it.") : Finding.Wrong(what, said);
}
