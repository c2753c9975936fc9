using System.Globalization;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Web.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Meetings;

/// <summary>One meeting: who, when in my zone and in its own, answers as they come.</summary>
public sealed partial class MeetingPage : LiveComponent
{
    private static readonly AttendeeStatus[] Answers = [AttendeeStatus.Accepted, AttendeeStatus.Tentative, AttendeeStatus.Declined];

    private MeetingRecord? meeting;
    private MyTime time = MyTime.Of(null);
    private IDisposable? watch;
    private Guid followed;
    private bool gone, sure;
    private string said = "";

    [Inject] private MeetingService Service { get; set; } = null!;
    [Inject] private IServiceProvider Services { get; set; } = null!;
    [Inject] private PageScripts Scripts { get; set; } = null!;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    [Parameter] public Guid Id { get; set; }

    /// <summary>RECURRENCE-ID of the occurrence to show; without one the next.</summary>
    [SupplyParameterFromQuery] public string? On { get; set; }

    // To the week one came from.
    private string Back => On is null || meeting is null ? "/meetings" : $"/meetings?day={time.Day(meeting.Occurrence(On, Clock.Now()).StartsAt).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";

    private AttendeeStatus? Mine => meeting?.Attendees.FirstOrDefault(a => a.Id == Actor.PersonId)?.Status;

    protected override async Task OnParametersSetAsync()
    {
        if (followed == Id) return;
        followed = Id;
        Unfollow(watch);
        (meeting, gone, sure, said) = (null, false, false, "");
        watch = await FollowAsync(Topic.Meeting(Id), LoadAsync, Take, () => (meeting, gone) = (null, true));
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        await using var script = Scripts.Of("/Meetings/MeetingsPage.razor.js");
        time = MyTime.Of(await script.CallAsync<string>("zone"));
        StateHasChanged();
    }

    private async Task<long> LoadAsync()
    {
        var loaded = await Service.GetAsync(Actor, Id);
        (meeting, gone) = loaded.Ok ? (loaded.Value, false) : (null, true);
        return meeting?.Version ?? 0;
    }

    private bool Take(LiveEvent e)
    {
        if (meeting?.Apply(e) is not { } next) return false;
        meeting = next;
        return true;
    }

    private async Task AnswerAsync(AttendeeStatus status)
    {
        var outcome = await Service.RespondAsync(Actor, Id, status);
        said = outcome.Refusal is { } refusal ? Words(refusal) : T["Answered", T[$"Status.{status}"].Value];
        // The event brings the same; this is for the one who pressed, at once.
        if (outcome.Ok && outcome.Value.Version >= (meeting?.Version ?? 0)) meeting = outcome.Value;
    }

    private async Task CancelAsync()
    {
        sure = false;
        var outcome = await Service.CancelAsync(Actor, Id);
        if (outcome.Refusal is { } refusal) said = Words(refusal);
        else if (outcome.Value.Version >= (meeting?.Version ?? 0)) meeting = outcome.Value;
    }

    private string Words(Refusal refusal) => Services.GetRequiredService<Refusals>().Text(refusal);

    private int Count(AttendeeStatus status) => meeting!.Attendees.Count(a => a.Status == status);

    private static string Look(AttendeeStatus status) => status switch
    {
        AttendeeStatus.Accepted => "chip-ok",
        AttendeeStatus.Declined => "chip-bad",
        AttendeeStatus.Tentative => "chip-warn",
        _ => "",
    };

    private static string Sign(AttendeeStatus status) => status switch
    {
        AttendeeStatus.Accepted => "circle-check",
        AttendeeStatus.Declined => "circle-x",
        AttendeeStatus.Tentative => "circle-help",
        _ => "circle",
    };
}
