using System.Collections.Concurrent;
using System.Data.Common;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Storage;

/// <summary>
/// What happens just before a certain command reaches the database: what another node does in between, or an error of the
/// database. Also remembers the commands. Give <see cref="AddTo"/> to <see cref="TestHub.StartAsync"/>.
/// </summary>
internal sealed class Interference : DbCommandInterceptor
{
    private readonly ConcurrentQueue<string> commands = new();
    private readonly List<(Func<string, bool> At, Func<Task> Do)> waiting = [];

    /// <summary>SQL of all commands since <see cref="Forget"/>.</summary>
    public IEnumerable<string> Commands => commands;

    public void Forget() => commands.Clear();

    public void AddTo(IServiceCollection services)
    {
        services.ConfigureDbContext<SqliteHubDb>(o => o.AddInterceptors(this));
        services.ConfigureDbContext<PostgresHubDb>(o => o.AddInterceptors(this));
    }

    /// <summary>Before the first command that <paramref name="at"/> picks, and never again.</summary>
    public void Once(Func<string, bool> at, Func<Task> act)
    {
        lock (waiting) waiting.Add((at, act));
    }

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        await MeetAsync(command.CommandText);
        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await MeetAsync(command.CommandText);
        return result;
    }

    private async Task MeetAsync(string sql)
    {
        commands.Enqueue(sql);
        Func<Task>? act = null;
        lock (waiting)
        {
            var i = waiting.FindIndex(w => w.At(sql));
            if (i >= 0)
            {
                act = waiting[i].Do;
                waiting.RemoveAt(i);
            }
        }
        if (act is not null) await act();
    }
}
