using System.Diagnostics;
using System.Globalization;
using Hub.Bench.Circuits;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Hub.Bench.Messages;

/// <summary>
/// What depth costs: the same people and conversations with ten thousand messages and with ten million, asked in turn through the services as pages ask them; and what it takes to search ten million.
/// </summary>
internal static class HistoryBench
{
    public const int Few = 10_000, Many = 10_000_000;

    // Blocks of small and large in turn, so that what else the machine does hits both.
    private const int Blocks = 20, InBlock = 20, Questions = 50;

    // Posts to each before anything is measured: a hub in use has in memory where its words were last said.
    private const int Before = 1500;

    // The number is of a message that the asker sees: whoever searches remembers something of it.
    private static readonly (string Name, Func<History, int, Random, string> Ask, bool Finds)[] Asked =
    [
        ("a common word", (_, _, r) => HistoryRows.Word(r.Next(20)), true),
        ("a word", (_, _, r) => HistoryRows.Word(r.Next(100, 1000)), true),
        ("a rare word", (_, _, r) => HistoryRows.Word(r.Next(3000, HistoryRows.Words)), true),
        ("two words", (_, n, r) => Remembered(n, r, 2), true),
        ("three words", (_, n, r) => Remembered(n, r, 3), true),
        ("a word, from:", (_, n, r) => $"{Remembered(n, r, 1)} from:p{HistoryRows.Sender(n)}", true),
        ("a word, in:", (_, n, r) => $"{Remembered(n, r, 1)} in:\"room {n % HistoryRows.Rooms}\"", true),
        ("a word, before:", (h, n, r) => $"{Remembered(n, r, 1)} before:{Day(h, n, 1)}", true),
        ("a word, after: and before:", (h, n, r) => $"{Remembered(n, r, 1)} after:{Day(h, n, -7)} before:{Day(h, n, 7)}", true),
        ("a word, has:reaction", (_, n, r) => $"{Remembered(n, r, 1)} has:reaction", false),
        ("a phrase", (_, n, _) => $"\"{string.Join(' ', HistoryRows.Text(n).Split(' ')[..2])}\"", false),
    ];

    public static async Task<Report> RunAsync(int many)
    {
        var folder = Directory.CreateTempSubdirectory("hub-bench-history-").FullName;
        try
        {
            await using var few = await History.MakeAsync(Path.Combine(folder, "few"), Few);
            await using var deep = await History.MakeAsync(Path.Combine(folder, "many"), Math.Max(1, many / HistoryRows.Cycle) * HistoryRows.Cycle);
            var (figures, limits, bars) = (new Dictionary<string, double>(StringComparer.Ordinal), new Dictionary<string, double>(StringComparer.Ordinal), new Dictionary<string, double>(StringComparer.Ordinal));
            figures["s to make it"] = deep.Took.TotalSeconds;
            foreach (var history in new[] { few, deep })
                for (var (i, random) = (0, new Random(1)); i < Before; i++) await PostAsync(history, random);
            foreach (var (name, act) in new (string, Func<History, Random, Task>)[] { ("opening", OpenAsync), ("opening in the middle", OpenThereAsync), ("posting", PostAsync), ("paging back", BackAsync), ("unread counts", CountAsync) })
            {
                var key = $"p50 ms, {name}";
                (figures[key], limits[key]) = await InTurnAsync(few, deep, act);
                bars[key] = 1.2;
            }
            await SearchAsync(deep, figures);
            (limits["p95 ms, search"], bars["p95 ms, search"]) = (50, 1);
            return new Report("history", figures, limits, bars) { Columns = (many == Many ? "ten million" : $"{many:N0}", "ten thousand, or what is allowed") };
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(double Deep, double Few)> InTurnAsync(History few, History deep, Func<History, Random, Task> act)
    {
        var times = new Dictionary<History, List<double>> { [few] = [], [deep] = [] };
        // The first block warms up.
        for (var block = -1; block < Blocks; block++)
            foreach (var history in block % 2 == 0 ? new[] { few, deep } : [deep, few])
            {
                var random = new Random(block);
                for (var i = 0; i < InBlock; i++)
                {
                    var began = Stopwatch.GetTimestamp();
                    await act(history, random);
                    if (block >= 0) times[history].Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }
            }
        return (CircuitBenches.Percentile(times[deep], 0.5), CircuitBenches.Percentile(times[few], 0.5));
    }

    // The list of one's conversations, the card of one and its newest page.
    private static async Task OpenAsync(History history, Random random)
    {
        var (person, room) = History.Someone(random);
        Holds(await history.Get<ChatService>().ListAsync(history.Person(person), limit: 200), l => l.Items.Count == 30);
        Holds(await history.Get<ChatService>().GetAsync(history.Person(person), history.Room(room)), c => c.Joined);
        Holds(await history.Get<MessageService>().PageAsync(history.Person(person), history.Room(room), shown: true), p => p is { Items.Count: 50, Earlier: true });
    }

    private static async Task PostAsync(History history, Random random)
    {
        var (person, room) = History.Someone(random);
        Holds(await history.Get<MessageService>().PostAsync(history.Person(person), history.Room(room), Guid.NewGuid(), HistoryRows.Text(random.Next())), p => p.New);
    }

    private static async Task BackAsync(History history, Random random)
    {
        var (person, room) = History.Someone(random);
        Holds(await history.Get<MessageService>().PageAsync(history.Person(person), history.Room(room), before: Middle(history, random), shown: true), p => p is { Items.Count: 50, Earlier: true, Later: true });
    }

    // As from a link to a message.
    private static async Task OpenThereAsync(History history, Random random)
    {
        var (person, room) = History.Someone(random);
        Holds(await history.Get<MessageService>().AroundAsync(history.Person(person), history.Room(room), Middle(history, random)), p => p is { Items.Count: 50, Earlier: true, Later: true });
    }

    private static long Middle(History history, Random random) => (long)(history.Rows.Total / HistoryRows.Rooms * (0.4 + 0.2 * random.NextDouble()));

    private static async Task CountAsync(History history, Random random) =>
        Holds(await history.Get<ChatService>().ListAsync(history.Person(History.Someone(random).Person), limit: 200), l => l.Items.Sum(c => c.Unread) > 0);

    private static async Task SearchAsync(History history, Dictionary<string, double> figures)
    {
        // Its index is read once, as far as there is memory for it: what is measured is the search, not the disk.
        await using (var db = await history.Get<IDbContextFactory<HubDb>>().CreateDbContextAsync()) await db.MessageTerms.CountAsync(t => t.ConversationId != Guid.Empty);
        var search = history.Get<MessageSearch>();
        var all = new List<double>();
        foreach (var (name, ask, finds) in Asked)
        {
            var (random, times) = (new Random(name.Length), new List<double>());
            // The first few warm up.
            for (var i = -5; i < Questions; i++)
            {
                var (person, room) = History.Someone(random);
                var number = room + HistoryRows.Rooms * random.Next(history.Rows.Total / HistoryRows.Rooms);
                var question = ask(history, number, random);
                var began = Stopwatch.GetTimestamp();
                var found = await search.FindAsync(history.Person(person), question, TimeZoneInfo.Utc);
                if (i >= 0) times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                Holds(found, f => !finds || f.Items.Count > 0);
            }
            figures[$"p95 ms, {name}"] = CircuitBenches.Percentile(times, 0.95);
            all.AddRange(times);
        }
        figures["p50 ms, search"] = CircuitBenches.Percentile(all, 0.5);
        figures["p95 ms, search"] = CircuitBenches.Percentile(all, 0.95);
    }

    private static string Remembered(int number, Random random, int words) =>
        string.Join(' ', HistoryRows.Text(number).Split(' ').Distinct().OrderBy(_ => random.Next()).Take(words));

    private static string Day(History history, int number, int days) => history.Rows.PostedAt(number).AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static void Holds<T>(Outcome<T> answer, Func<T, bool> what)
    {
        if (!answer.Ok) throw new InvalidOperationException(answer.Refusal!.Code);
        if (!what(answer.Value)) throw new InvalidOperationException($"Not as expected: {answer.Value}");
    }
}
