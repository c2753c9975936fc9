using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>One open conversation: a window of at most 200 messages that pages back and follows what is new.</summary>
public sealed partial class ConversationPane : IAsyncDisposable
{
    private const int Most = 200;

    private readonly object newKey = new();
    private ElementReference element;
    private PageScript? script;
    private ConversationCard? card;
    private List<MessageRow> rows = [];
    private bool earlier, later, missing;
    private long? firstNew;

    [Parameter] public Guid Id { get; set; }

    [Inject] private ChatService Conversations { get; set; } = null!;
    [Inject] private MessageService Messages { get; set; } = null!;
    [Inject] private MessageRows Rows { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private TimeProvider Clock { get; set; } = null!;
    [Inject] private PageScripts Scripts { get; set; } = null!;

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
        if (!earlier || rows.Count == 0) return;
        var first = rows[0].Message;
        if (await Messages.PageAsync(Actor, Id, before: first.Sequence) is not { Ok: true, Value: var page }) return;
        // Asked twice, or loaded anew meanwhile: those rows stand there already, or no longer belong in front of these.
        if (rows.Count == 0 || rows[0].Message.Id != first.Id) return;
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
        var today = DateOnly.FromDateTime(Clock.Now().ToLocal());
        return day == today ? T["Chat.Today"] : day == today.AddDays(-1) ? T["Chat.Yesterday"] : day.ToString("dddd d MMMM yyyy", CultureInfo.CurrentCulture);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (card is null || script is not null) return;
        script = Scripts.Of("/Chat/ConversationPane.razor.js");
        await script.StartAsync(element, Id, new
        {
            edit = T["Edit.Edit"].Value, remove = T["Edit.Delete"].Value, sure = T["Edit.Sure"].Value, keep = T["Edit.Keep"].Value,
            save = T["Edit.Save"].Value, cancel = T["Edit.Cancel"].Value, text = T["Edit.Text"].Value, failed = T["Edit.Failed"].Value,
        });
    }

    public async ValueTask DisposeAsync()
    {
        base.Dispose();
        if (script is not null) await script.DisposeAsync();
    }
}
