using Hub.Domain.People;
using Hub.Domain.ServiceDesk;
using Hub.Domain.Storage;

namespace Hub.Domain.Knowledge;

/// <summary>
/// An answer written down (KCS article). The working text is the newest <see cref="ArticleVersion"/>; readers see the
/// published one, which is copied here so that reading is one row.
/// </summary>
public sealed class Article : IVersioned
{
    public Guid Id { get; set; }
    public Guid OrganisationId { get; set; }
    public Guid OwnerId { get; set; }
    public Person Owner { get; set; } = null!;
    public Guid? ServiceId { get; set; }
    public Service? Service { get; set; }
    public DateTime CreatedAt { get; set; }
    /// <summary>Title of the published version, or of the draft while nothing is published; 1–300 characters.</summary>
    public required string Title { get; set; }
    /// <summary>Plain words for a card: what an import described, or the beginning of the published text; at most 300 characters.</summary>
    public string Summary { get; set; } = "";
    /// <summary>Sanitised HTML of the published version; empty while nothing is published.</summary>
    public string Html { get; set; } = "";
    /// <summary>Number of the newest version.</summary>
    public int LatestNumber { get; set; }
    /// <summary>Number of the version that readers see; null while it is a draft.</summary>
    public int? PublishedNumber { get; set; }
    public DateTime? PublishedAt { get; set; }
    public Guid? PublishedById { get; set; }
    /// <summary>Version of the topic <c>article:{id}</c>, and the token for edits; gapless.</summary>
    public long Version { get; set; }
    /// <summary>The <see cref="Version"/> that the last save of text made: an edit begun at or after it has seen that text, feedback since then does not make it stale.</summary>
    public long TextVersion { get; set; }
    /// <summary>Where an import found it, so that the same folder imports again onto the same articles.</summary>
    public string? SourcePath { get; set; }
    public List<AudienceEntry> Audience { get; set; } = [];
    public List<ArticleVersion> Versions { get; set; } = [];
}

public sealed class ArticleVersion
{
    public Guid ArticleId { get; set; }
    /// <summary>1, 2, 3 …</summary>
    public int Number { get; set; }
    public required string Title { get; set; }
    /// <summary>Markdown as typed.</summary>
    public required string Body { get; set; }
    public DateTime SavedAt { get; set; }
    public Guid SavedById { get; set; }
    public Person SavedBy { get; set; } = null!;
    public DateTime? PublishedAt { get; set; }
    public Guid? PublishedById { get; set; }
}

/// <summary>"Was this helpful": one answer for each reader and published version; a new one replaces the old.</summary>
public sealed class ArticleFeedback
{
    public Guid ArticleId { get; set; }
    public int Number { get; set; }
    public Guid PersonId { get; set; }
    public bool Helpful { get; set; }
    public string Reason { get; set; } = "";
    public DateTime At { get; set; }
}
