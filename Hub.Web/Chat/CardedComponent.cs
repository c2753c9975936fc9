using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.Search;
using Hub.Web.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>
/// Shows messages with cards of what they link to, as the viewer sees them, live. The cards of a page of messages are read in one call; what they show is watched once
/// for each topic, and read again when it has changed. Messages without links cost nothing.
/// </summary>
public abstract class CardedComponent : LiveComponent
{
    // Events of one's own topic, and of the conversation, with which something may come into sight.
    private static readonly string[] Opening = ["conversation-joined", "meeting-invited", "message-shown"];

    private readonly Dictionary<Topic, IDisposable> watches = [];
    // What the shown messages link to; null for what is not there for the viewer.
    private readonly Dictionary<LinkTarget, LinkCard?> known = [];
    private TimeZoneInfo zone = LocalTime.Zone;
    private bool asked, gone;

    [Inject] private CardService Cards { get; set; } = null!;
    [Inject] private CardRows CardRows { get; set; } = null!;
    [Inject] private LivePage Watching { get; set; } = null!;
    [Inject] private LiveBus Versions { get; set; } = null!;
    [Inject] private PageScripts Modules { get; set; } = null!;

    /// <summary>What is shown now.</summary>
    protected abstract IEnumerable<MessageRow> Shown { get; }

    /// <summary>Puts a row in the place of the same message's.</summary>
    protected abstract void Put(MessageRow row);

    /// <summary>The row with the cards that are known.</summary>
    protected MessageRow Carded(MessageRow row)
    {
        if (row.Message.Links.Count == 0) return row;
        var cards = row.Message.Links.Select(t => known.GetValueOrDefault(t)).OfType<LinkCard>().Select(c => CardRows.Of(c, zone)).ToList();
        return row with { Cards = cards.Count == 0 ? null : cards };
    }

    /// <summary>Reads the cards of these messages, which are all that will be shown, and forgets the others.</summary>
    protected async Task UnfoldAsync(IEnumerable<MessageRecord> messages)
    {
        var wanted = messages.SelectMany(m => m.Links).ToHashSet();
        foreach (var other in known.Keys.Where(t => !wanted.Contains(t)).ToList()) known.Remove(other);
        var lacking = wanted.Where(t => known.GetValueOrDefault(t) is null).ToList();
        if (lacking.Count > 0) await ReadAsync(lacking);
        foreach (var topic in watches.Keys.Where(t => !Of(t).Any()).ToList())
            if (watches.Remove(topic, out var watch)) watch.Dispose();
        if (RendererInfo.IsInteractive && known.Count > 0) await WatchAsync();
    }

    /// <summary>Reads what messages that came or were changed link to; it is drawn once that is known.</summary>
    protected void Unfold(params IEnumerable<MessageRecord> messages)
    {
        if (!messages.All(m => m.Links.All(known.ContainsKey))) Again();
    }

    /// <summary>After an event of one's own topic or of the conversation: what was hidden may be in sight now.</summary>
    protected void LookAgain(LiveEvent e)
    {
        if (Opening.Contains(e.Name) && known.ContainsValue(null)) Again();
    }

    public override void Dispose()
    {
        gone = true;
        foreach (var watch in watches.Values) watch.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Again() => _ = InvokeAsync(async () =>
    {
        await UnfoldAsync(Shown.Select(r => r.Message));
        Redraw(known.Keys);
        Refresh();
    });

    private async Task ReadAsync(List<LinkTarget> targets)
    {
        var found = await Cards.ShowAsync(Actor, targets);
        foreach (var target in targets) known[target] = found.GetValueOrDefault(target);
        if (asked || !RendererInfo.IsInteractive || !found.Values.Any(c => c.Kind == CardKind.Meeting)) return;
        asked = true;
        _ = InvokeAsync(AskZoneAsync);
    }

    // Shown in the hub's own zone until the browser has told the reader's.
    private async Task AskZoneAsync()
    {
        await using var script = Modules.Of("/Chat/MessageList.razor.js");
        if (await script.CallAsync<string>("zone") is not { } id || !TimeZoneInfo.TryFindSystemTimeZoneById(id, out var own) || own.Id == zone.Id || gone) return;
        zone = own;
        Redraw(known.Keys);
        Refresh();
    }

    private async Task WatchAsync()
    {
        var topics = known.Values.OfType<LinkCard>().Select(TopicOf).OfType<Topic>().Distinct().Where(t => !watches.ContainsKey(t)).ToList();
        foreach (var kind in topics.GroupBy(t => t.Kind, StringComparer.Ordinal))
        {
            var followings = kind.ToDictionary(t => t.Id, t => new Following(() => LoadAsync(t), e => !Concerns(e), () => Hide(t)));
            foreach (var (id, follow) in await Watching.FollowAsync(Actor, kind.Key, followings, Refresh, InvokeAsync))
            {
                if (!gone && watches.TryAdd(new Topic(kind.Key, id), follow)) await followings[id].LoadAsync();
                else follow.Dispose();
            }
        }
    }

    // They were read just before: only what has moved since then is read again.
    private async Task<long> LoadAsync(Topic topic)
    {
        var cards = Of(topic).ToList();
        if (Versions.LatestVersion(topic) is { } latest && cards.All(c => c.Version == latest)) return latest;
        var targets = cards.ConvertAll(c => new LinkTarget(c.Kind, c.Id));
        await ReadAsync(targets);
        Redraw(targets);
        var now = Of(topic).ToList();
        return now.Count > 0 ? now.Min(c => c.Version) : Versions.LatestVersion(topic) ?? 0;
    }

    // In a conversation much happens that no card shows.
    private bool Concerns(LiveEvent e) => e.Topic.Kind != Topic.Conversation(Guid.Empty).Kind || e.Payload is ConversationChanged or MessagesRemoved
        || (e.Payload is MessageRecord m && known.ContainsKey(new LinkTarget(CardKind.Message, m.Id)));

    // No longer in the viewer's sight: nothing is left of it.
    private void Hide(Topic topic)
    {
        var targets = Of(topic).Select(c => new LinkTarget(c.Kind, c.Id)).ToList();
        foreach (var target in targets) known[target] = null;
        if (watches.Remove(topic, out var watch)) watch.Dispose();
        Redraw(targets);
    }

    private void Redraw(IReadOnlyCollection<LinkTarget> targets)
    {
        foreach (var row in Shown.Where(r => r.Message.Links.Any(targets.Contains)).ToList()) Put(Carded(row));
    }

    private IEnumerable<LinkCard> Of(Topic topic) => known.Values.OfType<LinkCard>().Where(c => TopicOf(c) == topic);

    private static Topic? TopicOf(LinkCard card) => card.Kind switch
    {
        CardKind.Message => Topic.Conversation(card.PlaceId!.Value),
        CardKind.Article => Topic.Article(card.Id),
        CardKind.Run => Topic.Run(card.Id),
        CardKind.Meeting => Topic.Meeting(card.Id),
        // Neither a fix nor what is shown of a person has a topic; presence is its mark's own.
        _ => null,
    };
}
