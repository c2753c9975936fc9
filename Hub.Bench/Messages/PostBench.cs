using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Hub.Bench.Circuits;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Hub.Bench.Messages;

/// <summary>
/// What a durable post costs beside the bare insertion of its rows: the hub's services on a SQLite file with synchronous=FULL, and then the same rows, with the same
/// indexes, inserted by hand in transactions of the sizes that the hub had formed.
/// </summary>
internal static class PostBench
{
    private const int Conversations = 200, People = 50, Writers = 64;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    public static async Task<Report> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("hub-bench-posts-").FullName;
        try
        {
            var (figures, limits) = (new Dictionary<string, double>(StringComparer.Ordinal), new Dictionary<string, double>(StringComparer.Ordinal));
            var (file, copy) = (Path.Combine(folder, "hub.db"), Path.Combine(folder, "bare.db"));
            await using var services = Services(folder);
            await HubStorage.MigrateAsync(services.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<HubDb>>());
            var (people, rooms) = await FillAsync(services);
            await using (var from = await OpenAsync(file))
            await using (var to = await OpenAsync(copy)) from.BackupDatabase(to);

            using var measured = new Measured();
            await PostAsync(services, people, rooms, TimeSpan.FromSeconds(3));
            measured.Clear();
            // What came before belongs to no measured batch.
            var first = await OneAsync(file, "SELECT COALESCE(MAX(rowid), 0) FROM \"Messages\"");
            var (posts, took) = await PostAsync(services, people, rooms, Time);
            figures["posts/s"] = posts / took.TotalSeconds;
            int[] batches = [.. measured.Batches];
            figures["messages in a transaction, on average"] = batches.Average();
            var (rows, by) = await InsertAsync(file, copy, first, batches);
            limits["posts/s"] = rows / by.TotalSeconds;

            measured.Clear();
            var delays = new ConcurrentBag<double>();
            using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20)))
            {
                var sends = new List<Task>();
                for (var i = 0; i < 500 && await timer.WaitForNextTickAsync(); i++)
                {
                    var number = i;
                    sends.Add(Task.Run(async () =>
                    {
                        var began = Stopwatch.GetTimestamp();
                        await SayAsync(services, people, rooms, number);
                        delays.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    }));
                }
                await Task.WhenAll(sends);
            }
            figures["p50 ms of a post at 50 posts/s"] = CircuitBenches.Percentile(delays, 0.5);
            figures["p99 ms of a post at 50 posts/s"] = CircuitBenches.Percentile(delays, 0.99);
            figures["p50 ms of its commit"] = CircuitBenches.Percentile(measured.Commits, 0.5);
            // The promise is an amount: no more than a millisecond.
            limits["p50 ms of its commit"] = 1;
            return new Report("posts", figures, limits, new Dictionary<string, double>(StringComparer.Ordinal) { ["posts/s"] = -0.25, ["p50 ms of its commit"] = 1 }) { Columns = ("the hub", "bare inserts, or what is allowed") };
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static ServiceProvider Services(string folder)
    {
        var services = new ServiceCollection().AddLogging(l => l.SetMinimumLevel(LogLevel.Warning)).AddSingleton(TimeProvider.System);
        services.AddHubStorage(new ConfigurationBuilder().AddInMemoryCollection([new("Storage:Folder", folder)]).Build());
        services.AddHubRooms();
        return services.BuildServiceProvider();
    }

    private static async Task<(List<Actor> People, List<Guid> Rooms)> FillAsync(ServiceProvider services)
    {
        var (directory, chat) = (services.GetRequiredService<DirectoryService>(), services.GetRequiredService<ChatService>());
        var body = await directory.AddOrganisationAsync("Bench", "bench.example");
        var (people, rooms) = (new List<Actor>(), new List<Guid>());
        for (var i = 0; i < People; i++) people.Add(new(await directory.AddPersonAsync(new NewPerson(body, $"Person {i}", $"p{i}@bench.example", "Constable"))));
        for (var i = 0; i < Conversations; i++)
        {
            rooms.Add((await chat.CreateChannelAsync(people[i % People], new NewChannel($"room {i}"))).Value.Id);
            for (var other = 1; other < 10; other++) await chat.JoinAsync(people[(i + other) % People], rooms[^1]);
        }
        return (people, rooms);
    }

    private static async Task<(int Posts, TimeSpan Took)> PostAsync(ServiceProvider services, List<Actor> people, List<Guid> rooms, TimeSpan time)
    {
        var (began, posts) = (Stopwatch.GetTimestamp(), 0);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(began) < time) await SayAsync(services, people, rooms, Interlocked.Increment(ref posts));
        })));
        return (posts, Stopwatch.GetElapsedTime(began));
    }

    private static async Task SayAsync(ServiceProvider services, List<Actor> people, List<Guid> rooms, int number)
    {
        var room = number % rooms.Count;
        var said = await services.GetRequiredService<MessageService>().PostAsync(people[(room + number / rooms.Count % 10) % People], rooms[room], Guid.NewGuid(), $"The van at bay {number} needs a new battery before the night shift");
        if (!said.Ok) throw new InvalidOperationException(said.Refusal!.Code);
    }

    // Prepared once: the messages, what finds them, and the counters of their conversation, in transactions of those sizes.
    private static async Task<(int Rows, TimeSpan Took)> InsertAsync(string from, string to, long first, int[] batches)
    {
        await using var source = await OpenAsync(from);
        await using var target = await OpenAsync(to);
        await ExecuteAsync(target, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;");
        var messages = await ReadAsync(source, $"SELECT * FROM \"Messages\" WHERE rowid > {first} ORDER BY rowid");
        var terms = (await ReadAsync(source, $"SELECT t.* FROM \"MessageTerms\" t JOIN \"Messages\" m ON m.\"Id\" = t.\"MessageId\" WHERE m.rowid > {first}"))
            .ToLookup(t => (string)t[1]);
        await using var message = Insert(target, "Messages", messages[0].Length);
        await using var term = Insert(target, "MessageTerms", 3);
        await using var counted = target.CreateCommand();
        counted.CommandText = "UPDATE \"Conversations\" SET \"Version\" = \"Version\" + 1, \"LatestSequence\" = \"LatestSequence\" + 1, \"LatestAt\" = $at WHERE \"Id\" = $id";
        var (at, id) = (counted.Parameters.Add("$at", SqliteType.Text), counted.Parameters.Add("$id", SqliteType.Text));
        var columns = await NamesAsync(source, "Messages");
        var (key, place, posted) = (columns.IndexOf("Id"), columns.IndexOf("ConversationId"), columns.IndexOf("PostedAt"));
        var began = Stopwatch.GetTimestamp();
        var done = 0;
        foreach (var size in batches)
        {
            await using var tx = (SqliteTransaction)await target.BeginTransactionAsync();
            (message.Transaction, term.Transaction, counted.Transaction) = (tx, tx, tx);
            for (var end = Math.Min(done + size, messages.Count); done < end; done++)
            {
                Run(message, messages[done]);
                foreach (var found in terms[(string)messages[done][key]]) Run(term, found);
                (at.Value, id.Value) = (messages[done][posted], messages[done][place]);
                counted.ExecuteNonQuery();
            }
            await tx.CommitAsync();
        }
        return (done, Stopwatch.GetElapsedTime(began));
    }

    private static void Run(SqliteCommand command, object[] values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Insert(SqliteConnection target, string table, int columns)
    {
        var command = target.CreateCommand();
        command.CommandText = $"INSERT INTO \"{table}\" VALUES ({string.Join(", ", Enumerable.Range(0, columns).Select(i => $"$p{i}"))})";
        for (var i = 0; i < columns; i++) command.Parameters.Add(new SqliteParameter($"$p{i}", DBNull.Value));
        return command;
    }

    private static async Task<List<object[]>> ReadAsync(SqliteConnection source, string sql)
    {
        await using var command = source.CreateCommand();
        command.CommandText = sql;
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        var rows = new List<object[]>();
        while (await reader.ReadAsync())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }
        return rows;
    }

    private static async Task<List<string>> NamesAsync(SqliteConnection source, string table) => [.. (await ReadAsync(source, $"PRAGMA table_info(\"{table}\")")).Select(r => (string)r[1])];

    private static async Task<long> OneAsync(string file, string sql)
    {
        await using var connection = await OpenAsync(file);
        return Convert.ToInt64((await ReadAsync(connection, sql))[0][0], CultureInfo.InvariantCulture);
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<SqliteConnection> OpenAsync(string file)
    {
        var connection = new SqliteConnection(HubStorage.SqliteConnectionString(file));
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>What the hub says of itself while it posts.</summary>
    private sealed class Measured : IDisposable
    {
        private readonly MeterListener listener = new();

        public Measured()
        {
            listener.InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name is "hub.chat.post.batch" or "db.client.operation.duration") l.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<int>((_, size, _, _) => Batches.Enqueue(size));
            listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
            {
                foreach (var tag in tags)
                    if (tag is { Key: "db.operation.name", Value: "COMMIT" }) Commits.Add(seconds * 1000);
            });
            listener.Start();
        }

        public ConcurrentQueue<int> Batches { get; } = new();

        public ConcurrentBag<double> Commits { get; } = [];

        public void Clear()
        {
            Batches.Clear();
            Commits.Clear();
        }

        public void Dispose() => listener.Dispose();
    }
}
