using Hub.Domain.Chat;
using Hub.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>Shows the conversations one is in (<see cref="MyConversations"/>), again only when what it shows has changed.</summary>
public abstract class JoinedComponent : LiveComponent
{
    private List<object> shown = [];

    [Inject] private MyConversations Conversations { get; set; } = null!;

    /// <summary>Latest first.</summary>
    protected IEnumerable<ConversationCard> Mine => Conversations.All;

    protected IEnumerable<ConversationCard> Unread => Mine.Where(c => CountOf(c) > 0);

    /// <summary>Messages that are new, in all of them.</summary>
    protected long Count => Conversations.Unread.Sum(c => c.Unread);

    protected long CountOf(ConversationCard card) => Conversations.CountOf(card);

    protected long ThreadsChanged => Conversations.ThreadsChanged;

    /// <summary>Another number whenever something that was said in one of them may have been taken back, or given again.</summary>
    protected long Withdrawn => Conversations.Withdrawn;

    protected bool Loaded => Conversations.Loaded;

    /// <summary>What of the conversations the component shows; compared by value.</summary>
    protected abstract IEnumerable<object> Shown { get; }

    protected override async Task OnInitializedAsync()
    {
        Conversations.Changed += Compare;
        await Conversations.StartAsync(Actor, RendererInfo.IsInteractive ? InvokeAsync : null);
        shown = [.. Shown];
    }

    public override void Dispose()
    {
        Conversations.Changed -= Compare;
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What it shows is another: draws it.</summary>
    protected virtual void OnShownChanged() => Refresh();

    private void Compare(object? sender, EventArgs e)
    {
        if (Conversations.OnlyHere) return;
        var now = Shown.ToList();
        if (now.SequenceEqual(shown)) return;
        shown = now;
        OnShownChanged();
    }
}
