using System.Globalization;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Web.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Meetings;

/// <summary>My week or month. It follows my own topic: whatever books, moves or cancels a meeting of mine is there at once.</summary>
public sealed partial class MeetingsPage : LiveComponent, IAsyncDisposable
{
    private IReadOnlyList<MeetingOccurrence>? items;
    private MyTime time = MyTime.Of(null);
    private IDisposable? watch;
    private (DateOnly First, int Days, string Zone)? shown;
    private PageScript? script;

    [Inject] private MeetingCalendar Calendar { get; set; } = null!;
    [Inject] private TimeProvider Clock { get; set; } = null!;
    [Inject] private PageScripts Scripts { get; set; } = null!;

    /// <summary>A day of the week or month to show, yyyy-MM-dd; today when there is none.</summary>
    [SupplyParameterFromQuery(Name = "day")] public string? DayText { get; set; }

    /// <summary>week or month.</summary>
    [SupplyParameterFromQuery(Name = "view")] public string? View { get; set; }

    private DateOnly Today => time.Day(Clock.Now());

    private DateOnly Day => DateOnly.TryParseExact(DayText, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var d) && d.Year is > 1970 and < 2200 ? d : Today;

    private string Mode => View == "month" ? "month" : "week";

    private DateOnly First => Monday(Mode == "month" ? new DateOnly(Day.Year, Day.Month, 1) : Day);

    private int Days => Mode == "month" ? 42 : 7;

    private string Heading => Mode == "month"
        ? Day.ToString("MMMM yyyy", CultureInfo.CurrentCulture)
        : $"{First.ToString("d MMM", CultureInfo.CurrentCulture)} – {First.AddDays(6).ToString("d MMM yyyy", CultureInfo.CurrentCulture)}";

    /// <summary>The Monday of the day's week.</summary>
    internal static DateOnly Monday(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));

    protected override async Task OnParametersSetAsync() => await ShowAsync();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        script = Scripts.Of("/Meetings/MeetingsPage.razor.js");
        time = MyTime.Of(await script.CallAsync<string>("start"));
        await ShowAsync();
        StateHasChanged();
    }

    private async Task ShowAsync()
    {
        var now = (First, Days, time.Zone.Id);
        if (shown == now) return;
        shown = now;
        Unfollow(watch);
        watch = await FollowAsync(Topic.Me(Actor.PersonId), LoadAsync, e => !e.Name.StartsWith("meeting-", StringComparison.Ordinal));
    }

    private async Task<long> LoadAsync()
    {
        var loaded = await Calendar.OccurrencesAsync(Actor, time.Midnight(First), time.Midnight(First.AddDays(Days)));
        items = loaded.Ok ? loaded.Value.Items : [];
        return loaded.Ok ? loaded.Value.Version : 0;
    }

    private DateOnly Step(int by) => Mode == "month" ? new DateOnly(Day.Year, Day.Month, 1).AddMonths(by) : Day.AddDays(7 * by);

    private static string Link(DateOnly day, string mode) => $"/meetings?view={mode}&day={day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";

    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (script is not null) await script.DisposeAsync();
    }
}
