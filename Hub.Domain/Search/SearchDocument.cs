namespace Hub.Domain.Search;

/// <summary>What can be found; the names of API.md in lower case.</summary>
public enum SearchKind { Fix, Article, Person, Conversation, Meeting, Service }

/// <summary>One findable thing. Written by the room's service in the transaction of the change.</summary>
public sealed class SearchDocument
{
    /// <summary>Id of the thing itself.</summary>
    public Guid Id { get; set; }
    public SearchKind Kind { get; set; }
    public required string Title { get; set; }
    /// <summary>Plain text, for snippets.</summary>
    public required string Body { get; set; }
    public DateTime ChangedAt { get; set; }
}

/// <summary>That a term stands in a document, and how often.</summary>
public sealed class SearchPosting
{
    public SearchKind Kind { get; set; }
    /// <summary>As <see cref="Terms"/> gives it; at most 64 characters.</summary>
    public required string Term { get; set; }
    public Guid DocumentId { get; set; }
    public int InTitle { get; set; }
    public int InBody { get; set; }
    /// <summary>
    /// Terms of the whole document, rounded to steps of about a fifth: a small edit leaves the rows of the other words as
    /// they are, and ranking needs no second table.
    /// </summary>
    public int Length { get; set; }
}
