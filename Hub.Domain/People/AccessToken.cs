namespace Hub.Domain.People;

/// <summary>A personal token for programs. Only its SHA-256 is kept; the token itself is shown once.</summary>
public sealed class AccessToken
{
    public Guid Id { get; set; }
    public Guid PersonId { get; set; }
    public required string Name { get; set; }
    /// <summary>Lower-case hexadecimal SHA-256 of the whole token, <c>hub_</c> included.</summary>
    public required string Hash { get; set; }
    /// <summary>Space-separated scopes; empty means all that the person may do.</summary>
    public string Scopes { get; set; } = "";
    public DateTime CreatedAt { get; set; }
    public DateTime ExpiresAt { get; set; }
    public DateTime? RevokedAt { get; set; }
}
