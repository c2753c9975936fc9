using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>One's own messages that wait to be sent, and reminders that wait to come.</summary>
public sealed partial class LaterPage : IAsyncDisposable
{
    private IReadOnlyList<LaterRecord>? messages;
    private IReadOnlyList<ReminderRecord>? reminders;
    private ElementReference element, heading;
    private PageScript? script;
    private string said = "";
    // The message that is discarded once that is said again.
    private Guid? asked;

    [Inject] private LaterService Later { get; set; } = null!;
    [Inject] private ReminderService Reminders { get; set; } = null!;
    [Inject] private MessageRows Rows { get; set; } = null!;
    [Inject] private Refusals Refusals { get; set; } = null!;
    [Inject] private PageScripts Scripts { get; set; } = null!;
    [Inject] private LiveBus Bus { get; set; } = null!;

    protected override IEnumerable<object> Shown => [Withdrawn];

    protected override async Task OnInitializedAsync()
    {
        await base.OnInitializedAsync();
        await FollowAsync(Topic.Me(Actor.PersonId), LoadAsync, e => e.Payload is not LaterChanged);
    }

    // What was taken back is taken back here too.
    protected override void OnShownChanged() => _ = InvokeAsync(async () =>
    {
        await LoadAsync();
        Refresh();
    });

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (script is not null) return;
        script = Scripts.Of("/Chat/LaterPage.razor.js");
        await script.StartAsync(element, new
        {
            text = T["Edit.Text"].Value, note = T["Times.Note"].Value, time = T["Times.Own"].Value, save = T["Edit.Save"].Value, cancel = T["Edit.Cancel"].Value, failed = T["Edit.Failed"].Value,
            yes = T["Mention.Yes"].Value, make = T["Later.New"].Value, times = LaterWords.Of(T),
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (script is not null) await script.DisposeAsync();
        Dispose();
    }

    private async Task<long> LoadAsync()
    {
        var version = Bus.LatestVersion(Topic.Me(Actor.PersonId)) ?? 0;
        var (mine, waiting) = (await Later.ListAsync(Actor), await Reminders.ListAsync(Actor));
        (messages, reminders) = (mine.Ok ? mine.Value : [], waiting.Ok ? waiting.Value : []);
        return version;
    }

    private async Task SendAsync(LaterRecord m) => await SayAsync(await Later.SendNowAsync(Actor, m.Id, m.Version, m.Wakes), "Later.Sent");

    private async Task DiscardAsync(LaterRecord m)
    {
        asked = null;
        await SayAsync(await Later.DiscardAsync(Actor, m.Id, m.Version), "Later.Discarded");
    }

    private async Task DoneAsync(ReminderRecord r) => await SayAsync(await Reminders.DiscardAsync(Actor, r.Id, r.Version), "Later.Done.Said");

    // What was acted on may be gone, and the focus with it.
    private async Task SayAsync<TDone>(Outcome<TDone> done, string word)
    {
        said = done.Refusal is { } refusal ? Refusals.Text(refusal) : T[word].Value;
        if (done.Ok) await heading.FocusAsync(preventScroll: true);
    }

    private string Reason(LaterRecord m) => Refusals.Text(m.Reason ?? "", m.Wakes);

    private static string When(DateTime at) => at.ToLocal().ToString("ddd d MMM yyyy HH:mm", CultureInfo.CurrentCulture);
}
