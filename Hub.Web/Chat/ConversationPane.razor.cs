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

    private readonly MessageWindow window = new();
    private ElementReference element;
    private PageScript? script;
    private ConversationCard? card;
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
            firstNew = window.Rows.FirstOrDefault(r => r.Message.Sequence > card.ReadSequence && r.Message.Author.Id != Actor.PersonId)?.Message.Sequence;
        return Math.Min(card.Version, page.Value.Version);
    }

    private void Show(MessagesPage page)
    {
        window.Show(page.Items.Select(Rows.Of));
        (earlier, later) = (page.Earlier, page.Later);
    }

    private bool Apply(LiveEvent e)
    {
        if (card is null) return false;
        if (e.Payload is MemberChange change)
        {
            card = card with { Members = card.Members + (e.Name == "member-joined" ? 1 : -1) };
            return change.PersonId != Actor.PersonId;
        }
        if (e.Payload is not MessageRecord m) return true;
        if (window.Replace(Rows.Of(m)) || e.Name != "message-posted" || later) return true;
        if (window.Last is { } last && last.Message.Sequence + 1 != m.Sequence) return false;
        window.Append(Rows.Of(m));
        earlier |= window.DropFirst(Most);
        return true;
    }

    private async Task EarlierAsync()
    {
        if (!earlier || window.First?.Message is not { } first) return;
        if (await Messages.PageAsync(Actor, Id, before: first.Sequence) is not { Ok: true, Value: var page }) return;
        // Asked twice, or loaded anew meanwhile: those rows stand there already, or no longer belong in front of these.
        if (window.First?.Message.Id != first.Id) return;
        window.Prepend(page.Items.Select(Rows.Of));
        earlier = page.Earlier;
        later |= window.DropLast(Most);
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
