using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>Shows the conversations one is in, live: one's own topic says which, each conversation's says what is new.</summary>
public abstract class JoinedComponent : LiveComponent
{
    private readonly Dictionary<Guid, LiveWatch?> followed = [];
    private Dictionary<Guid, ConversationCard> mine = [];

    [Inject] private ChatService Conversations { get; set; } = null!;
    [Inject] private LiveBus Bus { get; set; } = null!;

    /// <summary>Latest first.</summary>
    protected IEnumerable<ConversationCard> Mine => mine.Values.OrderByDescending(c => c.LatestAt).ThenByDescending(c => c.Id);

    protected IEnumerable<ConversationCard> Unread => Mine.Where(c => c.Unread > 0);

    protected bool Loaded { get; private set; }

    protected override Task OnInitializedAsync() => FollowAsync(Topic.Me(Actor.PersonId), LoadAsync, ApplyMine);

    private async Task<long> LoadAsync()
    {
        var version = Bus.LatestVersion(Topic.Me(Actor.PersonId)) ?? 0;
        var page = await Conversations.ListAsync(Actor, joined: true, limit: 200);
        mine = page.Ok ? page.Value.Items.ToDictionary(c => c.Id) : [];
        Loaded = true;
        foreach (var gone in followed.Keys.Except(mine.Keys).ToList()) Forget(gone);
        foreach (var id in mine.Keys.ToList()) await FollowOneAsync(id);
        return version;
    }

    private async Task FollowOneAsync(Guid id)
    {
        if (!RendererInfo.IsInteractive || !followed.TryAdd(id, null)) return;
        var watch = await FollowAsync(Topic.Conversation(id), () => VersionAsync(id), e => ApplyOne(id, e));
        if (followed.ContainsKey(id)) followed[id] = watch;
        else Unfollow(watch);
    }

    // The list was loaded just before: only what moved since then is loaded again.
    private async Task<long> VersionAsync(Guid id)
    {
        if (mine.TryGetValue(id, out var card) && Bus.LatestVersion(Topic.Conversation(id)) == card.Version) return card.Version;
        var fresh = await Conversations.GetAsync(Actor, id);
        if (!fresh.Ok || !fresh.Value.Joined) return 0;
        mine[id] = fresh.Value;
        return fresh.Value.Version;
    }

    private bool ApplyMine(LiveEvent e)
    {
        switch (e.Payload)
        {
            case ConversationCard card:
                mine[card.Id] = card;
                _ = InvokeAsync(() => FollowOneAsync(card.Id));
                break;
            case ConversationRead read when mine.TryGetValue(read.Id, out var card):
                mine[read.Id] = card with { ReadSequence = read.Sequence, Unread = card.LatestSequence - read.Sequence };
                break;
            case ConversationLeft left:
                mine.Remove(left.Id);
                Forget(left.Id);
                break;
        }
        return true;
    }

    private bool ApplyOne(Guid id, LiveEvent e)
    {
        if (!mine.TryGetValue(id, out var card)) return true;
        card = card with { Version = e.Version };
        if (e is { Name: "message-posted", Payload: MessageRecord m })
        {
            // Whoever writes has read up to there.
            var read = m.Author.Id == Actor.PersonId ? m.Sequence : card.ReadSequence;
            card = card with { LatestSequence = m.Sequence, LatestAt = m.PostedAt, ReadSequence = read, Unread = m.Sequence - read };
        }
        mine[id] = card;
        return true;
    }

    private void Forget(Guid id)
    {
        if (followed.Remove(id, out var watch)) Unfollow(watch);
    }
}
