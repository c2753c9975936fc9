using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>
/// Watches <c>typing:{id}</c> by itself: nothing of the conversation is drawn for it, and this line at most once in two seconds, however many write. A name goes after six
/// seconds, or when what was written comes.
/// </summary>
public sealed partial class TypingLine
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Guid, (string Name, DateTime Until)> typists = [];
    private ElementReference element;
    private PageScript? script;
    private LiveWatch? watch;
    private ITimer? timer;
    private DateTime drawnAt;
    private Guid? last;
    private string line = "";
    private bool gone;

    [Parameter, EditorRequired] public Guid Conversation { get; set; }

    /// <summary>The newest message: who wrote it is writing no more.</summary>
    [Parameter] public MessageRecord? Last { get; set; }

    [Inject] private LiveBus Bus { get; set; } = null!;
    [Inject] private LivePage Page { get; set; } = null!;
    [Inject] private TimeProvider Clock { get; set; } = null!;
    [Inject] private PageScripts Scripts { get; set; } = null!;

    private string Line => typists.Values.Select(t => t.Name).Order(StringComparer.CurrentCulture).ToList() switch
    {
        [] => "",
        [var one] => T["Typing.One", one],
        [var one, var two] => T["Typing.Two", one, two],
        [var one, .. var others] => T["Typing.Many", one, others.Count],
    };

    /// <summary>There is a newer message: who wrote it is writing no more.</summary>
    public void Wrote(MessageRecord? message)
    {
        if (message?.Id == last) return;
        last = message?.Id;
        if (message is not null && typists.Remove(message.Author.Id)) StateHasChanged();
    }

    protected override void OnParametersSet() => Wrote(Last);

    protected override bool ShouldRender()
    {
        if (line == Line) return false;
        line = Line;
        return true;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        script = Scripts.Of("/Chat/TypingLine.razor.js");
        await script.StartAsync(element, Conversation);
        var begun = await Bus.WatchAsync(Actor, Topic.Typing(Conversation), news => InvokeAsync(() => Take(news)));
        if (gone) begun?.Dispose();
        else watch = begun;
    }

    private void Take(LiveNews news)
    {
        foreach (var told in news.Events.Select(e => e.Payload).OfType<Typing>().Where(t => t.PersonId != Actor.PersonId))
            typists[told.PersonId] = (told.Name, Clock.Now() + TypingService.Holds);
        Look();
    }

    // Draws what is to be drawn, unless it was just done, and comes again when the next thing is due.
    private void Look()
    {
        if (gone) return;
        var now = Clock.Now();
        foreach (var (over, _) in typists.Where(t => t.Value.Until <= now).ToList()) typists.Remove(over);
        var next = typists.Values.Select(t => t.Until).DefaultIfEmpty(DateTime.MaxValue).Min();
        if (line != Line && now - drawnAt >= Rest)
        {
            drawnAt = now;
            Page.Draw(StateHasChanged);
        }
        else if (line != Line && drawnAt + Rest < next) next = drawnAt + Rest;
        if (next == DateTime.MaxValue) return;
        timer ??= Clock.CreateTimer(_ => _ = InvokeAsync(Look), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // A little after, so that what ends then has ended.
        timer.Change(next - now + TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);
    }

    public async ValueTask DisposeAsync()
    {
        gone = true;
        watch?.Dispose();
        Page.Forget(StateHasChanged);
        if (timer is not null) await timer.DisposeAsync();
        if (script is not null) await script.DisposeAsync();
    }
}
