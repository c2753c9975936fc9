using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using SQLitePCL;

namespace Hub.Bench.Messages;

/// <summary>
/// The messages of a history, each worked out from its number: in turn one of each room, over five years, of words as frequent as in speech (the n-th most frequent 1/n as often as the first).
/// Of fifty in a room one has a thread of three replies, the last of them to the room too, and three have a reaction.
/// </summary>
/// <param name="people">Everybody, with their names.</param>
/// <param name="rooms">The conversations.</param>
/// <param name="total">How many messages.</param>
/// <param name="until">When the last one is posted.</param>
internal sealed class HistoryRows(IReadOnlyList<Author> people, IReadOnlyList<Guid> rooms, int total, DateTime until)
{
    public const int People = 50, Rooms = 40, Words = 5000;

    /// <summary>Messages of all rooms until threads and reactions begin again.</summary>
    public const int Cycle = InRoom * Rooms;

    private const int InRoom = 50, Root = 10, Replies = 3;
    private const string Thumb = "👍";

    private static readonly string[] Vocabulary = MakeVocabulary();
    private static readonly double[] Reach = MakeReach();

    private readonly long step = TimeSpan.FromDays(5 * 365).Ticks / total;
    private readonly List<string> reacted = [.. people.Select(p => JsonSerializer.Serialize(new List<ReactionCount> { new(Thumb, 1, [p]) }))];
    private Guid[] ids = [];

    public int Total => total;

    /// <summary>The word that is in this place by frequency, 0 for the most frequent.</summary>
    public static string Word(int place) => Vocabulary[place];

    /// <summary>True if somebody is in a room: in three of four.</summary>
    public static bool In(int person, int room) => (person + room) % 4 != 0;

    /// <summary>Who posted a message.</summary>
    public static int Sender(int number) => Member(number % Rooms, Mix(~(ulong)number));

    /// <summary>How many messages of a room up to a sequence stand in threads alone.</summary>
    public static long InThreads(long sequence) => sequence / InRoom * (Replies - 1) + Math.Clamp(sequence % InRoom - Root, 0, Replies - 1);

    /// <summary>How many replies a room has up to a sequence.</summary>
    public static long Replied(long sequence) => sequence / InRoom * Replies + Math.Clamp(sequence % InRoom - Root, 0, Replies);

    /// <summary>What a message says: three to seven words.</summary>
    public static string Text(int number)
    {
        var seed = Mix((ulong)number);
        var words = new string[3 + (int)(seed % 5)];
        for (var i = 0; i < words.Length; i++)
        {
            seed = Mix(seed);
            var place = Array.BinarySearch(Reach, (seed >> 11) / (double)(1ul << 53));
            words[i] = Vocabulary[Math.Min(place < 0 ? ~place : place, Words - 1)];
        }
        return string.Join(' ', words);
    }

    /// <summary>When a message was posted.</summary>
    public DateTime PostedAt(int number) => until.AddTicks(-step * (total - 1 - number)).ToMilliseconds();

    /// <summary>
    /// Puts all of them into a file of the hub's schema which nobody else has open, with what finds them, what people answered and who follows the threads. Nothing is written safely, secondary indexes are
    /// made at the end, and what finds messages goes in in the order of its key.
    /// </summary>
    public void Load(string file, HubDb db)
    {
        using var into = new SqliteConnection(new SqliteConnectionStringBuilder(HubStorage.SqliteConnectionString(file)) { Pooling = false }.ToString());
        into.Open();
        if (Read(into, "PRAGMA journal_mode=OFF") is not [["off"]]) throw new InvalidOperationException($"{file} is open elsewhere.");
        Execute(into, "PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-500000;");
        ids = new Guid[total];
        for (var n = 0; n < total; n++) ids[n] = Moment.NewId(PostedAt(n), 0);
        Execute(into, "BEGIN");
        LoadTerms(into);
        Execute(into, "COMMIT");
        var indexes = Read(into, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'Messages' AND sql IS NOT NULL");
        foreach (var index in indexes) Execute(into, $"DROP INDEX \"{index[0]}\"");
        Execute(into, "BEGIN");
        LoadMessages(into, db);
        Execute(into, "COMMIT");
        foreach (var index in indexes) Execute(into, index[1]);
        ids = [];
    }

    private static int Member(int room, ulong seed)
    {
        var person = (int)(seed % People);
        while (!In(person, room)) person = (person + 1) % People;
        return person;
    }

    private Message Made(int number)
    {
        var (room, sequence) = (number % Rooms, number / Rooms + 1);
        var (place, text, at) = (sequence % InRoom, Text(number), PostedAt(number));
        var (root, replies, reactions) = (place > Root && place <= Root + Replies, place == Root ? Replies : 0, place % 20 == 5 ? 1 : 0);
        return new Message
        {
            Id = ids[number], ConversationId = rooms[room], Sequence = sequence, SenderId = people[Sender(number)].Id, ClientMessageId = Guid.NewGuid(), Text = text, Html = $"<p>{text}</p>", PostedAt = at, Version = 1,
            ThreadId = root ? ids[number - (place - Root) * Rooms] : null, AlsoToConversation = place == Root + Replies, ThreadMessages = InThreads(sequence),
            Replies = replies, LastReplyAt = replies > 0 ? PostedAt(number + replies * Rooms) : null,
            Reactions = reactions > 0 ? reacted[Reacting(number)] : "", Revision = replies + reactions, Indexed = replies + reactions,
        };
    }

    private static int Reacting(int number) => Member(number % Rooms, Mix((ulong)number ^ 0xFFFF_FFFF_0000));

    private void LoadTerms(SqliteConnection into)
    {
        var found = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var n = 0; n < total; n++)
            foreach (var term in MessageIndex.Of(Made(n))) (CollectionsMarshal.GetValueRefOrAddDefault(found, term, out _) ??= []).Add(n);
        var places = rooms.Select(r => Encoding.ASCII.GetBytes(r.ToString().ToUpperInvariant())).ToList();
        Done(raw.sqlite3_prepare_v2(into.Handle, "INSERT INTO \"MessageTerms\" (\"Term\", \"MessageId\", \"ConversationId\") VALUES (?, ?, ?)", out var insert));
        using var prepared = insert;
        Span<byte> id = stackalloc byte[36];
        foreach (var term in found.Keys.Order(StringComparer.Ordinal))
        {
            Done(raw.sqlite3_bind_text(insert, 1, Encoding.UTF8.GetBytes(term)));
            // Numbers are in the order of ids.
            foreach (var n in found[term])
            {
                ids[n].TryFormat(id, out _);
                Ascii.ToUpperInPlace(id, out _);
                Done(raw.sqlite3_bind_text(insert, 2, id));
                Done(raw.sqlite3_bind_text(insert, 3, places[n % Rooms]));
                Done(raw.sqlite3_step(insert));
                Done(raw.sqlite3_reset(insert));
            }
            found.Remove(term);
        }
    }

    private void LoadMessages(SqliteConnection into, HubDb db)
    {
        using var messages = new Rows<Message>(into, db);
        using var reactions = new Rows<Reaction>(into, db);
        using var followers = new Rows<ThreadFollow>(into, db);
        for (var n = 0; n < total; n++)
        {
            var message = Made(n);
            messages.Add(message);
            if (message.Reactions.Length > 0) reactions.Add(new Reaction { MessageId = message.Id, PersonId = people[Reacting(n)].Id, Emoji = Thumb, At = message.PostedAt });
            if (message.Replies == 0) continue;
            // Its author from the first reply on, and whoever replied.
            var follows = new Dictionary<int, ThreadFollow>();
            for (var reply = 0; reply <= Replies; reply++)
            {
                var number = n + reply * Rooms;
                if (!follows.TryGetValue(Sender(number), out var follow))
                    follows.Add(Sender(number), follow = new ThreadFollow { ThreadId = message.Id, PersonId = people[Sender(number)].Id, FollowedAt = PostedAt(n + Math.Max(1, reply) * Rooms) });
                follow.ReadSequence = message.Sequence + reply;
            }
            foreach (var follow in follows.Values) followers.Add(follow);
        }
    }

    private static ulong Mix(ulong x)
    {
        x += 0x9E37_79B9_7F4A_7C15;
        x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9;
        x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB;
        return x ^ (x >> 31);
    }

    // None of them has an ending that search takes off.
    private static string[] MakeVocabulary()
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        for (var seed = Mix(1); words.Count < Words; seed = Mix(seed))
            words.Add(new string(["bdfghklmnprtvw"[(int)(seed % 14)], "aeiou"[(int)(seed / 14 % 5)], "bdfghklmnprtvw"[(int)(seed / 70 % 14)], "aeiou"[(int)(seed / 980 % 5)], "klmnprt"[(int)(seed / 4900 % 7)]]));
        return [.. words];
    }

    private static double[] MakeReach()
    {
        var (reach, all) = (new double[Words], 0.0);
        for (var i = 0; i < Words; i++) reach[i] = all += 1.0 / (i + 1);
        for (var i = 0; i < Words; i++) reach[i] /= all;
        return reach;
    }

    private static void Done(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE)) throw new InvalidOperationException(raw.sqlite3_errstr(code).utf8_to_string());
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        (command.CommandText, command.CommandTimeout) = (sql, 0);
        command.ExecuteNonQuery();
    }

    private static List<string[]> Read(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string[]>();
        while (reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)!)]);
        return rows;
    }

    /// <summary>Inserts what an entity says, in the columns and as the values that the hub's model has for it.</summary>
    private sealed class Rows<T> : IDisposable where T : class
    {
        private readonly SqliteCommand insert;
        private readonly List<(PropertyInfo Of, ValueConverter? As, SqliteParameter To)> columns = [];

        public Rows(SqliteConnection into, HubDb db)
        {
            var type = db.Model.FindEntityType(typeof(T))!;
            insert = into.CreateCommand();
            foreach (var property in type.GetProperties())
                columns.Add((property.PropertyInfo!, property.GetTypeMapping().Converter, insert.Parameters.Add(new SqliteParameter($"${property.GetColumnName()}", DBNull.Value))));
            insert.CommandText = $"INSERT INTO \"{type.GetTableName()}\" ({string.Join(", ", type.GetProperties().Select(p => $"\"{p.GetColumnName()}\""))}) VALUES ({string.Join(", ", columns.Select(c => c.To.ParameterName))})";
        }

        public void Add(T row)
        {
            foreach (var (of, to, parameter) in columns) parameter.Value = of.GetValue(row) is { } value ? to is null ? value : to.ConvertToProvider(value) : DBNull.Value;
            insert.ExecuteNonQuery();
        }

        public void Dispose() => insert.Dispose();
    }
}
