using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>What one webhook gave up delivering; read again with the page that shows it.</summary>
public sealed partial class HookLetterList
{
    private const int AtOnce = 50, MostAtOnce = 200;

    private List<DeadLetter> letters = [];
    private string? next;
    private ElementReference question, discard;
    // All are discarded once that is said again.
    private bool asked, moved;

    [Parameter, EditorRequired] public Guid Conversation { get; set; }

    [Parameter, EditorRequired] public HookRecord Hook { get; set; } = null!;

    /// <summary>Says what became of what one did.</summary>
    [Parameter, EditorRequired] public Func<Refusal?, string, object[], Task> Changed { get; set; } = null!;

    [Inject] private HookLetters Letters { get; set; } = null!;

    // As many as were shown, so that what somebody has paged to stays.
    protected override Task OnParametersSetAsync() => ShowAsync(again: true);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!moved) return;
        moved = false;
        await (asked ? question : discard).FocusAsync();
    }

    private void Ask(bool ask) => (asked, moved) = (ask, true);

    private Task MoreAsync() => ShowAsync(again: false);

    private async Task ShowAsync(bool again)
    {
        var page = await Letters.ListAsync(Actor, Conversation, Hook.Id, again ? null : next, again ? Math.Clamp(letters.Count, AtOnce, MostAtOnce) : AtOnce);
        letters = page.Ok ? [.. (again ? [] : letters).Concat(page.Value.Items).DistinctBy(l => l.Id)] : [];
        next = page.Ok ? page.Value.Next : null;
    }

    private async Task RepeatAsync(DeadLetter? letter)
    {
        var done = await Letters.RepeatAsync(Actor, Conversation, Hook.Id, letter?.Id);
        await Changed(done.Refusal, "Hooks.Said.Again", [done.Ok ? done.Value : 0]);
    }

    private async Task DiscardAsync(DeadLetter letter) => await Changed((await Letters.DiscardAsync(Actor, Conversation, Hook.Id, letter.Id)).Refusal, "Hooks.Said.Discarded", []);

    private async Task DiscardAllAsync()
    {
        asked = false;
        var done = await Letters.DiscardAsync(Actor, Conversation, Hook.Id);
        await Changed(done.Refusal, "Hooks.Said.Discarded.All", [done.Ok ? done.Value : 0]);
    }

    private string Why(DeadLetter letter) => T["Hooks.Tries", letter.Tries, T[letter.Failure is { } failure ? $"HookFailure.{failure}" : "Hooks.Unknown", letter.Status ?? 0], When(letter.TriedAt ?? letter.DeadAt)];

    private static string When(DateTime at) => at.ToLocal().ToString("d MMM yyyy HH:mm", CultureInfo.CurrentCulture);
}
