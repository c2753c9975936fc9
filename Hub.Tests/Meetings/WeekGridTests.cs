using Bunit;
using Hub.Domain.Meetings;
using Hub.Web.Meetings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;

namespace Hub.Tests.Meetings;

public sealed class WeekGridTests
{
    private static readonly DateOnly Monday = new(2027, 3, 22);

    private static MeetingOccurrence At(string title, int day, int hour, int minute, int minutes, AttendeeStatus status = AttendeeStatus.Accepted)
    {
        var start = new DateTime(2027, 3, day, hour, minute, 0, DateTimeKind.Utc);
        return new(Guid.NewGuid(), null, null, start, start.AddMinutes(minutes), "Europe/London", title, "", new Organiser(Guid.NewGuid(), "Amara Osei"), status, 2);
    }

    [Fact]
    public async Task A_meeting_stands_on_its_day_at_its_local_time_with_its_answer_in_words()
    {
        await using var context = new BunitContext();
        context.Services.AddLocalization();
        var declined = At("Briefing", 28, 9, 30, 30, AttendeeStatus.Declined);
        var page = context.Render<WeekGrid>(p => p.Add(w => w.First, Monday).Add(w => w.Today, Monday).Add(w => w.Now, new DateTime(2027, 3, 22, 8, 0, 0, DateTimeKind.Utc))
            .Add(w => w.Time, MyTime.Of("Europe/London")).Add(w => w.Items, [declined]));

        var shown = page.Find("[data-day='2027-03-28'] a.meeting");
        Assert.Equal($"/meetings/{declined.Id}", shown.GetAttribute("href"));
        // 28 March is the day on which London's clocks go forward: half past nine UTC is half past ten there.
        Assert.Contains("--from:10.5;", shown.GetAttribute("style"), StringComparison.Ordinal);
        Assert.Contains("Declined", shown.TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindAll("a.meeting"));
    }

    [Theory]
    [InlineData("FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20271231T235959Z", "Every week on Mon, Wed, until 31 December 2027")]
    [InlineData("FREQ=DAILY;INTERVAL=2;COUNT=6", "Every 2 days, 6 times")]
    [InlineData("FREQ=WEEKLY;BYDAY=--,MO;UNTIL=2027-12-31", "Every week on Mon")]
    public async Task A_rule_is_said_in_words_and_what_is_none_left_out(string rule, string words)
    {
        await using var context = new BunitContext();
        context.Services.AddLocalization();
        Assert.Equal(words, MyTime.Rule(rule, context.Services.GetRequiredService<IStringLocalizer<MeetingsText>>()));
    }

    [Fact]
    public void What_overlaps_stands_side_by_side_and_what_crosses_midnight_on_both_days()
    {
        var time = MyTime.Of("Europe/London");
        var (a, b, c, night) = (At("a", 22, 9, 0, 60), At("b", 22, 9, 30, 60), At("c", 22, 10, 30, 30), At("night", 22, 23, 0, 120));
        var day = WeekLanes.Day(Monday, [a, b, c, night], time);
        Assert.Equal([(0, 2), (1, 2), (0, 1), (0, 1)], day.Select(p => (p.Lane, p.Lanes)));
        Assert.Equal((1380, 1440), (day[3].From, day[3].To));
        var next = Assert.Single(WeekLanes.Day(Monday.AddDays(1), [a, b, c, night], time));
        Assert.Equal((0, 60), (next.From, next.To));
    }
}
