using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>The directory. The channels that it shows follow what happens to them; which they are was read when it was asked for.</summary>
public sealed partial class BrowsePage : IDisposable
{
    private readonly Dictionary<Guid, IDisposable> follows = [];
    private List<ConversationCard>? channels;
    private (string? Find, string? Sort, string? Show)? asked;
    private string? next, first;
    private bool gone;

    /// <summary>Part of a name or a topic that is looked for.</summary>
    [SupplyParameterFromQuery] public string? Find { get; set; }

    /// <summary><c>size</c>, or nothing for the latest first.</summary>
    [SupplyParameterFromQuery] public string? Sort { get; set; }

    /// <summary><c>archived</c>, or nothing for those that are open.</summary>
    [SupplyParameterFromQuery] public string? Show { get; set; }

    [Inject] private ChatService Conversations { get; set; } = null!;
    [Inject] private ChannelDirectory Directory { get; set; } = null!;
    [Inject] private LiveBus Bus { get; set; } = null!;
    [Inject] private LivePage Page { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;

    private bool BySize => Sort == "size";

    private bool Archived => Show == "archived";

    // What is archived, or said, while the page is open changes its place here too.
    private IEnumerable<ConversationCard> Shown =>
        (channels ?? []).Where(c => c.ArchivedAt is not null == Archived).OrderByDescending(c => BySize ? c.Members : c.LatestAt.Ticks).ThenByDescending(c => c.Id);

    // The server writes into the box once, when it is drawn.
    protected override void OnInitialized() => first = Find;

    protected override async Task OnParametersSetAsync()
    {
        if (asked == (Find, Sort, Show)) return;
        asked = (Find, Sort, Show);
        foreach (var follow in follows.Values) follow.Dispose();
        follows.Clear();
        (channels, next) = (null, null);
        await MoreAsync();
    }

    private async Task MoreAsync()
    {
        var mine = asked;
        var page = await Directory.BrowseAsync(Actor, new ChannelQuery(Find ?? "", BySize ? ChannelOrder.Size : ChannelOrder.Latest, Archived, next));
        if (mine != asked) return;
        next = page.Ok ? page.Value.Next : null;
        var more = page.Ok ? page.Value.Items.ExceptBy((channels ?? []).Select(c => c.Id), c => c.Id).ToList() : new List<ConversationCard>();
        channels = [.. channels ?? [], .. more];
        await FollowAsync(more);
    }

    private async Task FollowAsync(List<ConversationCard> cards)
    {
        if (!RendererInfo.IsInteractive || cards.Count == 0) return;
        var followings = cards.ToDictionary(c => c.Id, c => new Following(() => LoadAsync(c.Id), e => Apply(c.Id, e), () => Forget(c.Id)));
        foreach (var (id, follow) in await Page.FollowAsync(Actor, Topic.Conversation(Guid.Empty).Kind, followings, () => Page.Draw(StateHasChanged), InvokeAsync))
        {
            if (gone || !follows.TryAdd(id, follow)) follow.Dispose();
            else await followings[id].LoadAsync();
        }
    }

    // They were read just before: only what has moved since then is read again.
    private async Task<long> LoadAsync(Guid id)
    {
        if (At(id) is var at and >= 0 && Bus.LatestVersion(Topic.Conversation(id)) == channels![at].Version) return channels[at].Version;
        var card = await Conversations.GetAsync(Actor, id);
        if (card.Ok && At(id) is var now and >= 0) channels![now] = card.Value;
        return card.Ok ? card.Value.Version : 0;
    }

    private bool Apply(Guid id, LiveEvent e)
    {
        // Whether one is in it oneself is read again.
        if (e.Payload is MemberChange c && c.PersonId == Actor.PersonId || e.Payload is MembersAdded m && m.People.Any(p => p.Id == Actor.PersonId)) return false;
        if (At(id) is var at and >= 0) channels![at] = channels[at].After(e, Actor.PersonId);
        return true;
    }

    private int At(Guid id) => channels?.FindIndex(c => c.Id == id) ?? -1;

    private void Forget(Guid id) => channels?.RemoveAll(c => c.Id == id);

    private string Link(string? sort, string? show) => Navigation.GetUriWithQueryParameters("/chat/browse", new Dictionary<string, object?>(StringComparer.Ordinal) { ["find"] = Find, ["sort"] = sort, ["show"] = show });

    private async Task JoinAsync(Guid id)
    {
        await Conversations.JoinAsync(Actor, id);
        Navigation.NavigateTo($"/chat/{id}");
    }

    public void Dispose()
    {
        gone = true;
        Page.Forget(StateHasChanged);
        foreach (var follow in follows.Values) follow.Dispose();
    }
}
