using Hub.Domain.Live;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Web.Chat;
using Hub.Web.Live;

namespace Hub.Web.Notifications;

/// <summary>
/// What is unread in one's inbox, live: loaded and watched once for a circuit, shown by the rail, the phone's bell and the inbox. Entries are read with
/// their thread, or with their conversation, which <see cref="MyConversations"/> follows. Used on the circuit's dispatcher only.
/// </summary>
public sealed class MyInbox : IDisposable
{
    private readonly InboxService inbox;
    private readonly MyConversations conversations;
    private readonly LiveBus bus;
    private readonly LivePage page;
    private IReadOnlyList<UnreadEntry> unread = [];
    private Actor actor = null!;
    private IDisposable? me;
    private Task? started;
    private bool living, gone;

    public MyInbox(InboxService inbox, MyConversations conversations, LiveBus bus, LivePage page)
    {
        (this.inbox, this.conversations, this.bus, this.page) = (inbox, conversations, bus, page);
        conversations.Changed += Tell;
    }

    /// <summary>Raised on the dispatcher after something may have changed.</summary>
    public event EventHandler? Changed;

    public int Count => Unread.Count();

    /// <summary>Its entries that are unread.</summary>
    public IEnumerable<Guid> Unread => unread.Where(e => !ReadElsewhere(e.ConversationId, e.ThreadId, e.Sequence)).Select(e => e.Id);

    /// <summary>Another number whenever something that entries tell of may have been taken back.</summary>
    public long Withdrawn => conversations.Withdrawn;

    /// <summary>True once the conversation is read so far, on whatever device; what is read with its thread is loaded again then.</summary>
    public bool ReadElsewhere(Guid? conversation, Guid? thread, long sequence) => thread is null && conversation is { } id && conversations.ReadSequence(id) >= sequence;

    /// <summary>Loads once, however many ask; watches too when <paramref name="onDispatcher"/> is given (not while prerendering).</summary>
    public Task StartAsync(Actor viewer, Func<Func<Task>, Task>? onDispatcher)
    {
        if (started is { IsCompleted: true, IsCompletedSuccessfully: false }) started = null;
        return started ??= StartOnceAsync(viewer, onDispatcher);
    }

    public void Dispose()
    {
        gone = true;
        conversations.Changed -= Tell;
        me?.Dispose();
    }

    private async Task StartOnceAsync(Actor viewer, Func<Func<Task>, Task>? onDispatcher)
    {
        (actor, living) = (viewer, onDispatcher is not null);
        var topic = Topic.Me(viewer.PersonId);
        var following = new Following(LoadAsync, e => e.Name is not ("inbox-changed" or "thread-read" or "later-changed"), null);
        if (onDispatcher is not null)
            me = (await page.FollowAsync(viewer, topic.Kind, new Dictionary<Guid, Following> { [topic.Id] = following }, () => Changed?.Invoke(this, EventArgs.Empty), onDispatcher)).GetValueOrDefault(topic.Id);
        if (gone) me?.Dispose();
        await following.LoadAsync();
    }

    private async Task<long> LoadAsync()
    {
        // Read before the list: what happens between the two is applied again, never missed.
        var version = bus.LatestVersion(Topic.Me(actor.PersonId)) ?? 0;
        unread = await page.LoadAsync(actor, living, "inbox.unread", () => inbox.UnreadAsync(actor));
        return version;
    }

    private void Tell(object? sender, EventArgs e)
    {
        if (!conversations.OnlyHere) Changed?.Invoke(this, EventArgs.Empty);
    }
}
