using System.Net;
using System.Text.Json;
using Hub.Tests.Api;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Meetings;

/// <summary>/meetings as API.md has it.</summary>
public sealed class MeetingApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string OtherBody = "gwen.tregarthen@nbtransport.example";

    private static object Draft(string title, string start, string end, string? recurrence = null, string zone = "Europe/London", params string[] attendees) =>
        new { title, start, end, timeZone = zone, attendees, recurrence };

    [Fact]
    public async Task A_booked_meeting_is_listed_for_those_in_it_and_for_nobody_else()
    {
        var (amara, jonas, other) = (await web.ProgramAsync(Amara), await web.ProgramAsync(Jonas), await web.ProgramAsync(OtherBody));
        var made = await amara.PostAsync("/meetings", Draft("Planning", "2031-06-02T09:30:00", "2031-06-02T10:00:00", null, "Europe/London", Jonas), Created);
        var id = made.Text("id");
        Assert.Equal("2031-06-02T08:30:00.000Z", made.Text("startsAt"));
        var unversioned = await amara.PutAsync($"/meetings/{id}", Draft("Planning", "2031-06-02T09:30:00", "2031-06-02T10:00:00"), UnprocessableEntity);
        Assert.Equal("version", Assert.Single(unversioned.GetProperty("errors").EnumerateObject()).Name);

        const string day = "/meetings?from=2031-06-02T00:00:00Z&to=2031-06-03T00:00:00Z";
        foreach (var person in new[] { amara, jonas })
        {
            var one = Assert.Single((await person.GetAsync(day, OK)).Items());
            Assert.Equal((id, "2031-06-02T08:30:00.000Z", "2031-06-02T09:00:00.000Z"), (one.Text("id"), one.Text("startsAt"), one.Text("endsAt")));
            Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (one.GetProperty("seriesId").ValueKind, one.GetProperty("recurrenceId").ValueKind));
        }
        // Half-open: it neither begins at the end nor lasts into the beginning.
        Assert.Empty((await amara.GetAsync("/meetings?from=2031-06-02T00:00:00Z&to=2031-06-02T08:30:00Z", OK)).Items());
        Assert.Empty((await amara.GetAsync("/meetings?from=2031-06-02T09:00:00Z&to=2031-06-03T00:00:00Z", OK)).Items());

        Assert.Empty((await other.GetAsync(day, OK)).Items());
        await other.GetAsync($"/meetings/{id}", NotFound);
        await other.GetAsync($"/meetings/{id}.ics", NotFound);
        await other.PostAsync($"/meetings/{id}/response", new { status = "accepted" }, NotFound);
        await other.PutAsync($"/meetings/{id}", Draft("Mine", "2031-06-02T09:30:00", "2031-06-02T10:00:00"), NotFound);
        await other.AskAsync(HttpMethod.Delete, $"/meetings/{id}", null, NotFound);
        await jonas.AskAsync(HttpMethod.Delete, $"/meetings/{id}", null, Forbidden);
    }

    [Fact]
    public async Task A_skipped_time_moves_forward_and_a_doubled_one_is_the_first()
    {
        var amara = await web.ProgramAsync(Amara);
        var skipped = await amara.PostAsync("/meetings", Draft("Skipped", "2027-03-28T01:30:00", "2027-03-28T02:30:00"), Created);
        // 01:30 does not exist that night: it is 02:30 summer time, and with the end at the same instant the length counts.
        Assert.Equal(("2027-03-28T01:30:00.000Z", "2027-03-28T02:30:00.000Z"), (skipped.Text("startsAt"), skipped.Text("endsAt")));
        var doubled = await amara.PostAsync("/meetings", Draft("Doubled", "2027-10-31T01:30:00", "2027-10-31T03:00:00"), Created);
        Assert.Equal(("2027-10-31T00:30:00.000Z", "2027-10-31T03:00:00.000Z"), (doubled.Text("startsAt"), doubled.Text("endsAt")));
    }

    [Fact]
    public async Task A_series_is_listed_occurrence_by_occurrence_in_pages_over_a_clock_change()
    {
        var amara = await web.ProgramAsync(Amara);
        var made = await amara.PostAsync("/meetings", Draft("Daily", "2032-03-26T09:00:00", "2032-03-26T09:15:00", "FREQ=DAILY;COUNT=60"), Created);
        var all = new List<JsonElement>();
        for (var next = ""; ;)
        {
            var page = await amara.GetAsync($"/meetings?from=2032-03-26T00:00:00Z&to=2032-07-01T00:00:00Z&limit=25{next}", OK);
            all.AddRange(page.Items());
            if (page.GetProperty("next").ValueKind == JsonValueKind.Null) break;
            next = "&after=" + Uri.EscapeDataString(page.Text("next"));
        }
        Assert.Equal(60, all.Count);
        Assert.All(all, o => Assert.Equal(made.Text("id"), o.Text("seriesId")));
        Assert.Equal(("2032-03-27T09:00:00.000Z", "2032-03-27T09:00:00"), (all[1].Text("startsAt"), all[1].Text("recurrenceId")));
        Assert.Equal(("2032-03-28T08:00:00.000Z", "2032-03-28T09:00:00"), (all[2].Text("startsAt"), all[2].Text("recurrenceId")));
        Assert.Equal(50, (await amara.GetAsync("/meetings?from=2032-03-26T00:00:00Z&to=2032-07-01T00:00:00Z", OK)).Items().Count);
    }

    [Theory]
    [InlineData("start", "2031-06-02T09:30:00Z", "2031-06-02T10:00:00", "Europe/London", null, null)]
    [InlineData("end", "2031-06-02T09:30:00", "2031-06-02T09:30:00", "Europe/London", null, null)]
    [InlineData("timeZone", "2031-06-02T09:30:00", "2031-06-02T10:00:00", "Mars/Olympus", null, null)]
    [InlineData("recurrence", "2031-06-02T09:30:00", "2031-06-02T10:00:00", "Europe/London", "FREQ=SOMETIMES", null)]
    [InlineData("attendees", "2031-06-02T09:30:00", "2031-06-02T10:00:00", "Europe/London", null, "nobody@northbridge.example")]
    [InlineData("attendees", "2031-06-02T09:30:00", "2031-06-02T10:00:00", "Europe/London", null, OtherBody)]
    public async Task What_cannot_be_booked_names_its_field(string field, string start, string end, string zone, string? rule, string? attendee)
    {
        var amara = await web.ProgramAsync(Amara);
        var refused = await amara.PostAsync("/meetings", Draft("Refused", start, end, rule, zone, attendee is null ? [] : [attendee]), UnprocessableEntity);
        Assert.Equal(field, Assert.Single(refused.GetProperty("errors").EnumerateObject()).Name);
    }

    [Fact]
    public async Task An_answer_is_kept_and_only_an_answer_is_taken()
    {
        var (amara, jonas) = (await web.ProgramAsync(Amara), await web.ProgramAsync(Jonas));
        var path = "/meetings/" + (await amara.PostAsync("/meetings", Draft("Ask", "2031-06-04T09:30:00", "2031-06-04T10:00:00", null, "Europe/London", Jonas), Created)).Text("id");
        foreach (var status in new[] { "accepted", "declined", "tentative", "tentative" })
        {
            await jonas.PostAsync(path + "/response", new { status }, OK);
            var mine = (await amara.GetAsync(path, OK)).GetProperty("attendees").EnumerateArray().Single(a => a.Text("email") == Jonas);
            Assert.Equal(status, mine.Text("status"));
        }
        foreach (var status in new[] { "needsAction", "1", "Perhaps", "" }) await jonas.PostAsync(path + "/response", new { status }, UnprocessableEntity);
        // Made, then three different answers: the fourth said nothing new.
        Assert.Equal(4, (await amara.GetAsync(path, OK)).GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Pages_asked_for_at_the_ends_of_time_show_what_there_is()
    {
        var amara = await web.ProgramAsync(Amara);
        var id = (await amara.PostAsync("/meetings", Draft("For ever", "1970-01-02T09:30:00", "1970-01-02T10:00:00", "FREQ=DAILY", "Asia/Tokyo"), Created)).Text("id");
        using var browser = await web.BrowserAsync(Amara);
        foreach (var page in new[] { "?day=9999-12-31", "?day=0001-01-01", "?view=month&day=2199-12-31", "?day=1971-01-01", $"/{id}?on=9999-12-31T23:59:59", $"/{id}?on=2200-12-31T09:30:01", $"/{id}?on=0001-01-01T00:00:00" })
        {
            using var answer = await browser.GetAsync(new Uri("/meetings" + page, UriKind.Relative));
            Assert.True(answer.StatusCode == OK, page);
        }
    }

    [Fact]
    public async Task The_calendar_file_carries_its_zone_and_everything_needs_sign_in()
    {
        var amara = await web.ProgramAsync(Amara);
        var id = (await amara.PostAsync("/meetings", Draft("File", "2031-06-05T09:30:00", "2031-06-05T10:00:00", "FREQ=WEEKLY;COUNT=4"), Created)).Text("id");
        using var answer = await amara.GetAsync($"/api/v1/meetings/{id}.ics");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal("text/calendar", answer.Content.Headers.ContentType!.MediaType);
        foreach (var line in new[] { "BEGIN:VTIMEZONE", "TZID:Europe/London", "DTSTART;TZID=Europe/London:20310605T093000", "RRULE:FREQ=WEEKLY;COUNT=4", "END:VCALENDAR" })
            Assert.Contains(line + "\r\n", text, StringComparison.Ordinal);

        var stranger = web.Stranger();
        await stranger.GetAsync("/meetings", Unauthorized);
        await stranger.GetAsync($"/meetings/{id}.ics", Unauthorized);
        await stranger.PostAsync("/meetings", Draft("No", "2031-06-05T09:30:00", "2031-06-05T10:00:00"), Unauthorized);
        await amara.GetAsync("/meetings?from=2031-06-05T00:00:00Z&to=2031-06-05T00:00:00Z", UnprocessableEntity);
        await amara.GetAsync("/meetings?from=yesterday", UnprocessableEntity);
        // The ends of time are times that no meeting has; an offset is read as one.
        await amara.GetAsync("/meetings?from=9999-12-31T23:00:00Z", UnprocessableEntity);
        await amara.GetAsync("/meetings?from=0001-01-01T00:00:00Z", UnprocessableEntity);
        var day = "from=2031-06-05T10:30:00%2B02:00&to=2031-06-05T11:30:00%2B02:00";
        Assert.Equal(id, Assert.Single((await amara.GetAsync("/meetings?" + day, OK)).Items()).Text("id"));
    }
}
