namespace Hub.Domain.Storage;

/// <summary>
/// Work that must happen at a time: a row first, claimed by one node with a lease (<see cref="DueWorker"/>), whose database effect stands or falls
/// with the row. Recurring work is one row that comes again.
/// </summary>
public sealed class DueWork
{
    public Guid Id { get; set; }
    /// <summary>Which <see cref="IDueWork"/> does it.</summary>
    public required string Kind { get; set; }
    /// <summary>What it is about; unique within the kind, so that the same is not asked for twice. Empty for recurring work.</summary>
    public required string Key { get; set; }
    /// <summary>What the handler needs, JSON.</summary>
    public string Body { get; set; } = "";
    public DateTime CreatedAt { get; set; }
    /// <summary>When it was to be done. Tries and leases do not move it: how long work waits is counted from here.</summary>
    public DateTime WantedAt { get; set; }
    /// <summary>When a node may take it up: at first <see cref="WantedAt"/>, then the end of the lease or of the pause after a failure.</summary>
    public DateTime DueAt { get; set; }
    /// <summary>How often it was taken up since it was wanted.</summary>
    public int Attempts { get; set; }
    /// <summary>The claim that holds it until <see cref="DueAt"/>; a new id each time, so that an earlier holder knows that it lost it.</summary>
    public Guid? Holder { get; set; }
    /// <summary>Type of the last failure (<c>TimeoutException</c>), never its message: that may name people.</summary>
    public string? LastError { get; set; }
    /// <summary>When it was given up; it stays until an administrator has it tried again.</summary>
    public DateTime? DeadAt { get; set; }
}

/// <summary>A piece of due work as its handler sees it.</summary>
/// <param name="Id">The same in every try: what the outside is given as its idempotency key.</param>
/// <param name="Key">What it is about.</param>
/// <param name="Body">JSON.</param>
/// <param name="Attempt">1, 2, 3 …</param>
public sealed record DueItem(Guid Id, string Key, string Body, int Attempt);

/// <summary>Does the due work of one kind. What it throws is a failure, tried again later.</summary>
public interface IDueWork
{
    /// <summary><c>{room}.{work}</c>, at most 60 characters; never changed, rows carry it.</summary>
    string Kind { get; }

    /// <summary>Null for work that somebody asks for (<see cref="DueWorks.Due"/>); else how long after each success it comes again.</summary>
    TimeSpan? Every => null;

    /// <summary>How many a node does at once.</summary>
    int AtOnce => 4;

    /// <summary>
    /// What is asked of the outside: before, and not in, the transaction, which would keep writers waiting for a slow answer. Happens at least
    /// once: give <see cref="DueItem.Id"/> along.
    /// </summary>
    Task SendAsync(DueItem item, CancellationToken ct) => Task.CompletedTask;

    /// <summary>What changes in the database: exactly once, in the transaction that ends the row. Nothing of the outside belongs here.</summary>
    Task StoreAsync(HubDb db, DueItem item, CancellationToken ct);
}

/// <summary>What a handler throws when the outside is busy and says when to come again: the next try waits for so long, or for its usual pause if that is longer.</summary>
public sealed class TryLaterException : Exception
{
    public TryLaterException(string message, TimeSpan after) : base(message) => After = after;

    public TryLaterException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public TryLaterException(string message) : base(message)
    {
    }

    public TryLaterException()
    {
    }

    /// <summary>Until the next try at the earliest.</summary>
    public TimeSpan After { get; }
}

/// <summary>How a room asks for work.</summary>
public static class DueWorks
{
    /// <summary>Adds it in the caller's transaction; the caller saves. The same kind and key while it still stands is an error of the database.</summary>
    /// <param name="at">When, UTC.</param>
    /// <param name="body">JSON.</param>
    public static DueWork Due(this HubDb db, TimeProvider clock, string kind, string key, DateTime at, string body = "") =>
        db.DueWork.Add(new DueWork { Id = clock.NewId(), Kind = kind, Key = key, Body = body, CreatedAt = clock.Now(), WantedAt = at, DueAt = at }).Entity;
}
