using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web.Upkeep;

/// <summary>What cannot be backed up or restored; the message says why and what to do, and is all that is printed.</summary>
internal sealed class UpkeepException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// <c>backup FILE</c> and <c>restore FILE</c>: all of the database, in its own format, as it stood at one moment. A backup may be made while
/// the hub runs; a restore goes into an empty database. What they print is for the administrator who runs them.
/// </summary>
internal sealed class BackupCommand(IDbContextFactory<HubDb> hub, IConfiguration settings)
{
    public static async Task<int> RunAsync(WebApplication app, string verb, string file)
    {
        var command = new BackupCommand(app.Services.GetRequiredService<IDbContextFactory<HubDb>>(), app.Configuration);
        try
        {
            Console.WriteLine(await (verb == "backup" ? command.BackupAsync(file) : command.RestoreAsync(file)));
            return 0;
        }
        catch (Exception e) when (e is UpkeepException or DbException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e is UpkeepException ? e.Message : Check.Reason(e));
            return 2;
        }
    }

    /// <summary>Writes the backup under the file's name and <c>.part</c>, reads it all again, and gives it its name when it is whole: what was done, in words.</summary>
    /// <exception cref="UpkeepException">There is such a file, or no hub; or what was written is not whole.</exception>
    public async Task<string> BackupAsync(string file)
    {
        var (to, part, started) = (Path.GetFullPath(file), Path.GetFullPath(file) + ".part", Stopwatch.GetTimestamp());
        if (File.Exists(to)) throw new UpkeepException($"{to} is there already, and a backup overwrites nothing: choose another name.");
        if (!Directory.Exists(Path.GetDirectoryName(to))) throw new UpkeepException($"There is no folder {Path.GetDirectoryName(to)}.");
        if (File.Exists(part)) throw new UpkeepException($"{part} is there: a backup is being written, or one was broken off. When none runs, delete it.");
        await using var db = await hub.CreateDbContextAsync();
        await HasHubAsync(db);
        // Everything is in it, keys too: for the account that wrote it alone.
        await new FileStream(part, New()).DisposeAsync();
        try
        {
            var contents = db is SqliteHubDb ? await SqliteBackup.WriteAsync(db, part) : await PostgresBackup.WriteAsync(db, settings, part);
            await using (var written = new FileStream(part, FileMode.Open, FileAccess.ReadWrite)) written.Flush(flushToDisk: true);
            File.Move(part, to, overwrite: false);
            return $"{to} holds the hub: {contents}; {Size(to)}, {Took(started)}.";
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Brings a backup into the empty database that the settings name: what was done, in words.</summary>
    /// <exception cref="UpkeepException">The file is no whole backup of this kind of database, or the database is not empty: nothing was changed.</exception>
    public async Task<string> RestoreAsync(string file)
    {
        var (from, started) = (Path.GetFullPath(file), Stopwatch.GetTimestamp());
        if (!File.Exists(from)) throw new UpkeepException($"There is no file {from}.");
        await using var db = await hub.CreateDbContextAsync();
        Fits(from, db is SqliteHubDb);
        if (db is SqliteHubDb) await SqliteBackup.ReadAsync(db, from, New());
        else await PostgresBackup.ReadAsync(db, settings, from);
        await HubStorage.KeepAuditAsync(db);
        var pending = (await db.Database.GetPendingMigrationsAsync()).Count();
        await db.Database.OpenConnectionAsync();
        var contents = await ContentsAsync(db.Database.GetDbConnection());
        return $"Restored from {from}: {contents}; {Took(started)}."
            + (pending == 0 ? " Run \"check\", then start the hub." : $" Its schema is older than this build by {pending} migrations: run \"migrate\", then \"check\", then start the hub.");
    }

    /// <summary>The counts by which one knows a backup again.</summary>
    internal static async Task<string> ContentsAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = """SELECT (SELECT count(*) FROM "People"), (SELECT count(*) FROM "Messages"), (SELECT count(*) FROM "Articles"), (SELECT count(*) FROM "AuditEntries")""";
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return $"{row.GetInt64(0)} people, {row.GetInt64(1)} messages, {row.GetInt64(2)} articles, {row.GetInt64(3)} audit rows";
    }

    private static async Task HasHubAsync(HubDb db)
    {
        var there = (db is not SqliteHubDb || File.Exists(DatabaseCheck.SqliteFile(db))) && (await db.Database.GetAppliedMigrationsAsync()).Any();
        if (!there) throw new UpkeepException("The database that the settings name holds no hub: there is nothing to back up.");
    }

    private static void Fits(string file, bool sqlite)
    {
        var first = new byte[16];
        using (var stream = File.OpenRead(file)) _ = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        var (ofSqlite, ofPostgres) = (first.AsSpan().SequenceEqual("SQLite format 3\0"u8), first.AsSpan().StartsWith("PGDMP"u8));
        if (!ofSqlite && !ofPostgres) throw new UpkeepException($"{file} is no backup of a hub.");
        if (ofSqlite != sqlite) throw new UpkeepException($"{file} is a backup of {(ofSqlite ? "SQLite" : "PostgreSQL")}, and Storage:Provider names the other: a backup goes back into the kind of database it came from.");
    }

    private static FileStreamOptions New()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private static string Size(string file) => string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(file).Length / 1_000_000.0:0.0} MB");

    private static string Took(long started) => string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
}
