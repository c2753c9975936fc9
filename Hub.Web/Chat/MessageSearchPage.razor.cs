using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>Search of messages. The address is the question; its words are the browser's own until they are sent. What was taken back goes from the results at once, wherever it stood.</summary>
public sealed partial class MessageSearchPage
{
    private static readonly (string Hint, string Says)[] Hints =
    [
        ("Find.Hint.From", "from:"), ("Find.Hint.In", "in:"), ("Find.Hint.After", "after:"), ("Find.Hint.Before", "before:"),
        ("Find.Hint.File", "has:file"), ("Find.Hint.Link", "has:link"), ("Find.Hint.Reaction", "has:reaction"),
        ("Find.Hint.Thread", "is:thread"), ("Find.Hint.Pinned", "is:pinned"), ("Find.Hint.Saved", "is:saved"),
    ];

    private ElementReference box;
    private PageScript? script;
    private List<FoundMessage>? found;
    private readonly Dictionary<Guid, IDisposable?> elsewhere = [];
    private HashSet<Guid> standing = [];
    private string? asked, next, refused;
    private int looks;

    [SupplyParameterFromQuery(Name = "q")] public string? Question { get; set; }

    [Inject] private MessageSearch Search { get; set; } = null!;
    [Inject] private Refusals Refusals { get; set; } = null!;
    [Inject] private PageScripts Scripts { get; set; } = null!;
    [Inject] private MessageRows Rows { get; set; } = null!;
    [Inject] private LiveBus Bus { get; set; } = null!;

    protected override IEnumerable<object> Shown => [Withdrawn];

    private List<FoundMessage> Standing => [.. (found ?? []).Where(f => standing.Contains(f.Message.Id))];

    /// <summary>The page with a question that begins in this conversation: by its name, or by its id where the name cannot be written in quotation marks.</summary>
    internal static string Link(ConversationCard card)
    {
        var name = card.Name.Any(char.IsLetterOrDigit) && card.Name.AsSpan().IndexOfAny('"', '“', '”') < 0 ? $"\"{card.Name}\"" : card.Id.ToString();
        return $"/chat/search?q={Uri.EscapeDataString($"in:{name} ")}";
    }

    protected override async Task OnParametersSetAsync()
    {
        if (asked == Question) return;
        (asked, found, next, refused) = (Question, null, null, null);
        foreach (var follow in elsewhere.Values) Unfollow(follow);
        elsewhere.Clear();
        if (!string.IsNullOrWhiteSpace(Question)) await MoreAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        script = Scripts.Of("/Chat/MessageSearchPage.razor.js");
        await script.CallAsync("attach", box);
    }

    protected override void OnShownChanged() => _ = InvokeAsync(LookAsync);

    // An answer to an earlier question comes too late.
    private async Task MoreAsync()
    {
        var (mine, before) = (asked, Withdrawn);
        var page = await Search.FindAsync(Actor, mine, LocalTime.Zone, next);
        if (mine != asked) return;
        refused = page.Refusal is { } refusal ? Refusals.Text(refusal) : null;
        if (!page.Ok) return;
        found = [.. found ?? [], .. page.Value.Items];
        standing = [.. standing, .. page.Value.Items.Select(f => f.Message.Id)];
        next = page.Value.Next;
        // Taken back while it was looked for.
        if (before != Withdrawn) OnShownChanged();
        if (RendererInfo.IsInteractive) _ = InvokeAsync(WatchAsync);
    }

    // Only the latest look counts.
    private async Task LookAsync()
    {
        if (found is not { Count: > 0 }) return;
        var mine = ++looks;
        var ids = found.ConvertAll(f => f.Message.Id);
        var now = await Search.StandingAsync(Actor, ids);
        if (mine != looks) return;
        // What was found since is looked at by itself.
        standing = [.. standing.Except(ids), .. now];
        Refresh();
    }

    // What happens where one is in is told anyway (Withdrawn); the other conversations of the results are followed here.
    private async Task WatchAsync()
    {
        var mine = asked;
        foreach (var id in (found ?? []).Select(f => f.Message.ConversationId).Distinct().Except(Mine.Select(c => c.Id)).Except(elsewhere.Keys).ToList())
        {
            elsewhere[id] = null;
            var topic = Topic.Conversation(id);
            var follow = await FollowAsync(topic, async () =>
            {
                var version = Bus.LatestVersion(topic) ?? 0;
                await LookAsync();
                return version;
            }, e => e.Payload is not IWithdraws { Withdraws: true } && e.Name != "message-shown", OnShownChanged);
            if (mine != asked)
            {
                Unfollow(follow);
                return;
            }
            elsewhere[id] = follow;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (script is not null) await script.DisposeAsync();
        Dispose();
    }
}
