using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Web.Live;

namespace Hub.Web.Chat;

/// <summary>
/// The conversations one is in, live: loaded and watched once for a circuit, shown by the rail, the list and the home page.
/// One's own topic says which they are, each conversation's says what is new. How many are in each is not known here. Used on the circuit's dispatcher only.
/// </summary>
public sealed class MyConversations(ChatService conversations, LiveBus bus, LivePage page) : IDisposable
{
    private readonly Dictionary<Guid, IDisposable> follows = [];
    private Dictionary<Guid, ConversationCard> mine = [];
    private Func<Func<Task>, Task>? dispatch;
    private IDisposable? me;
    private Task? started;
    private Actor actor = null!;
    private bool gone, elsewhere;

    /// <summary>Raised on the dispatcher after something changed.</summary>
    public event EventHandler? Changed;

    /// <summary>True while <see cref="Changed"/> tells of nothing but what was said before one's eyes: nothing else shows it.</summary>
    public bool OnlyHere { get; private set; }

    /// <summary>Latest first.</summary>
    public IEnumerable<ConversationCard> All => mine.Values.OrderByDescending(c => c.LatestAt).ThenByDescending(c => c.Id);

    public bool Loaded { get; private set; }

    /// <summary>Another number whenever a thread in one of them may have changed.</summary>
    public long ThreadsChanged { get; private set; }

    /// <summary>Another number whenever something that was said in one of them may have been taken back, or given again.</summary>
    public long Withdrawn { get; private set; }

    /// <summary>The one whose page this is: what comes there is before one's eyes, and nothing on this page counts it as unread.</summary>
    public Guid? Open { get; private set; }

    /// <summary>How far one has read a conversation; 0 for one that one is not in.</summary>
    public long ReadSequence(Guid conversation) => mine.GetValueOrDefault(conversation)?.ReadSequence ?? 0;

    /// <summary>Conversations with something new, in no order.</summary>
    public IEnumerable<ConversationCard> Unread => mine.Values.Where(c => CountOf(c) > 0);

    /// <summary>How many new messages the page counts of it: none of what is before one's eyes, none of what is muted.</summary>
    public long CountOf(ConversationCard card) => card.Id == Open || card.MutedAt is not null ? 0 : card.Unread;

    public void Show(Guid? conversation)
    {
        if (Open == conversation) return;
        Open = conversation;
        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Loads once, however many ask; watches too when <paramref name="onDispatcher"/> is given (not while prerendering).</summary>
    public Task StartAsync(Actor viewer, Func<Func<Task>, Task>? onDispatcher)
    {
        if (started is { IsCompleted: true, IsCompletedSuccessfully: false }) started = null;
        return started ??= StartOnceAsync(viewer, onDispatcher);
    }

    public void Dispose()
    {
        gone = true;
        me?.Dispose();
        foreach (var follow in follows.Values) follow.Dispose();
    }

    private async Task StartOnceAsync(Actor viewer, Func<Func<Task>, Task>? onDispatcher)
    {
        (actor, dispatch) = (viewer, onDispatcher);
        var following = new Following(LoadAsync, ApplyMine, null);
        if (dispatch is not null) me = (await FollowAsync(Topic.Me(actor.PersonId).Kind, new Dictionary<Guid, Following> { [actor.PersonId] = following })).GetValueOrDefault(actor.PersonId);
        if (gone) me?.Dispose();
        await following.LoadAsync();
    }

    private Task<IReadOnlyDictionary<Guid, IDisposable>> FollowAsync(string kind, IReadOnlyDictionary<Guid, Following> followings) =>
        page.FollowAsync(actor, kind, followings, Tell, dispatch!);

    private void Tell()
    {
        (OnlyHere, elsewhere) = (!elsewhere, false);
        Changed?.Invoke(this, EventArgs.Empty);
        OnlyHere = false;
    }

    private async Task<long> LoadAsync()
    {
        // Read before the list: what happens between the two is applied again, never missed.
        var version = bus.LatestVersion(Topic.Me(actor.PersonId)) ?? 0;
        var read = await page.LoadAsync(actor, dispatch is not null, "chat.mine", ReadAsync);
        elsewhere = true;
        // What was heard of one while the list was read is newer than the list.
        mine = read.ToDictionary(c => c.Id, c => mine.TryGetValue(c.Id, out var heard) && heard.Version > c.Version
            ? (heard with { ReadSequence = c.ReadSequence, ReadThreadMessages = c.ReadThreadMessages, MutedAt = c.MutedAt }).Counted() : c);
        Loaded = true;
        ThreadsChanged++;
        Withdrawn++;
        foreach (var left in follows.Keys.Except(mine.Keys).ToList()) Forget(left);
        await FollowAsync([.. mine.Keys.Except(follows.Keys)]);
        return version;
    }

    private async Task<IReadOnlyList<ConversationCard>> ReadAsync()
    {
        var found = new List<ConversationCard>();
        string? after = null;
        do
        {
            var some = await conversations.ListAsync(actor, joined: true, after, limit: 200, counted: false);
            after = some.Ok ? some.Value.Next : null;
            if (some.Ok) found.AddRange(some.Value.Items);
        }
        while (after is not null);
        return [.. found.DistinctBy(c => c.Id)];
    }

    private async Task FollowAsync(IReadOnlyCollection<Guid> ids)
    {
        if (dispatch is null) return;
        var followings = ids.ToDictionary(id => id, id => new Following(() => VersionAsync(id), e => ApplyOne(id, e), null));
        var begun = new List<Guid>();
        foreach (var (id, follow) in await FollowAsync(Topic.Conversation(Guid.Empty).Kind, followings))
        {
            if (gone || !mine.ContainsKey(id) || !follows.TryAdd(id, follow)) follow.Dispose();
            else begun.Add(id);
        }
        try
        {
            foreach (var id in begun) await followings[id].LoadAsync();
        }
        catch
        {
            // Not half watched: whoever loads the list again begins with these afresh.
            foreach (var id in begun) Forget(id);
            throw;
        }
    }

    // The list was loaded just before: only what moved since then is loaded again.
    private async Task<long> VersionAsync(Guid id)
    {
        if (mine.TryGetValue(id, out var card) && bus.LatestVersion(Topic.Conversation(id)) == card.Version) return card.Version;
        var fresh = await conversations.GetAsync(actor, id);
        if (!fresh.Ok || !fresh.Value.Joined) return 0;
        elsewhere = true;
        mine[id] = fresh.Value;
        ThreadsChanged++;
        Withdrawn++;
        return fresh.Value.Version;
    }

    private bool ApplyMine(LiveEvent e)
    {
        elsewhere = true;
        switch (e.Payload)
        {
            case ConversationCard card:
                mine[card.Id] = card;
                // A card that cannot be followed is loaded with the whole list, like any event that cannot be applied.
                if (!follows.ContainsKey(card.Id)) return false;
                break;
            case ConversationRead read when mine.TryGetValue(read.Id, out var card):
                mine[read.Id] = (card with { ReadSequence = read.Sequence, ReadThreadMessages = read.ThreadMessages }).Counted();
                break;
            case ConversationMuted muted when mine.TryGetValue(muted.Id, out var card):
                mine[muted.Id] = card with { MutedAt = muted.MutedAt };
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
        if (e.Payload is MessageRecord { Replies: > 0 } or MessageRecord { ThreadId: not null } or ConversationChanged or MessagesRemoved) ThreadsChanged++;
        if (e.Payload is IWithdraws { Withdraws: true } || e.Name == "message-shown") Withdrawn++;
        var now = mine[id] = card.After(e, actor.PersonId);
        // What is said in an open channel, or in a muted one, changes nothing that is shown elsewhere; a direct conversation's place is by its time.
        elsewhere |= e.Name != "message-posted" || card.Kind != ConversationKind.Channel || CountOf(card) + CountOf(now) > 0 || now.ReadSequence != card.ReadSequence || e.Payload is MessageRecord { ThreadId: not null };
        return true;
    }

    private void Forget(Guid id)
    {
        if (follows.Remove(id, out var follow)) follow.Dispose();
    }
}
