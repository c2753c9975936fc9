using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>One open conversation: a window of at most 200 messages that pages back and follows what is new. What is said in threads alone stands in them.</summary>
public sealed partial class ConversationPane
{
    private const int Most = 200;

    private readonly MessageWindow window = new();
    private readonly Marks marks = new();
    private ConversationCard? card;
    private MessageList? list;
    private TypingLine? typing;
    private (ConversationCard? Card, bool Missing, long Above, long News, bool Earlier, bool Later, long? FirstNew, long? At) drawn;
    private (ConversationCard? Card, ConversationCard? Standing) stood;
    private bool earlier, later, missing;
    private long? firstNew, at;
    // How far it was read when it was opened, or marked unread, and how much was new then; where that begins if it is further up than what is shown.
    private long from, news, above;

    [Parameter] public Guid Id { get; set; }

    /// <summary>Sequence of a message to show in its place; null for the newest.</summary>
    [Parameter] public long? At { get; set; }

    [Inject] private ChatService Conversations { get; set; } = null!;
    [Inject] private MessageService Messages { get; set; } = null!;
    [Inject] private MessageRows Rows { get; set; } = null!;
    [Inject] private LiveBus Bus { get; set; } = null!;

    protected override IEnumerable<MessageRow> Shown => window.Rows;

    protected override void Put(MessageRow row) => window.Replace(row);

    protected override async Task OnInitializedAsync()
    {
        at = At;
        var me = Topic.Me(Actor.PersonId);
        var known = Bus.LatestVersion(me) ?? 0;
        await FollowAsync(Topic.Conversation(Id), LoadAsync, Apply, () => (missing, card) = (true, null));
        await FollowAsync(me, () => marks.LoadAsync(known, Bus.LatestVersion(me) ?? 0, LoadAsync), ApplyMine);
    }

    protected override async Task OnParametersSetAsync()
    {
        if (at == At) return;
        at = At;
        if (At is not null && window.Rows.All(r => r.Message.Sequence != At)) await LoadAsync();
    }

    // With most messages nothing changes but the list.
    protected override bool ShouldRender()
    {
        if (!ReferenceEquals(card, stood.Card)) stood = (card, card?.Standing());
        var now = (stood.Standing, missing, above, news, earlier, later, firstNew, At);
        if (now != drawn || list is null)
        {
            drawn = now;
            return true;
        }
        list.Draw();
        typing?.Wrote(window.Last?.Message);
        return false;
    }

    private async Task<long> LoadAsync()
    {
        var first = card is null;
        var (fresh, page) = await PaintedAsync($"chat.open.{Id}.{at}", ReadAsync, read => read is { Card.Ok: true, Page.Ok: true } ? [(Topic.Conversation(Id), read.Card.Value.Version), (Topic.Conversation(Id), read.Page.Value.Version)] : []);
        missing = !fresh.Ok || !page.Ok;
        if (missing) return 0;
        await UnfoldAsync(page.Value.Items);
        card = fresh.Value;
        Show(page.Value);
        // The line stays where reading began; one's own messages never begin it.
        if (first) (from, news) = (card.ReadSequence, card.Unread);
        DrawLine();
        return Math.Min(card.Version, page.Value.Version);
    }

    private async Task<(Outcome<ConversationCard> Card, Outcome<MessagesPage> Page)> ReadAsync() =>
        (await Conversations.GetAsync(Actor, Id), at is { } there ? await Messages.AroundAsync(Actor, Id, there) : await Messages.PageAsync(Actor, Id, shown: true));

    private void Show(MessagesPage page)
    {
        marks.Show(page.Mine);
        window.Show(page.Items.Select(Row));
        (earlier, later) = (page.Earlier, page.Later);
    }

    private void DrawLine()
    {
        above = news > 0 && earlier && window.First is { } top && top.Message.Sequence > from + 1 ? from + 1 : 0;
        firstNew = news > 0 && above == 0 ? window.Rows.FirstOrDefault(r => r.Message.Sequence > from && r.Message.Author.Id != Actor.PersonId)?.Message.Sequence : null;
    }

    private MessageRow Row(MessageRecord m) => Carded(Rows.Of(m, marks.Mine));

    private bool Apply(LiveEvent e)
    {
        if (card is null) return false;
        LookAgain(e);
        if (e.Payload is MessagesRemoved gone && !Drop(gone)) return false;
        if (e.Payload is not (MessageRecord or ReactionChange))
        {
            card = card.After(e, Actor.PersonId);
            return !Concerns(e.Payload);
        }
        if (e.Payload is ReactionChange reacted && reacted.PersonId == Actor.PersonId) marks.React(reacted);
        if ((e.Payload as MessageRecord ?? (e.Payload as ReactionChange)?.Message) is not { InConversation: true } m) return true;
        if (!window.Replace(Row(m)))
        {
            if (e.Name != "message-posted" || later) return true;
            window.Append(Row(m));
            earlier |= window.DropFirst(Most);
        }
        Unfold(m);
        return true;
    }

    private bool ApplyMine(LiveEvent e)
    {
        LookAgain(e);
        // The line stands where reading begins again.
        if (e.Payload is ConversationRead { Unread: true } now && now.Id == Id && window.Last is { Message: var last })
        {
            (from, news) = (now.Sequence, last.Sequence - now.Sequence);
            DrawLine();
        }
        if (e.Payload is MessageSaved saved && marks.Save(saved) && window.Rows.FirstOrDefault(r => r.Message.Id == saved.MessageId) is { } row) window.Replace(row with { Saved = saved.Saved });
        return true;
    }

    // False when nothing is left of what is shown, and there is more.
    private bool Drop(MessagesRemoved gone)
    {
        window.DropTo(gone.Sequence);
        if (window.First?.Message is not { } first)
        {
            earlier = false;
            return !later;
        }
        // There is something before the first if not all of what is left there stands in threads alone.
        earlier = earlier && first.Sequence - 1 - gone.Sequence > first.ThreadMessages - gone.ThreadMessages;
        DrawLine();
        return true;
    }

    // Whoever comes or goes sees another page.
    private bool Concerns(ILivePayload change) => change is MemberChange c ? c.PersonId == Actor.PersonId : change is MembersAdded added && added.People.Any(p => p.Id == Actor.PersonId);

    private async Task EarlierAsync()
    {
        if (!earlier || window.First?.Message is not { } first) return;
        if (await Messages.PageAsync(Actor, Id, before: first.Sequence, shown: true) is not { Ok: true, Value: var page }) return;
        await UnfoldAsync(page.Items.Concat(Shown.Select(r => r.Message)));
        // Asked twice, or loaded anew meanwhile: those rows stand there already, or no longer belong in front of these.
        if (window.First?.Message.Id != first.Id) return;
        marks.Add(page.Mine);
        window.Prepend(page.Items.Select(Row));
        earlier = page.Earlier;
        later |= window.DropLast(Most);
        Unfold(page.Items);
        DrawLine();
    }

    private async Task NewestAsync()
    {
        at = null;
        if (!later || await Messages.PageAsync(Actor, Id, shown: true) is not { Ok: true, Value: var page }) return;
        Show(page);
        Unfold(page.Items);
    }

    private async Task JoinAsync()
    {
        if (await Conversations.JoinAsync(Actor, Id) is { Ok: true, Value: var joined }) card = joined;
    }
}
