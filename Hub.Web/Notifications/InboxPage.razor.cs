using System.Globalization;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Notifications;
using Hub.Web.Chat;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Notifications;

/// <summary>The inbox: newest first, live; what is read anywhere is read here at once.</summary>
public sealed partial class InboxPage
{
    private ElementReference element;
    private PageScript? script;
    private List<InboxEntry>? rows;
    private string? next;
    private string said = "";
    private InboxView loaded;
    private long withdrawn;

    /// <summary>"unread" or "mentions"; anything else is all.</summary>
    [Parameter, SupplyParameterFromQuery(Name = "show")] public string? ShowName { get; set; }

    [Inject] private InboxService Service { get; set; } = null!;
    [Inject] private MyInbox Inbox { get; set; } = null!;
    [Inject] private LiveBus Bus { get; set; } = null!;
    [Inject] private PageScripts Scripts { get; set; } = null!;
    [Inject] private IStringLocalizer<ChatText> ChatWords { get; set; } = null!;
    [Inject] private TimeProvider Clock { get; set; } = null!;

    private InboxView View => NotificationEndpoints.View(ShowName) ?? InboxView.All;

    // Read elsewhere while this page was open: it leaves what is unread at once.
    private IEnumerable<InboxEntry> Shown => (rows ?? []).Where(r => View != InboxView.Unread || !IsRead(r));

    protected override async Task OnInitializedAsync()
    {
        Inbox.Changed += Look;
        await Inbox.StartAsync(Actor, RendererInfo.IsInteractive ? InvokeAsync : null);
        await FollowAsync(Topic.Me(Actor.PersonId), LoadAsync, e => e.Name is not ("inbox-changed" or "thread-read" or "later-changed"));
    }

    protected override async Task OnParametersSetAsync()
    {
        if (rows is not null && loaded != View) await LoadAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        script = Scripts.Of("/Notifications/InboxPage.razor.js");
        await script.CallAsync("attach", element, new { again = T["Again"].Value, done = T["Again.Done"].Value, failed = T["Again.Failed"].Value, times = LaterWords.Of(ChatWords) });
    }

    public async ValueTask DisposeAsync()
    {
        if (script is not null) await script.DisposeAsync();
        Dispose();
    }

    public override void Dispose()
    {
        Inbox.Changed -= Look;
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    // As many as were shown, so that what somebody has paged to stays.
    private async Task<long> LoadAsync()
    {
        var version = Bus.LatestVersion(Topic.Me(Actor.PersonId)) ?? 0;
        (loaded, withdrawn) = (View, Inbox.Withdrawn);
        var page = await Service.ListAsync(Actor, loaded, limit: Math.Clamp(rows?.Count ?? 0, 50, 200));
        rows = page.Ok ? [.. page.Value.Items] : [];
        next = page.Ok ? page.Value.Next : null;
        return version;
    }

    private async Task MoreAsync()
    {
        if (next is null || await Service.ListAsync(Actor, loaded, next) is not { Ok: true, Value: var page }) return;
        rows = [.. rows ?? [], .. page.Items];
        next = page.Next;
    }

    private async Task ReadAsync(Guid id) => await Service.ReadAsync(Actor, id);

    private async Task ReadAllAsync()
    {
        if ((await Service.ReadAllAsync(Actor)).Ok) said = T["ReadAll.Done"];
    }

    private bool IsRead(InboxEntry row) => row.Read || Inbox.ReadElsewhere(row.ConversationId, row.ThreadId, row.Sequence);

    private string When(DateTime at)
    {
        var (local, today) = (at.ToLocal(), DateOnly.FromDateTime(Clock.Now().ToLocal()));
        return DateOnly.FromDateTime(local) == today ? local.ToString("HH:mm", CultureInfo.InvariantCulture) : local.ToString("d MMM HH:mm", CultureInfo.CurrentCulture);
    }

    private void Look(object? sender, EventArgs e)
    {
        if (rows is null || withdrawn == Inbox.Withdrawn) Refresh();
        else _ = InvokeAsync(ReloadAsync);
    }

    // What was taken back is taken back here too.
    private async Task ReloadAsync()
    {
        await LoadAsync();
        Refresh();
    }
}
