using Hub.Domain;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Hub.Web.Fixes;

/// <summary>A run, live: the step that stands above what has been done.</summary>
public sealed partial class RunPage
{
    private RunView? run;
    private FixFigures? figures;
    private IReadOnlyList<DeviceCard> devices = [];
    private Guid followed;
    private IDisposable? watch;
    private bool missing, busy, refused, answered;
    private string? shown;

    [Parameter] public Guid Id { get; set; }

    [Inject] private RunService Runs { get; set; } = null!;

    [Inject] private FixService Service { get; set; } = null!;

    [Inject] private DeviceService Devices { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    [Inject] private IJSRuntime Script { get; set; } = null!;

    private bool Mine => run?.RunnerId == Actor.PersonId;

    /// <summary>Resource key of how a run ended, or stands.</summary>
    private static string EndKey(RunState state, bool verified) => state switch
    {
        RunState.Fixed => verified ? "Done.Verified" : "Done.ByWord",
        RunState.NotFixed => "Done.NotFixed",
        RunState.Abandoned => "Done.Abandoned",
        RunState.Working => "State.working",
        _ => "State.waiting",
    };

    protected override async Task OnParametersSetAsync()
    {
        if (followed == Id) return;
        followed = Id;
        Unfollow(watch);
        watch = await FollowAsync(Topic.Run(Id), LoadAsync, Apply, () => missing = true);
        if (Mine) devices = await Devices.MineAsync(Actor);
    }

    // The button that was pressed is gone: who answered goes on from the step that came.
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        var now = run is null ? null : run.Step?.Id ?? "";
        if (now == shown) return;
        shown = now;
        if (answered) await Script.InvokeVoidAsync("hubFocus", now is "" ? "run-end" : "step-title");
    }

    private async Task<long> LoadAsync()
    {
        var got = await Runs.GetAsync(Actor, Id);
        missing = !got.Ok;
        run = got.Ok ? got.Value : null;
        if (run is not null && (figures is null || run.EndedAt is not null) && await Service.GetAsync(Actor, run.Fix.Slug) is { Ok: true } fix) figures = fix.Value.Fix.Figures;
        return run?.Version ?? 0;
    }

    // Every event carries the whole run as it stands after it; its end counts among the fix's figures.
    private bool Apply(LiveEvent e)
    {
        if (e.Payload is not RunView view || (view.EndedAt is not null && run?.EndedAt is null)) return false;
        run = view;
        return true;
    }

    private Task AnswerAsync(string value) => DoAsync(async () => Took(await Runs.AnswerAsync(Actor, Id, run!.Step!.Id, value)));

    private Task LeaveAsync() => DoAsync(async () => Took(await Runs.AbandonAsync(Actor, Id)));

    // The same choice as the engine's: the first of its kind by name.
    private string DeviceOf(string on)
    {
        DeviceKind? kind = on switch { "phone" => DeviceKind.Phone, "laptop" => DeviceKind.Laptop, "desktop" => DeviceKind.VirtualDesktop, _ => null };
        return devices.FirstOrDefault(d => d.Kind == kind) is { } device ? T["Device", device.Model, device.Name] : "";
    }

    // The run is in the help channel now, and so is whoever asked.
    private Task PersonAsync() => DoAsync(async () =>
    {
        var handed = await Runs.HandOverAsync(Actor, Id, T["Person.Words", run!.Fix.Title]);
        refused = !handed.Ok;
        if (handed.Ok) Navigation.NavigateTo($"/chat/{handed.Value}");
    });

    private async Task DoAsync(Func<Task> work)
    {
        if (busy) return;
        (busy, refused, answered) = (true, false, true);
        await work();
        busy = false;
    }

    private void Took(Outcome<RunView> outcome)
    {
        refused = !outcome.Ok && outcome.Refusal!.Kind != RefusalKind.Stale;
        var now = outcome.Ok ? outcome.Value : outcome.Refusal!.Current as RunView;
        if (now is not null && now.Version >= run!.Version) run = now;
    }
}
