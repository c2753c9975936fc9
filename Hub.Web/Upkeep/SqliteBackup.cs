using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;

namespace Hub.Web.Upkeep;

/// <summary>A hub's SQLite file, copied by SQLite's online backup: one read transaction, during which writers go on.</summary>
internal static class SqliteBackup
{
    /// <summary>Copies the database into an empty file and reads it all again: what is in it.</summary>
    public static async Task<string> WriteAsync(HubDb db, string part)
    {
        await using var to = Open(part);
        await using (var from = Open(DatabaseCheck.SqliteFile(db))) from.BackupDatabase(to);
        // One file that stands by itself, readable where nothing may be written beside it.
        await SetJournalAsync(to, "DELETE");
        if (DatabaseCheck.QuickCheck(to) is { } damage) throw new UpkeepException($"What was written is not whole: {damage}. Run \"check\"; the database itself may be damaged.");
        return await BackupCommand.ContentsAsync(to);
    }

    /// <summary>Puts a backup where the hub's file belongs, when nothing is there.</summary>
    public static async Task ReadAsync(HubDb db, string from, FileStreamOptions how)
    {
        var to = DatabaseCheck.SqliteFile(db);
        // A journal that was left behind would be applied to the restored file.
        if (new[] { to, to + "-wal", to + "-shm", to + "-journal" }.FirstOrDefault(File.Exists) is { } there)
            throw new UpkeepException($"{there} is there, and a restore overwrites nothing: stop the hub, and move hub.db and all files whose names begin with it elsewhere.");
        var part = to + ".part";
        if (File.Exists(part)) throw new UpkeepException($"{part} is there: a restore is under way, or one was broken off. When none runs, delete it.");
        try
        {
            await using (var copy = new FileStream(part, how))
            {
                await using var backup = File.OpenRead(from);
                await backup.CopyToAsync(copy);
            }
            await WholeAsync(part, from);
            await using (var written = new FileStream(part, FileMode.Open, FileAccess.ReadWrite)) written.Flush(flushToDisk: true);
            File.Move(part, to, overwrite: false);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static async Task WholeAsync(string part, string from)
    {
        try
        {
            await using var copy = Open(part);
            if (DatabaseCheck.QuickCheck(copy) is { } damage) throw new UpkeepException($"{from} is damaged: {damage}. Take another backup.");
            // SQLite itself reads a last page that is cut as one that ends in zeros.
            if (await DatabaseCheck.ScalarAsync(copy, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") != $"{new FileInfo(part).Length}")
                throw new UpkeepException($"{from} is damaged: its end is missing. Take another backup.");
            if (await DatabaseCheck.ScalarAsync(copy, "SELECT count(*) FROM sqlite_master WHERE name = '__EFMigrationsHistory'") == "0") throw new UpkeepException($"{from} is no backup of a hub.");
            await SetJournalAsync(copy, "WAL");
        }
        catch (SqliteException e)
        {
            throw new UpkeepException($"{from} is damaged: {Check.Reason(e)} Take another backup.", e);
        }
    }

    private static Task<string> SetJournalAsync(SqliteConnection connection, string mode) => DatabaseCheck.ScalarAsync(connection, $"PRAGMA journal_mode={mode}");

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 30 }.ToString());
        connection.Open();
        return connection;
    }
}
