using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hub.Domain.Storage;

/// <summary>
/// Measures every command and commit, alike on both databases, as <c>db.client.operation.duration</c> (OpenTelemetry's conventions for database
/// clients): until the database has answered, without the reading of rows. Inside a trace it is a span as well. Of the command only its first word
/// is told, of an error only its code: text and parameters hold what people wrote.
/// </summary>
internal sealed class DatabaseTimes(Telemetry telemetry, string system) : IDbCommandInterceptor, IDbTransactionInterceptor
{
    private static readonly string[] Operations = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    private readonly Histogram<double> seconds = telemetry.Seconds("db.client.operation.duration", "How long the database or Redis took to answer");

    public DbDataReader ReaderExecuted(DbCommand command, CommandExecutedEventData eventData, DbDataReader result)
    {
        Ran(command, eventData);
        return result;
    }

    public ValueTask<DbDataReader> ReaderExecutedAsync(DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
    {
        Ran(command, eventData);
        return ValueTask.FromResult(result);
    }

    public object? ScalarExecuted(DbCommand command, CommandExecutedEventData eventData, object? result)
    {
        Ran(command, eventData);
        return result;
    }

    public ValueTask<object?> ScalarExecutedAsync(DbCommand command, CommandExecutedEventData eventData, object? result, CancellationToken cancellationToken = default)
    {
        Ran(command, eventData);
        return ValueTask.FromResult(result);
    }

    public int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        Ran(command, eventData);
        return result;
    }

    public ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Ran(command, eventData);
        return ValueTask.FromResult(result);
    }

    public void CommandFailed(DbCommand command, CommandErrorEventData eventData) => Ran(command, eventData, eventData.Exception);

    public Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Ran(command, eventData, eventData.Exception);
        return Task.CompletedTask;
    }

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Took("COMMIT", eventData.StartTime, eventData.Duration, null);

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Took("COMMIT", eventData.StartTime, eventData.Duration, null);
        return Task.CompletedTask;
    }

    public void TransactionFailed(DbTransaction transaction, TransactionErrorEventData eventData) => Failed(eventData);

    public Task TransactionFailedAsync(DbTransaction transaction, TransactionErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Failed(eventData);
        return Task.CompletedTask;
    }

    /// <summary>The command's first word, if it is one of those that the hub uses for its rows; comments before it do not count.</summary>
    internal static string Operation(ReadOnlySpan<char> sql)
    {
        sql = sql.TrimStart();
        while (sql.StartsWith("--", StringComparison.Ordinal))
        {
            var end = sql.IndexOf('\n');
            sql = end < 0 ? [] : sql[(end + 1)..].TrimStart();
        }
        foreach (var operation in Operations)
            if (sql.StartsWith(operation, StringComparison.OrdinalIgnoreCase)) return operation;
        return "OTHER";
    }

    private void Ran(DbCommand command, CommandEndEventData data, Exception? error = null) => Took(Operation(command.CommandText), data.StartTime, data.Duration, error);

    private void Failed(TransactionErrorEventData data)
    {
        if (data.Action == "Commit") Took("COMMIT", data.StartTime, data.Duration, data.Exception);
    }

    private void Took(string operation, DateTimeOffset start, TimeSpan duration, Exception? error)
    {
        var tags = new TagList { { "db.system.name", system }, { "db.operation.name", operation } };
        if (error is not null) tags.Add("error.type", (error as DbException)?.SqlState ?? error.GetType().FullName);
        seconds.Record(duration.TotalSeconds, tags);
        // What the hub does of its own accord every few seconds belongs to no trace and begins none.
        if (Activity.Current is null || telemetry.Traces.StartActivity(operation, ActivityKind.Client, default(ActivityContext), tags, startTime: start) is not { } span) return;
        if (error is not null) span.SetStatus(ActivityStatusCode.Error);
        span.SetEndTime((start + duration).UtcDateTime);
        span.Dispose();
    }
}
