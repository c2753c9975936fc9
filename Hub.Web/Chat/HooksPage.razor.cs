using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>A channel's webhooks. What one made is shown once; it follows what other owners do, and deliveries as they stood when it was last read.</summary>
public sealed partial class HooksPage
{
    private HookList? list;
    private HookAnswered? made;
    private IDisposable? watch;
    private ElementReference heading;
    private Guid shown;
    private ElementReference question;
    // The webhook that ends, or gets another secret, once that is said again.
    private (Guid Id, bool Renew)? asked;
    private bool asking;
    private string said = "";
    private bool missing;

    [Parameter] public Guid Id { get; set; }

    [Inject] private HookService Hooks { get; set; } = null!;
    [Inject] private Refusals Refusals { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private IConfiguration Configuration { get; set; } = null!;

    protected override async Task OnParametersSetAsync()
    {
        if (shown == Id) return;
        (shown, list, made, asked, missing, said) = (Id, null, null, null, false, "");
        Unfollow(watch);
        watch = await FollowAsync(Topic.Conversation(Id), LoadAsync, e => e.Payload is MessageRecord or ReactionChange, () => (missing, list, made) = (true, null, null));
    }

    private async Task<long> LoadAsync()
    {
        var found = await Hooks.ListAsync(Actor, Id);
        (missing, list) = (!found.Ok, found.Ok ? found.Value : null);
        if (missing) made = null;
        return list?.Version ?? 0;
    }

    private async Task<bool> MakeAsync(NewHook hook) => await ShowAsync(await Hooks.CreateAsync(Actor, Id, hook), "Hooks.Said.Made");

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        await base.OnAfterRenderAsync(firstRender);
        if (!asking) return;
        asking = false;
        await question.FocusAsync();
    }

    private void Ask(HookRecord h, bool renew) => (asked, asking) = ((h.Id, renew), true);

    private async Task KeepAsync()
    {
        asked = null;
        await heading.FocusAsync(preventScroll: true);
    }

    private async Task RenewAsync(HookRecord h)
    {
        asked = null;
        await ShowAsync(await Hooks.RenewAsync(Actor, Id, h.Id), "Hooks.Said.Renewed");
    }

    private async Task EndAsync(HookRecord h)
    {
        (asked, made) = (null, made?.Hook.Id == h.Id ? null : made);
        var done = await Hooks.EndAsync(Actor, Id, h.Id);
        await ChangedAsync(done.Refusal, "Hooks.Said.Ended", [h.Name]);
    }

    private async Task<bool> ShowAsync(Outcome<HookMade> outcome, string word)
    {
        made = outcome.Ok ? HookAnswered.Of(outcome.Value, Configuration["Hub:Address"] is { Length: > 0 } address ? address : Navigation.BaseUri) : made;
        await ChangedAsync(outcome.Refusal, word, [outcome.Ok ? outcome.Value.Hook.Name : ""]);
        return outcome.Ok;
    }

    // What was acted on may be gone, and the focus with it.
    private async Task ChangedAsync(Refusal? refusal, string word, object[] args)
    {
        said = refusal is null ? T[word, args] : Refusals.Text(refusal);
        await LoadAsync();
        StateHasChanged();
        if (refusal is null) await heading.FocusAsync(preventScroll: true);
    }

    private string Facts(HookRecord h)
    {
        var facts = new List<string>();
        if (h.Kind == HookKind.Incoming) facts.Add(T[h.Wakes ? "Hooks.Wakes" : "Hooks.Quiet"]);
        else facts.AddRange([h.Address, string.Join(", ", h.Events.Select(e => T[$"HookEvent.{e}"].Value))]);
        if (h.Word.Length > 0) facts.Add(T["Hooks.Word", h.Word]);
        if (h.RenewedAt is { } renewed) facts.Add(T["Hooks.Renewed", When(renewed)]);
        if (h.DeliveredAt is { } delivered) facts.Add(T["Hooks.Delivered", When(delivered)]);
        if (h.Waiting > 0) facts.Add(T["Hooks.Waiting", h.Waiting]);
        return string.Join(" · ", facts);
    }

    private static string When(DateTime at) => at.ToLocal().ToString("d MMM yyyy HH:mm", CultureInfo.CurrentCulture);
}
