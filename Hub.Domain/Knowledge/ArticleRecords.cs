using Hub.Domain.Live;
using Hub.Domain.People;

namespace Hub.Domain.Knowledge;

/// <summary>A line of the list, and a card. Draft: true if this is the viewer's to work on and nothing of it is published.</summary>
public sealed record ArticleRow(Guid Id, string Title, string Summary, string Owner, string Organisation, string? Service, DateTime? PublishedAt, bool Draft, long Version);

/// <summary>A person, body or service by name.</summary>
public sealed record ArticleParty(Guid Id, string Name);

/// <summary>One entry of an audience, with its name.</summary>
public sealed record ArticleReader(AudienceKind Kind, Guid Id, string Name);

/// <summary>The working text, for those who may edit: newer than what is published.</summary>
public sealed record ArticleDraft(int Number, string Title, string Body, DateTime SavedAt, string SavedBy);

/// <summary>
/// An article as one viewer sees it: the published text, or the working text while nothing is published.
/// <paramref name="Draft"/> is what is newer than that, and only editors have it; nor does <paramref name="Audience"/> name units,
/// groups and people of other bodies to anybody else.
/// </summary>
public sealed record ArticleView(
    Guid Id, string Title, string Body, string Html, ArticleParty Owner, ArticleParty Organisation, ArticleParty? Service, IReadOnlyList<ArticleReader> Audience,
    int? PublishedNumber, DateTime? PublishedAt, string? PublishedBy, int Helpful, int NotHelpful, long Version, bool MayEdit, bool MayPublish, ArticleDraft? Draft)
{
    /// <summary>What it is after the event, or null when that needs a load: texts do not travel in events.</summary>
    public ArticleView? Apply(LiveEvent e) => e.Payload switch
    {
        ArticleTally t => this with { Helpful = t.Helpful, NotHelpful = t.NotHelpful, Version = e.Version },
        // Readers do not see working texts; for them a save is a number, and the service, which does not wait for a publication.
        ArticleSaved s when !MayEdit && PublishedNumber is not null => this with { Service = s.Service, Version = e.Version },
        _ => null,
    };
}

/// <summary>One version in the history; readers see published ones only.</summary>
public sealed record ArticleVersionRow(int Number, string Title, DateTime SavedAt, string SavedBy, DateTime? PublishedAt, bool Current);

/// <summary>One version with its text.</summary>
public sealed record ArticleVersionText(int Number, string Title, string Body, string Html, DateTime SavedAt, string SavedBy, DateTime? PublishedAt);

/// <summary>A service that articles belong to, and how many the viewer can read.</summary>
public sealed record ArticleShelf(string Slug, string Name, string Category, int Count);

/// <summary>What stands on the shelves for a viewer. <paramref name="Bodies"/> are those whose articles reach them: topics <c>articles:{body}</c>.</summary>
public sealed record ArticleShelves(IReadOnlyList<ArticleShelf> Services, int Published, int Drafts, IReadOnlyList<Guid> Bodies, bool MayPublish);

/// <summary>What the list is asked for: one service by its short name or all; published articles or drafts.</summary>
public sealed record ArticleQuery(string? Service = null, bool Drafts = false, string? After = null, int Limit = 50);

/// <summary>A draft to write. The audience is the writer's own body when none is given. Service: short name of the service it belongs to.</summary>
public sealed record NewArticle(string? Title, string? Body, string? Service = null, IReadOnlyList<AudienceEntry>? Audience = null);

/// <summary>Text to keep. <paramref name="Version"/> is the article's when the edit began. Service: short name of the service; null leaves it, "" takes it away.</summary>
public sealed record ArticleEdit(string? Title, string? Body, long? Version, string? Service = null);

/// <summary>Event <c>article-saved</c>: there is a newer working text, or another service. Readers watch too, so it holds nothing of the text.</summary>
public sealed record ArticleSaved(Guid Id, int Number, ArticleParty? Service) : ILivePayload;

/// <summary>Event <c>article-published</c>.</summary>
public sealed record ArticlePublished(Guid Id, int Number, string Title, DateTime PublishedAt) : ILivePayload;

/// <summary>Event <c>article-feedback</c>: answers to the published version.</summary>
public sealed record ArticleTally(Guid Id, int Number, int Helpful, int NotHelpful) : ILivePayload;

/// <summary>Event <c>article-answered</c> of one's own topic: I answered, here or on another device.</summary>
public sealed record ArticleAnswered(Guid Id, int Number) : ILivePayload;

/// <summary>Event <c>article-audience</c>: who may read it changed.</summary>
public sealed record ArticleAudience(Guid Id) : ILivePayload;

/// <summary>One's own answer.</summary>
public sealed record MyFeedback(int Number, bool Helpful, string Reason);

/// <summary>Event <c>shelf-changed</c> of a body's list of articles: load it again.</summary>
public sealed record ShelfChanged : ILivePayload;
