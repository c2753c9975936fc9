using System.Diagnostics;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Hub.Bench.Messages;

/// <summary>A hub's services on a SQLite folder of its own: 50 people in 30 of 40 channels each, half of those private, and the messages of <see cref="HistoryRows"/>, of which everybody has the last few unread.</summary>
internal sealed class History : IAsyncDisposable
{
    private ServiceProvider services;
    private readonly List<Actor> people = [];
    private readonly List<Guid> rooms = [];

    private History(ServiceProvider services) => this.services = services;

    public HistoryRows Rows { get; private set; } = null!;

    /// <summary>How long it took to make.</summary>
    public TimeSpan Took { get; private set; }

    public static async Task<History> MakeAsync(string folder, int messages)
    {
        var began = Stopwatch.GetTimestamp();
        var history = new History(PostBench.Services(folder));
        var file = Path.Combine(folder, "hub.db");
        await HubStorage.MigrateAsync(history.Get<IDbContextFactory<HubDb>>());
        await history.FillAsync(messages);
        // Whoever loads is alone with the file.
        await history.services.DisposeAsync();
        SqliteConnection.ClearAllPools();
        history.services = PostBench.Services(folder);
        var hub = history.Get<IDbContextFactory<HubDb>>();
        await using (var db = await hub.CreateDbContextAsync()) history.Rows.Load(file, db);
        await HubStorage.MigrateAsync(hub);
        await history.CountAsync(hub);
        using (var written = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)) RandomAccess.FlushToDisk(written);
        // Memory that loading took is the file's again.
        GC.Collect();
        history.Took = Stopwatch.GetElapsedTime(began);
        return history;
    }

    public T Get<T>() where T : notnull => services.GetRequiredService<T>();

    /// <summary>Somebody, and the place of a room that they are in.</summary>
    public static (int Person, int Room) Someone(Random random)
    {
        while (true)
            if ((random.Next(HistoryRows.People), random.Next(HistoryRows.Rooms)) is var (person, room) && HistoryRows.In(person, room)) return (person, room);
    }

    public Actor Person(int place) => people[place];

    public Guid Room(int place) => rooms[place];

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private async Task FillAsync(int messages)
    {
        var (directory, chat) = (Get<DirectoryService>(), Get<ChatService>());
        var body = await directory.AddOrganisationAsync("Bench", "bench.example");
        var authors = new List<Author>();
        for (var i = 0; i < HistoryRows.People; i++)
        {
            people.Add(new(await directory.AddPersonAsync(new NewPerson(body, $"Person {i}", $"p{i}@bench.example", "Constable"))));
            authors.Add(new Author(people[i].PersonId, $"Person {i}"));
        }
        for (var room = 0; room < HistoryRows.Rooms; room++)
        {
            List<Guid> members = [.. people.Where((_, i) => HistoryRows.In(i, room)).Select(p => p.PersonId)];
            IReadOnlyList<ChannelAudience> audience = room % 2 == 0 ? [ChannelAudience.OwnBody] : [];
            rooms.Add((await chat.CreateChannelAsync(new Actor(members[0]), new NewChannel($"room {room}", Audience: audience, People: members))).Value.Id);
        }
        Rows = new HistoryRows(authors, rooms, messages, TimeProvider.System.Now());
    }

    // What the services would have counted.
    private async Task CountAsync(IDbContextFactory<HubDb> hub)
    {
        await using var db = await hub.CreateDbContextAsync();
        var latest = Rows.Total / HistoryRows.Rooms;
        foreach (var room in await db.Conversations.ToListAsync())
        {
            (room.LatestSequence, room.ThreadMessages) = (latest, HistoryRows.InThreads(latest));
            room.LatestAt = Rows.PostedAt(Rows.Total - HistoryRows.Rooms + rooms.IndexOf(room.Id));
            room.Version += latest + HistoryRows.Replied(latest);
        }
        foreach (var member in await db.ConversationMembers.ToListAsync())
        {
            member.ReadSequence = latest - (people.FindIndex(p => p.PersonId == member.PersonId) * 7 + rooms.IndexOf(member.ConversationId) * 3) % 30;
            member.ReadThreadMessages = HistoryRows.InThreads(member.ReadSequence);
        }
        await db.SaveChangesAsync();
    }
}
