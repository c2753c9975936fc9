using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Hub.Web.Chat;

/// <summary>One open conversation: a window of at most 200 messages that pages back and follows what is new.</summary>
public sealed partial class ConversationPane : IAsyncDisposable
{
    private const int Most = 200;

    private readonly object newKey = new();
    private ElementReference element;
    private IJSObjectReference? module, handle;
    private ConversationCard? card;
    private List<MessageRow> rows = [];
    private bool earlier, later, missing, paging;
    private long? firstNew;

    [Parameter] public Guid Id { get; set; }

    [Inject] private ChatService Conversations { get; set; } = null!;
    [Inject] private MessageService Messages { get; set; } = null!;
    [Inject] private MessageRows Rows { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private TimeProvider Clock { get; set; } = null!;
    [Inject] private IJSRuntime Js { get; set; } = null!;

    protected override Task OnInitializedAsync() => FollowAsync(Topic.Conversation(Id), LoadAsync, Apply, () => Navigation.NavigateTo("/chat"));

    private async Task<long> LoadAsync()
    {
        var first = card is null;
        var (fresh, page) = (await Conversations.GetAsync(Actor, Id), await Messages.PageAsync(Actor, Id));
        missing = !fresh.Ok || !page.Ok;
        if (missing) return 0;
        card = fresh.Value;
        Show(page.Value);
        // The line stays where reading began; one's own messages never begin it.
        if (first && card.Unread > 0)
            firstNew = rows.FirstOrDefault(r => r.Message.Sequence > card.ReadSequence && r.Message.Author.Id != Actor.PersonId)?.Message.Sequence;
        return Math.Min(card.Version, page.Value.Version);
    }

    private void Show(MessagesPage page) => (rows, earlier, later) = ([.. page.Items.Select(Rows.Of)], page.Earlier, page.Later);

    private bool Apply(LiveEvent e)
    {
        if (card is null) return false;
        if (e.Payload is MemberChange change)
        {
            card = card with { Members = card.Members + (e.Name == "member-joined" ? 1 : -1) };
            return change.PersonId != Actor.PersonId;
        }
        if (e.Payload is not MessageRecord m) return true;
        var at = rows.FindIndex(r => r.Message.Id == m.Id);
        if (at >= 0) rows[at] = Rows.Of(m);
        else if (e.Name == "message-posted" && !later)
        {
            if (rows.Count > 0 && rows[^1].Message.Sequence + 1 != m.Sequence) return false;
            rows.Add(Rows.Of(m));
            if (rows.Count > Most)
            {
                rows.RemoveRange(0, rows.Count - Most);
                earlier = true;
            }
        }
        return true;
    }

    private async Task EarlierAsync()
    {
        // Scrolling asks again while a page is on its way: it must not come twice.
        if (!earlier || paging) return;
        paging = true;
        var first = rows[0].Message.Sequence;
        var got = await Messages.PageAsync(Actor, Id, before: first);
        paging = false;
        if (got is not { Ok: true, Value: var page } || rows[0].Message.Sequence != first) return;
        rows.InsertRange(0, page.Items.Select(Rows.Of));
        earlier = page.Earlier;
        if (rows.Count <= Most) return;
        rows.RemoveRange(Most, rows.Count - Most);
        later = true;
    }

    private async Task NewestAsync()
    {
        if (later && await Messages.PageAsync(Actor, Id) is { Ok: true, Value: var page }) Show(page);
    }

    private async Task JoinAsync()
    {
        if (await Conversations.JoinAsync(Actor, Id) is { Ok: true, Value: var joined }) card = joined;
    }

    private async Task LeaveAsync()
    {
        if ((await Conversations.LeaveAsync(Actor, Id)).Ok) Navigation.NavigateTo("/chat/browse");
    }

    private string Day(DateOnly day)
    {
        var today = MessageRows.DayOf(Clock.Now());
        return day == today ? T["Chat.Today"] : day == today.AddDays(-1) ? T["Chat.Yesterday"] : day.ToString("dddd d MMMM yyyy", CultureInfo.CurrentCulture);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (handle is not null || module is not null || card is null) return;
        try
        {
            module = await Js.InvokeAsync<IJSObjectReference>("import", "/Chat/ConversationPane.razor.js");
            handle = await module.InvokeAsync<IJSObjectReference>("start", element, Id, new
            {
                edit = T["Edit.Edit"].Value, remove = T["Edit.Delete"].Value, sure = T["Edit.Sure"].Value, keep = T["Edit.Keep"].Value,
                save = T["Edit.Save"].Value, cancel = T["Edit.Cancel"].Value, text = T["Edit.Text"].Value, failed = T["Edit.Failed"].Value,
            });
        }
        catch (JSDisconnectedException)
        {
            // The page is going away.
        }
    }

    public async ValueTask DisposeAsync()
    {
        base.Dispose();
        try
        {
            if (handle is not null) await handle.InvokeVoidAsync("stop");
            if (module is not null) await module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser has gone; so has its handle.
        }
    }
}
