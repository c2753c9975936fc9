using System.Globalization;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.People;

/// <summary>
/// A unit's people: who is on shift, next, absent and off. It loads again when the unit's shifts change, and when the clock has moved one of its people into
/// another group, which their presence tells.
/// </summary>
public sealed partial class TeamPage
{
    private readonly HashSet<Guid> followed = [];
    private TeamView? team;
    private IDisposable? follow;
    private Guid? shown, correcting;
    private string said = "";
    private Func<Task<Refusal?>>? undo;
    private bool loaded, loading, again;

    [SupplyParameterFromQuery(Name = "unit")] public Guid? Unit { get; set; }

    [Inject] private TeamService Teams { get; set; } = null!;
    [Inject] private ShiftService Shifts { get; set; } = null!;
    [Inject] private Colleagues Colleagues { get; set; } = null!;
    [Inject] private Refusals Refusals { get; set; } = null!;
    [Inject] private TimeProvider Clock { get; set; } = null!;

    protected override async Task OnParametersSetAsync()
    {
        if (loaded && shown == Unit) return;
        shown = Unit;
        Unfollow(follow);
        var found = await Teams.GetAsync(Actor, Unit);
        (team, loaded, correcting, undo, said) = (found.Ok ? found.Value : null, true, null, null, "");
        if (team is { } t) follow = await FollowAsync(Topic.Unit(t.UnitId), LoadAsync, _ => false, () => team = null);
    }

    public override void Dispose()
    {
        foreach (var person in followed) Colleagues.Unfollow(person, Moved);
        base.Dispose();
    }

    private async Task<long> LoadAsync()
    {
        var found = await Teams.GetAsync(Actor, team?.UnitId ?? Unit);
        team = found.Ok ? found.Value : null;
        if (!RendererInfo.IsInteractive) return 0;
        var people = (team?.Members ?? []).Select(m => m.PersonId).ToHashSet();
        foreach (var gone in followed.Except(people).ToList())
        {
            followed.Remove(gone);
            Colleagues.Unfollow(gone, Moved);
        }
        foreach (var person in people.Where(followed.Add)) Colleagues.Follow(Actor, person, Moved, InvokeAsync);
        return team?.Version ?? 0;
    }

    // Called while the page is drawn: what it finds is loaded after that.
    private void Moved()
    {
        if (team?.Members.Any(m => Colleagues.Of(m.PersonId) is { } now && Elsewhere(m, now)) == true) _ = InvokeAsync(ReloadAsync);
    }

    private static bool Elsewhere(TeamMember m, PersonPresence now) =>
        (now.OnShift is { } on && on != (m.Group == TeamGroup.OnShift)) || (now.Now == PersonState.Absent && m.Group != TeamGroup.Absent) || (now.Now == PersonState.OffShift && m.Group == TeamGroup.Absent);

    private async Task ReloadAsync()
    {
        again = loading;
        if (loading) return;
        loading = true;
        try
        {
            do
            {
                again = false;
                await LoadAsync();
            }
            while (again);
        }
        finally
        {
            loading = false;
        }
        Refresh();
    }

    private void Correct(TeamMember m) => correcting = correcting == m.PersonId ? null : m.PersonId;

    // Null takes the shift away. What was done can be undone, once.
    private async Task<Refusal?> SaveAsync(TeamMember m, ShiftTimes? times)
    {
        Refusal? refusal;
        Func<Task<Refusal?>> back;
        if (m.Shift is not { } before)
        {
            var added = await Shifts.AddAsync(Actor, m.PersonId, times!);
            (refusal, back) = (added.Refusal, async () => (await Shifts.RemoveAsync(Actor, added.Value.Id, added.Value.Version)).Refusal);
        }
        else if (times is null)
        {
            refusal = (await Shifts.RemoveAsync(Actor, before.Id, before.Version)).Refusal;
            back = async () => (await Shifts.AddAsync(Actor, m.PersonId, new ShiftTimes(before.StartsAt, before.EndsAt))).Refusal;
        }
        else
        {
            var changed = await Shifts.ChangeAsync(Actor, before.Id, times, before.Version);
            (refusal, back) = (changed.Refusal, async () => (await Shifts.ChangeAsync(Actor, before.Id, new ShiftTimes(before.StartsAt, before.EndsAt), changed.Value.Version)).Refusal);
        }
        if (refusal is not null) return refusal;
        (correcting, undo) = (null, back);
        said = T[times is null ? "Team.Removed" : "Team.Corrected", m.Name];
        Refresh();
        return null;
    }

    private async Task UndoAsync()
    {
        if (undo is not { } back) return;
        undo = null;
        said = await back() is { } refusal ? Refusals.Text(refusal) : T["Team.Undone"];
    }

    private string Name(TeamGroup group) => group switch
    {
        TeamGroup.OnShift => T["Team.OnShift"],
        TeamGroup.Next => T["Team.Next"],
        TeamGroup.Absent => T["Team.Absent"],
        TeamGroup.Off => T["Team.Off"],
        _ => T["Team.NoShifts"],
    };

    private string When(TeamMember m) => m switch
    {
        { Group: TeamGroup.OnShift, Shift: { } on } => T["Team.Until", Time(on.EndsAt)],
        { Group: TeamGroup.Absent, AbsentUntil: { } end, Absence: { } kind } => T["Team.AbsentFor", Kind(kind), Day(end)],
        { Group: TeamGroup.Absent, AbsentUntil: { } end } => T["Team.Until", Day(end)],
        { Shift: { } next } => T["Team.From", Time(next.StartsAt)],
        { Group: TeamGroup.Off } => T["Team.Unplanned"],
        _ => "",
    };

    private string Kind(AbsenceKind kind) => kind switch { AbsenceKind.Leave => T["Absence.Leave"], AbsenceKind.Sick => T["Absence.Sick"], _ => T["Absence.Training"] };

    private string Time(DateTime utc) => utc.ToLocal() is var local && local.Date == Clock.Now().ToLocal().Date ? local.ToString("HH:mm", CultureInfo.CurrentCulture) : local.ToString("ddd d MMM HH:mm", CultureInfo.CurrentCulture);

    // The last day of it: an absence ends with the midnight after.
    private static string Day(DateTime end) => end.AddTicks(-1).ToLocal().ToString("ddd d MMM", CultureInfo.CurrentCulture);
}
