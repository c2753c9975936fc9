using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Hub.Domain.Storage;

/// <summary>Tells a database that does not answer from a question that it refuses.</summary>
public static class StorageAway
{
    private const int SqliteBusy = 5, SqliteLocked = 6;

    /// <summary>
    /// True if the database is away, ends, starts, has no connection left or was in somebody else's hands for too long: the same again may
    /// go well. Whether a commit that failed so is stored is not known.
    /// </summary>
    public static bool Is(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
            // Of a connection that broke between two commands Npgsql says that its transaction is completed, which nothing here does before its last command.
            if (failure is DbException { IsTransient: true } or SqliteException { SqliteErrorCode: SqliteBusy or SqliteLocked } or InvalidOperationException { Source: "Npgsql" }) return true;
        return false;
    }
}
