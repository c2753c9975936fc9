namespace Hub.Domain.Storage;

/// <summary>A Data Protection key: in the database, so that every node reads the same cookies.</summary>
public sealed class ProtectionKey
{
    public Guid Id { get; set; }
    public required string Name { get; set; }
    public required string Xml { get; set; }
}

/// <summary>What was answered to a POST with an Idempotency-Key; kept 24 hours for each person.</summary>
public sealed class IdempotencyRecord
{
    /// <summary>How long an answer is given again.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    public Guid PersonId { get; set; }
    public required string Key { get; set; }
    /// <summary>SHA-256 of method, path and body.</summary>
    public required string RequestHash { get; set; }
    public DateTime CreatedAt { get; set; }
    /// <summary>Null while the first request still runs.</summary>
    public int? Status { get; set; }
    public string ContentType { get; set; } = "";
    public string Location { get; set; } = "";
    public string Body { get; set; } = "";
}
