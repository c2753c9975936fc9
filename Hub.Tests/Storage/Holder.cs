using System.Data.Common;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Storage;

/// <summary>
/// A node that may be killed at any of its steps with the database: before a command or commit reaches it, or after, when its answer does not come
/// back. From then on nothing of that node reaches the database; what was open is rolled back, as when a connection breaks.
/// </summary>
internal sealed class Holder : DbCommandInterceptor, IDbTransactionInterceptor
{
    private int steps;
    private int last = int.MaxValue;

    public bool Dead => Volatile.Read(ref steps) > last;

    /// <summary>Gives each node of a <see cref="TestHub"/> a holder of its own.</summary>
    public static void AddTo(IServiceCollection services)
    {
        var holder = new Holder();
        services.AddSingleton(holder);
        services.ConfigureDbContext<SqliteHubDb>(o => o.AddInterceptors(holder));
        services.ConfigureDbContext<PostgresHubDb>(o => o.AddInterceptors(holder));
    }

    /// <summary>It is killed at its step <paramref name="number"/> from now on, counted from 0; there are two for each command and commit.</summary>
    public void DiesAt(int number) => (steps, last) = (0, number);

    /// <summary>What it does until it is killed: how its code sees that moment does not matter.</summary>
    public async Task LiveAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception) when (Dead)
        {
            // As far as this node goes.
        }
    }

    /// <summary>One step; the last one throws, and so does each after it.</summary>
    /// <exception cref="KilledException">It is dead.</exception>
    public void Step()
    {
        if (Interlocked.Increment(ref steps) > last) throw new KilledException();
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        Step();
        return new(result);
    }

    public override ValueTask<DbDataReader> ReaderExecutedAsync(DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
    {
        Step();
        return new(result);
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Step();
        return new(result);
    }

    public override ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Step();
        return new(result);
    }

    public ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        Step();
        return new(result);
    }

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Step();
        return Task.CompletedTask;
    }
}

/// <summary>What a killed node's code sees in the moment in which it would be gone.</summary>
internal sealed class KilledException : Exception;
