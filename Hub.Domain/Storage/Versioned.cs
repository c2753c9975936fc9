using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Storage;

/// <summary>A watched thing: its version goes up by exactly one in the transaction of each change (DESIGN "Commit, then publish").</summary>
public interface IVersioned
{
    Guid Id { get; }
    long Version { get; set; }
}

public static class Versions
{
    /// <summary>
    /// Advances the version and gives the new one. Inside the caller's transaction: the row stays locked until it commits,
    /// so versions are gapless and in commit order.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no transaction, or no such row.</exception>
    public static async Task<long> AdvanceAsync<T>(this HubDb db, Guid id, CancellationToken ct = default) where T : class, IVersioned
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("A version advances in a transaction.");
        var rows = db.Set<T>().Where(x => x.Id == id);
        if (await rows.ExecuteUpdateAsync(s => s.SetProperty(x => x.Version, x => x.Version + 1), ct) != 1)
            throw new InvalidOperationException($"No {typeof(T).Name} {id}.");
        return await rows.Select(x => x.Version).SingleAsync(ct);
    }
}
