using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hub.Domain.Storage;

/// <summary>
/// SQLite compiles a statement each time it is run, which costs as much as running it: here a connection stays open as long as its context is kept, and a query that it has
/// compiled is used again for the same text.
/// </summary>
internal sealed class KeptStatements : DbCommandInterceptor, IDbConnectionInterceptor, IDisposable
{
    // Texts differ by the number of values in a list alone: more than these come only from those.
    private const int Most = 300;

    private readonly ConcurrentDictionary<DbConnection, Dictionary<string, SqliteCommand>> kept = new();

    /// <summary>From now on the context leaves its connection open, until this is disposed.</summary>
    public void Keep(DbContext db)
    {
        var own = db.Database.GetDbConnection();
        if (kept.ContainsKey(own)) return;
        // A context closes what is its own with each use.
        var connection = new SqliteConnection(own.ConnectionString);
        db.Database.SetDbConnection(connection, contextOwnsConnection: false);
        kept[connection] = [];
    }

    public override InterceptionResult<DbCommand> CommandCreating(CommandCorrelatedEventData eventData, InterceptionResult<DbCommand> result) =>
        kept.TryGetValue(eventData.Connection, out var statements) ? InterceptionResult<DbCommand>.SuppressWithResult(new Command((SqliteConnection)eventData.Connection, statements)) : result;

    public InterceptionResult ConnectionClosing(DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
        kept.ContainsKey(connection) ? InterceptionResult.Suppress() : result;

    public ValueTask<InterceptionResult> ConnectionClosingAsync(DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
        ValueTask.FromResult(ConnectionClosing(connection, eventData, result));

    public void Dispose()
    {
        foreach (var connection in kept.Keys) connection.Dispose();
    }

    /// <summary>Runs as the kept command of the same text, with its own values.</summary>
    private sealed class Command : SqliteCommand
    {
        private readonly Dictionary<string, SqliteCommand> kept;
        private SqliteCommand? running;
        private SqliteDataReader? reader;

        public Command(SqliteConnection connection, Dictionary<string, SqliteCommand> kept)
        {
            Connection = connection;
            this.kept = kept;
        }

        public override SqliteDataReader ExecuteReader(CommandBehavior behavior)
        {
            GiveBack();
            var text = CommandText;
            // Whoever else runs this text on the connection now compiles it for themselves.
            if (!kept.Remove(text, out var command)) command = new SqliteCommand(text, Connection);
            try
            {
                command.Transaction = Transaction;
                command.CommandTimeout = CommandTimeout;
                foreach (SqliteParameter value in Parameters) command.Parameters.Add(value);
                reader = command.ExecuteReader(behavior);
                running = command;
                return reader;
            }
            catch
            {
                command.Dispose();
                throw;
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) GiveBack();
            base.Dispose(disposing);
        }

        private void GiveBack()
        {
            if (running is not { } command) return;
            running = null;
            command.Transaction = null;
            command.Parameters.Clear();
            if (reader!.IsClosed && kept.Count < Most && DatabaseTimes.Operation(command.CommandText) == "SELECT" && kept.TryAdd(command.CommandText, command)) return;
            command.Dispose();
        }
    }
}
