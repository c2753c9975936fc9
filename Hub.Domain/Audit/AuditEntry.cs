namespace Hub.Domain.Audit;

/// <summary>Who did what, when. Rows are only ever added: <c>HubDb</c> refuses to change or delete one, and so does the database.</summary>
public sealed class AuditEntry
{
    public Guid Id { get; set; }
    public DateTime At { get; set; }
    /// <summary>The person; null for the hub's own work.</summary>
    public Guid? PersonId { get; set; }
    /// <summary>For example <c>sign-in</c>, <c>role.grant</c>, <c>article.publish</c>, <c>fix.action</c>, <c>message.delete</c>.</summary>
    public required string Action { get; set; }
    public string SubjectKind { get; set; } = "";
    public Guid? SubjectId { get; set; }
    /// <summary>A few plain words or values; never the content of a private conversation.</summary>
    public string Detail { get; set; } = "";
    public string? Address { get; set; }
}
