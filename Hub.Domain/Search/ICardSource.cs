using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Domain.People;
using Hub.Domain.Storage;

namespace Hub.Domain.Search;

/// <summary>What a link within the hub can lead to and a card shows.</summary>
public enum CardKind { Message, Article, Fix, Run, Meeting, Person }

/// <summary>Something of the hub's own that a text links to.</summary>
public sealed record LinkTarget(CardKind Kind, Guid Id)
{
    // None is always the same list: records are compared by value, lists are not.
    public static readonly IReadOnlyList<LinkTarget> None = [];
}

/// <summary>What a link leads to, as one reader sees it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its id.</param>
/// <param name="Url">Its address within the hub.</param>
/// <param name="Title">What it is called; of a message, who wrote it.</param>
public sealed record LinkCard(CardKind Kind, Guid Id, string Url, string Title)
{
    /// <summary>Of a message its first lines, of an article and a fix the summary, of a run how it ended, of a person the job title.</summary>
    public string Text { get; init; } = "";

    /// <summary>Where it belongs: the message's conversation, the service, the meeting's place, the person's unit.</summary>
    public string Place { get; init; } = "";

    /// <summary>Of a message its conversation.</summary>
    public Guid? PlaceId { get; init; }

    /// <summary>Protective marking of the message's conversation, or null.</summary>
    public string? Marking { get; init; }

    /// <summary>Who started the run, who organises the meeting.</summary>
    public string By { get; init; } = "";

    /// <summary>Of an article published or draft; of a run waiting, working, fixed, notFixed or abandoned; of a meeting the reader's own answer (needsAction, accepted, declined, tentative) or cancelled.</summary>
    public string State { get; init; } = "";

    /// <summary>Steps that the fix has, or that the run has taken.</summary>
    public int Steps { get; init; }

    /// <summary>True if a check proved that the run fixed it.</summary>
    public bool Verified { get; init; }

    /// <summary>True if the reader is asked whether they come.</summary>
    public bool MayAnswer { get; init; }

    /// <summary>When the message was posted or the meeting begins; of a series the occurrence that is on or comes next, or the last.</summary>
    public DateTime? StartsAt { get; init; }

    /// <summary>When the meeting ends.</summary>
    public DateTime? EndsAt { get; init; }

    /// <summary>Version of the topic on which its changes are told; 0 where there is none.</summary>
    [JsonIgnore]
    public long Version { get; init; }

    /// <summary>A state as <see cref="State"/> has it.</summary>
    internal static string Word(Enum state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());
}

/// <summary>A room's word on links to what is its own: where they lead, and what a card of it shows to whom.</summary>
public interface ICardSource
{
    CardKind Kind { get; }

    /// <summary>The room, as the scopes of tokens name it.</summary>
    string Room { get; }

    /// <summary>
    /// Which of these addresses within the hub lead to something of this kind, and to what. An id in an address is taken as it stands, since a card is
    /// shown by permission; what must be looked up is looked up among what the viewer sees.
    /// </summary>
    Task<IReadOnlyDictionary<string, Guid>> FindAsync(HubDb db, Viewer viewer, IReadOnlyCollection<string> addresses, CancellationToken ct = default);

    /// <summary>Cards of those that the viewer may see, in any order: as many queries for a hundred as for one.</summary>
    Task<IReadOnlyList<LinkCard>> CardsAsync(HubDb db, Viewer viewer, IReadOnlyCollection<Guid> ids, CancellationToken ct = default);
}
