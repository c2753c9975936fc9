using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>One open thread, live like its conversation.</summary>
public sealed partial class ThreadPane
{
    private const int Most = 200;

    private readonly MessageWindow window = new();
    private readonly Marks marks = new();
    private MessageRow? root;
    private string? place, refused;
    private bool earlier, later, missing, follows;
    private IReadOnlyList<MessageRow> roots = [];
    private MessageView above = MessageView.Elsewhere;
    private (MessageRow? Root, string? Place, string? Refused, bool Earlier, bool Later, bool Missing, bool Follows, long Changes, long? At, bool Joined, bool Keeper, DateOnly Today) drawn;

    [Parameter, EditorRequired] public Guid Conversation { get; set; }

    /// <summary>The message that it hangs from.</summary>
    [Parameter, EditorRequired] public Guid Id { get; set; }

    /// <summary>Sequence of a reply to show in its place; null for the newest.</summary>
    [Parameter] public long? At { get; set; }

    /// <summary>True if the viewer may reply.</summary>
    [Parameter] public bool Joined { get; set; }

    /// <summary>True if the viewer keeps order in the conversation.</summary>
    [Parameter] public bool Keeper { get; set; }

    [Inject] private MessageService Messages { get; set; } = null!;
    [Inject] private HelpService Help { get; set; } = null!;
    [Inject] private Refusals Refusals { get; set; } = null!;
    [Inject] private ThreadService Threads { get; set; } = null!;
    [Inject] private MessageRows Rows { get; set; } = null!;
    [Inject] private TimeProvider Clock { get; set; } = null!;
    [Inject] private LiveBus Bus { get; set; } = null!;

    protected override IEnumerable<MessageRow> Shown => root is null ? window.Rows : window.Rows.Prepend(root);

    private IReadOnlyList<MessageRow> Roots => roots is [var one] && one == root ? roots : roots = [root!];

    private MessageView Above => new MessageView(root!.Day, Actor.PersonId, Joined, Keeper) is var now && now == above ? above : above = now;

    protected override void Put(MessageRow row)
    {
        if (row.Message.Id == Id) root = row;
        else window.Replace(row);
    }

    protected override async Task OnInitializedAsync()
    {
        var me = Topic.Me(Actor.PersonId);
        var known = Bus.LatestVersion(me) ?? 0;
        await FollowAsync(Topic.Conversation(Conversation), LoadAsync, Apply, () => missing = true);
        await FollowAsync(me, () => marks.LoadAsync(known, Bus.LatestVersion(me) ?? 0, LoadAsync), ApplyMine);
    }

    // Most of what happens in the conversation is not in this thread.
    protected override bool ShouldRender()
    {
        var now = (root, place, refused, earlier, later, missing, follows, window.Changes, At, Joined, Keeper, DateOnly.FromDateTime(Clock.Now().ToLocal()));
        if (now == drawn) return false;
        drawn = now;
        return true;
    }

    private async Task<long> LoadAsync()
    {
        var (found, page, followed) = await PaintedAsync($"chat.thread.{Id}.{At}", ReadAsync, read => read.Page.Ok ? [(Topic.Conversation(Conversation), read.Page.Value.Version)] : []);
        missing = !found.Ok || !page.Ok || found.Value.Message is not { ThreadId: null } message || message.ConversationId != Conversation;
        if (missing) return 0;
        await UnfoldAsync([found.Value.Message, .. page.Value.Items]);
        Show(page.Value);
        follows = followed is { Ok: true, Value: true };
        (root, place) = (Carded(Rows.Of(found.Value.Message, found.Value.Mine)), found.Value.Conversation);
        marks.Add(found.Value.Mine);
        return page.Value.Version;
    }

    private async Task<(Outcome<MessageInPlace> Found, Outcome<MessagesPage> Page, Outcome<bool> Followed)> ReadAsync()
    {
        // Its version is the older: what happens between the three is applied again, never missed.
        var page = await Messages.ThreadAsync(Actor, Id, before: At + 25);
        return (await Messages.GetAsync(Actor, Id), page, await Threads.FollowsAsync(Actor, Id));
    }

    private void Show(MessagesPage page)
    {
        marks.Show(page.Mine);
        window.Show(page.Items.Select(Row));
        (earlier, later) = (page.Earlier, page.Later);
    }

    private MessageRow Row(MessageRecord m) => Carded(Rows.Of(m, marks.Mine));

    private bool Apply(LiveEvent e)
    {
        // Of a thread that loses something its first message is gone.
        if (root is null || (e.Payload is MessagesRemoved gone && root.Message.Sequence <= gone.Sequence)) return false;
        LookAgain(e);
        if (e.Payload is ConversationChanged now) place = now.Name;
        if (e.Payload is ReactionChange reacted && reacted.PersonId == Actor.PersonId) marks.React(reacted);
        if ((e.Payload as MessageRecord ?? (e.Payload as ReactionChange)?.Message) is not { } m) return true;
        if (m.Id == Id) root = Row(m);
        // With the first reply its author follows, unless they had said otherwise.
        if (e.Name == "thread-grown" && m is { Replies: 1 } && m.Id == Id && m.Author.Id == Actor.PersonId) return false;
        if (m.ThreadId != Id && m.Id != Id) return true;
        if (m.ThreadId == Id && !window.Replace(Row(m)))
        {
            if (e.Name != "message-posted" || later) return true;
            // Whoever replies follows.
            follows |= m.Author.Id == Actor.PersonId;
            window.Append(Row(m));
            earlier |= window.DropFirst(Most);
        }
        Unfold(m);
        return true;
    }

    private bool ApplyMine(LiveEvent e)
    {
        LookAgain(e);
        if (e.Payload is ThreadFollowed change && change.ThreadId == Id) follows = change.Following;
        if (e.Payload is MessageSaved saved && marks.Save(saved))
        {
            if (saved.MessageId == Id) root = root! with { Saved = saved.Saved };
            else if (window.Rows.FirstOrDefault(r => r.Message.Id == saved.MessageId) is { } row) window.Replace(row with { Saved = saved.Saved });
        }
        return true;
    }

    private async Task EarlierAsync()
    {
        if (!earlier || window.First?.Message is not { } first) return;
        if (await Messages.ThreadAsync(Actor, Id, before: first.Sequence) is not { Ok: true, Value: var page } || window.First?.Message.Id != first.Id) return;
        marks.Add(page.Mine);
        window.Prepend(page.Items.Select(Row));
        earlier = page.Earlier;
        later |= window.DropLast(Most);
        Unfold(page.Items);
    }

    private async Task NewestAsync()
    {
        if (!later || await Messages.ThreadAsync(Actor, Id) is not { Ok: true, Value: var page }) return;
        Show(page);
        Unfold(page.Items);
    }

    private async Task ResolveAsync(bool resolve)
    {
        var done = await (resolve ? Help.ResolveAsync(Actor, Id) : Help.ReopenAsync(Actor, Id));
        refused = done.Refusal is { } refusal ? Refusals.Text(refusal) : null;
    }

    private async Task FollowThreadAsync()
    {
        if (await Threads.FollowAsync(Actor, Id, !follows) is { Ok: true, Value: var now }) follows = now;
    }
}
