using Hub.Domain.Chat;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>Search of messages. The address is the question; its words are the browser's own until they are sent.</summary>
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
    private string? asked, next, refused;

    [SupplyParameterFromQuery(Name = "q")] public string? Question { get; set; }

    [Inject] private MessageSearch Search { get; set; } = null!;
    [Inject] private Refusals Refusals { get; set; } = null!;
    [Inject] private PageScripts Scripts { get; set; } = null!;

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
        if (!string.IsNullOrWhiteSpace(Question)) await MoreAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        script = Scripts.Of("/Chat/MessageSearchPage.razor.js");
        await script.CallAsync("attach", box);
    }

    // An answer to an earlier question comes too late.
    private async Task MoreAsync()
    {
        var mine = asked;
        var page = await Search.FindAsync(Actor, mine, LocalTime.Zone, next);
        if (mine != asked) return;
        refused = page.Refusal is { } refusal ? Refusals.Text(refusal) : null;
        if (!page.Ok) return;
        found = [.. found ?? [], .. page.Value.Items];
        next = page.Value.Next;
    }

    public async ValueTask DisposeAsync()
    {
        if (script is not null) await script.DisposeAsync();
    }
}
