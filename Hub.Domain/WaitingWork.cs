namespace Hub.Domain;

/// <summary>Work that stands in the database and that any node may take up. Each kind that is registered is measured.</summary>
public interface IWaitingWork
{
    /// <summary>What it is, in one lower-case word: <c>runs</c>.</summary>
    string Kind { get; }

    /// <summary>What could be taken up now, on all nodes together.</summary>
    [SystemWork]
    Task<WaitingWork> WaitingAsync(CancellationToken ct = default);
}

/// <summary>How much work is due, and since when the oldest of it has been; null when none is.</summary>
public sealed record WaitingWork(int Due, DateTime? Since);
