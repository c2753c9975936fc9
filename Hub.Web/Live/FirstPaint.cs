using System.Security.Cryptography;
using Hub.Domain.Live;
using Hub.Domain.People;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Caching.Memory;

namespace Hub.Web.Live;

/// <summary>
/// A page is loaded twice: for the first paint, and in the circuit that makes it live. What the first paint read is handed to the circuit, and used there if the versions
/// say that nothing has happened since; else, on another node, or too late, it is read again. Used by one page only, on its dispatcher.
/// </summary>
public sealed class FirstPaint(FirstPaints paints, PersistentComponentState state, LiveBus bus)
{
    private const string Ticket = "first-paint";

    private Dictionary<string, Painted>? loaded;
    private long? mine;

    /// <summary>
    /// What <paramref name="load"/> gives, or gave for the first paint. It tells of one's own topic, and of those that <paramref name="versions"/> names; the page follows all of
    /// them before it asks.
    /// </summary>
    /// <param name="actor">Who asks.</param>
    /// <param name="living">True in the circuit.</param>
    /// <param name="name">The same in both, and no other's on the page.</param>
    /// <param name="load">Reads it.</param>
    /// <param name="followed">The version up to which the page knows a topic; null for one that it does not follow, or may not.</param>
    /// <param name="versions">Topics that it tells of, and the version of each up to which it does.</param>
    public async Task<T> LoadAsync<T>(Actor actor, bool living, string name, Func<Task<T>> load, Func<Topic, long?> followed, Func<T, IEnumerable<(Topic Topic, long Version)>>? versions = null)
    {
        if (living) return Take(actor).Remove(name, out var painted) && painted.Versions.All(v => followed(v.Topic) == v.Version) ? (T)painted.Value! : await load();
        var me = Topic.Me(actor.PersonId);
        if (loaded is null)
        {
            loaded = [];
            state.RegisterOnPersisting(() =>
            {
                state.PersistAsJson(Ticket, paints.Keep(actor.PersonId, loaded));
                return Task.CompletedTask;
            }, RenderMode.InteractiveServer);
        }
        // Read before anything else: what happens after that makes the page read again.
        mine ??= await bus.VersionAsync(me);
        var found = await load();
        loaded[name] = new Painted(found, [(me, mine.Value), .. versions?.Invoke(found) ?? []]);
        return found;
    }

    /// <summary>Like <see cref="LoadAsync"/>, for what the page does not follow: it is as old as the first paint.</summary>
    public async Task<T> LoadOnceAsync<T>(Actor actor, bool living, string name, Func<Task<T>> load)
    {
        if (living) return Take(actor).Remove(name, out var painted) ? (T)painted.Value! : await load();
        return await LoadAsync(actor, living, name, load, _ => null);
    }

    private Dictionary<string, Painted> Take(Actor actor) =>
        loaded ??= state.TryTakeFromJson<string>(Ticket, out var ticket) && ticket is not null ? paints.Take(ticket, actor.PersonId) : [];
}

/// <summary>Something that a first paint read, and the versions up to which it tells of its topics.</summary>
public sealed record Painted(object? Value, IReadOnlyList<(Topic Topic, long Version)> Versions);

/// <summary>What first paints read on this node, for the moment until their pages live. Nothing here is not in the database.</summary>
public sealed class FirstPaints : IDisposable
{
    private const int Most = 500;

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(20);

    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = Most, ExpirationScanFrequency = Moment });

    /// <summary>Gives the ticket with which that person's page takes it.</summary>
    public string Keep(Guid person, Dictionary<string, Painted> loaded)
    {
        var ticket = RandomNumberGenerator.GetHexString(32);
        kept.Set(ticket, (person, loaded), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Moment });
        return ticket;
    }

    /// <summary>What was kept, once, and for whose it is; else nothing.</summary>
    public Dictionary<string, Painted> Take(string ticket, Guid person)
    {
        if (!kept.TryGetValue(ticket, out (Guid Person, Dictionary<string, Painted> Loaded) paint) || paint.Person != person) return [];
        kept.Remove(ticket);
        return paint.Loaded;
    }

    public void Dispose() => kept.Dispose();
}
