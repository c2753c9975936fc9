using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Ical.Net.CalendarComponents;

namespace Hub.Tests.Meetings;

public sealed class MeetingServiceTests
{
    private const string AmaraMail = "amara.osei@northbridge.example", JonasMail = "jonas.berg@northbridge.example", StrangerMail = "sol.strange@nbtransport.example";

    private static MeetingDraft Draft(string start = "2027-03-22T09:30:00", string end = "2027-03-22T10:00:00", string? rule = null, string title = "Shift handover", params string[] people) =>
        new(title, start, end, "Europe/London", people.Length == 0 ? [JonasMail] : people, rule, "Harbour Street", "Bring the rota");

    private static DateTime Utc(int year, int month, int day, int hour = 0, int minute = 0) => new(year, month, day, hour, minute, 0, DateTimeKind.Utc);

    [Theory, Databases]
    public async Task A_booked_meeting_stands_in_both_calendars_and_in_no_others(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (service, calendar) = (hub.Get<MeetingService>(), hub.Get<MeetingCalendar>());
        var booked = (await service.BookAsync(hub.Amara, Draft())).Value;
        Assert.Equal(1, booked.Version);
        Assert.Equal(Utc(2027, 3, 22, 9, 30), booked.StartsAt);

        var (from, to) = (Utc(2027, 3, 22), Utc(2027, 3, 29));
        var mine = Assert.Single((await calendar.OccurrencesAsync(hub.Amara, from, to)).Value.Items);
        Assert.Equal((AttendeeStatus.Accepted, null, null), (mine.MyStatus, mine.SeriesId, mine.RecurrenceId));
        Assert.Equal(AttendeeStatus.NeedsAction, Assert.Single((await calendar.OccurrencesAsync(hub.Jonas, from, to)).Value.Items).MyStatus);
        Assert.Empty((await calendar.OccurrencesAsync(hub.Stranger, from, to)).Value.Items);
        // Half-open: it neither begins at the end of the time asked for, nor ends at its start.
        Assert.Empty((await calendar.OccurrencesAsync(hub.Amara, from, booked.StartsAt)).Value.Items);
        Assert.Empty((await calendar.OccurrencesAsync(hub.Amara, booked.EndsAt, to)).Value.Items);
    }

    [Theory, Databases]
    public async Task Who_is_not_in_a_meeting_can_do_nothing_with_it_whatever_their_role(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (service, calendar) = (hub.Get<MeetingService>(), hub.Get<MeetingCalendar>());
        var other = await hub.AddPersonAsync("Mina Kaya", "mina.kaya@northbridge.example");
        var id = (await service.BookAsync(hub.Amara, Draft())).Value.Id;
        await hub.Get<RoleService>().GrantAsync(other.PersonId, Role.Administrator, ScopeKind.Hub, null);

        foreach (var outsider in new[] { other, hub.Stranger })
        {
            Assert.Equal(RefusalKind.NotFound, (await service.GetAsync(outsider, id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await service.ChangeAsync(outsider, id, Draft(), 1)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await service.CancelAsync(outsider, id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await service.RespondAsync(outsider, id, AttendeeStatus.Accepted)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await calendar.ExportAsync(outsider, id)).Refusal!.Kind);
            Assert.Null(await hub.Get<LiveBus>().WatchAsync(outsider, Topic.Meeting(id), _ => Task.CompletedTask));
        }
        Assert.Equal(RefusalKind.Forbidden, (await service.ChangeAsync(hub.Jonas, id, Draft(), 1)).Refusal!.Kind);
        Assert.Equal(RefusalKind.Forbidden, (await service.CancelAsync(hub.Jonas, id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await service.GetAsync(hub.Amara, Guid.NewGuid())).Refusal!.Kind);

        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        Assert.Equal(RefusalKind.NotFound, (await service.GetAsync(hub.Jonas, id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await service.BookAsync(hub.Jonas, Draft())).Refusal!.Kind);
    }

    [Theory, Databases]
    public async Task Unknown_and_invisible_people_are_refused_by_name_and_bad_input_by_field(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var service = hub.Get<MeetingService>();
        var refusal = (await service.BookAsync(hub.Amara, Draft(people: [JonasMail, StrangerMail, "nobody@northbridge.example"]))).Refusal!;
        Assert.Equal("attendees", Assert.Single(refusal.Fields).Key);
        Assert.Equal($"{StrangerMail}, nobody@northbridge.example", refusal.Args[0]);

        foreach (var (field, draft) in new (string, MeetingDraft)[]
        {
            ("title", Draft(title: " ")), ("title", Draft(title: new string('x', 201))), ("title", Draft(title: "a\0b")),
            ("timeZone", Draft() with { TimeZone = "Europe/Atlantis" }), ("timeZone", Draft() with { TimeZone = null }),
            ("timeZone", Draft() with { TimeZone = "UTC+05:30" }),
            ("start", Draft("2027-03-22T09:30:00Z")), ("start", Draft("")), ("end", Draft(end: "2027-03-22T09:30:00")),
            ("recurrence", Draft(rule: "FREQ=HOURLY")), ("recurrence", Draft(rule: "nonsense")), ("recurrence", Draft(rule: "FREQ=DAILY;COUNT=0")),
            ("recurrence", Draft(rule: "FREQ=DAILY;COUNT=2;UNTIL=20280101")), ("recurrence", Draft(rule: "FREQ=WEEKLY;BYDAY=XX")),
            ("recurrence", Draft(rule: "FREQ=DAILY;UNTIL=20200101")), ("recurrence", Draft(rule: "FREQ=DAILY;COUNT=2\r\nATTENDEE:x")),
            ("recurrence", Draft(rule: "FREQ=DAILY;UNTIL=2027-12-31")), ("recurrence", Draft(rule: "FREQ=DAILY;UNTIL=20271231Z")), ("recurrence", Draft(rule: "FREQ=DAILY;UNTIL=20271341")),
            ("recurrence", Draft(rule: "FREQ=DAILY;UNTIL=20271231\n;INTERVAL=2")), ("recurrence", Draft(rule: "FREQ=WEEKLY;BYDAY=--")), ("recurrence", Draft(rule: "FREQ=WEEKLY;WKST=--")),
            // As long as the column, until the last day gets its time.
            ("recurrence", Draft(rule: "FREQ=WEEKLY;UNTIL=20271231;BYDAY=MO" + string.Concat(Enumerable.Repeat(",MO", 155)))),
            // From a Monday, every seventh day, on Tuesdays: there is none.
            ("recurrence", Draft(rule: "FREQ=DAILY;INTERVAL=7;BYDAY=TU")),
        })
        {
            var wrong = (await service.BookAsync(hub.Amara, draft)).Refusal;
            Assert.True(wrong is { Kind: RefusalKind.Invalid } && wrong.Fields.ContainsKey(field), $"{field}: {draft} gave {wrong}");
        }
        var edge = Draft(rule: "FREQ=WEEKLY;UNTIL=20271231T235959;BYDAY=MO" + string.Concat(Enumerable.Repeat(",MO", 152)));
        Assert.Equal(498, (await service.BookAsync(hub.Amara, edge)).Value.Recurrence!.Length);
    }

    [Theory, Databases]
    public async Task A_skipped_time_moves_forward_by_the_gap_and_one_that_comes_twice_is_the_first(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (service, calendar) = (hub.Get<MeetingService>(), hub.Get<MeetingCalendar>());
        // In London the clocks go from 01:00 to 02:00 on 28 March 2027, and from 02:00 back to 01:00 on 31 October 2027.
        var skipped = (await service.BookAsync(hub.Amara, Draft("2027-03-28T01:30:00", "2027-03-28T02:15:00"))).Value;
        Assert.Equal((Utc(2027, 3, 28, 1, 30), Utc(2027, 3, 28, 2, 15)), (skipped.StartsAt, skipped.EndsAt));
        var twice = (await service.BookAsync(hub.Amara, Draft("2027-10-31T01:30:00", "2027-10-31T03:00:00"))).Value;
        Assert.Equal((Utc(2027, 10, 31, 0, 30), Utc(2027, 10, 31, 3)), (twice.StartsAt, twice.EndsAt));

        await service.CancelAsync(hub.Amara, skipped.Id);
        var series = (await service.BookAsync(hub.Amara, Draft("2027-03-26T01:30:00", "2027-03-26T02:30:00", "FREQ=DAILY;COUNT=4"))).Value;
        var starts = (await calendar.OccurrencesAsync(hub.Jonas, Utc(2027, 3, 1), Utc(2027, 4, 30))).Value.Items;
        Assert.Equal([Utc(2027, 3, 26, 1, 30), Utc(2027, 3, 27, 1, 30), Utc(2027, 3, 28, 1, 30), Utc(2027, 3, 29, 0, 30)], starts.Select(s => s.StartsAt));
        Assert.All(starts, s => Assert.Equal(series.Id, s.SeriesId));
        Assert.Equal("2027-03-28T01:30:00", starts[2].RecurrenceId);

        // A page that was opened from one of them shows that one; else the one that is on or comes next, and of a series that is over the last.
        foreach (var s in starts) Assert.Equal((s.StartsAt, s.EndsAt), series.Occurrence(s.RecurrenceId, Utc(2027, 1, 1)));
        foreach (var none in new[] { null, "", "yesterday", "2027-03-28T02:30:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59" })
        {
            Assert.Equal(starts[0].StartsAt, series.Occurrence(none, Utc(2027, 1, 1)).StartsAt);
            Assert.Equal(starts[1].StartsAt, series.Occurrence(none, starts[1].EndsAt.AddMinutes(-1)).StartsAt);
            Assert.Equal(starts[2].StartsAt, series.Occurrence(none, starts[1].EndsAt).StartsAt);
            Assert.Equal(starts[3].EndsAt, series.Occurrence(none, Utc(2028, 1, 1)).EndsAt);
        }
        Assert.Equal(skipped.StartsAt, skipped.Occurrence("2030-01-01T01:30:00", Utc(2028, 1, 1)).StartsAt);
    }

    [Theory, Databases]
    public async Task Series_without_an_end_are_paged_and_far_away_weeks_are_found(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (service, calendar) = (hub.Get<MeetingService>(), hub.Get<MeetingCalendar>());
        await service.BookAsync(hub.Amara, Draft(rule: "FREQ=DAILY"));
        await service.BookAsync(hub.Amara, Draft(rule: "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270331"));
        var first = (await calendar.OccurrencesAsync(hub.Amara, Utc(2027, 1, 1), Utc(2036, 1, 1))).Value;
        Assert.Equal(Recurrence.MostOccurrences, first.Items.Count);
        var second = (await calendar.OccurrencesAsync(hub.Amara, Utc(2027, 1, 1), Utc(2036, 1, 1), after: first.Next)).Value;
        Assert.Equal(Recurrence.MostOccurrences, second.Items.Count);
        Assert.Equal(first.Items[^1].StartsAt.AddDays(1).Date, second.Items[0].StartsAt.Date);
        Assert.Equal(4, first.Items.Count(o => o.Id != first.Items[^1].Id));
        Assert.Equal(7, (await calendar.OccurrencesAsync(hub.Amara, Utc(2050, 1, 3), Utc(2050, 1, 10))).Value.Items.Count);

        // East of UTC the last hours of time are a day that there is not.
        await service.BookAsync(hub.Amara, Draft(rule: "FREQ=DAILY") with { TimeZone = "Asia/Tokyo" });
        foreach (var (field, from, to, after) in new (string, DateTime, DateTime, string?)[]
        {
            ("from", Utc(9999, 12, 31, 23), DateTime.MaxValue, null), ("from", DateTime.MinValue, Utc(2027, 1, 1), null), ("to", Utc(2027, 1, 1), Utc(9999, 12, 31, 23), null),
            ("to", Utc(2027, 1, 1), Utc(2027, 1, 1), null), ("after", Utc(2027, 1, 1), Utc(2028, 1, 1), $"{DateTime.MaxValue.Ticks}_{Guid.Empty:N}"),
        })
        {
            var refused = (await calendar.OccurrencesAsync(hub.Amara, from, to, after: after)).Refusal!;
            Assert.Equal((field, "meeting.range"), (Assert.Single(refused.Fields).Key, refused.Code));
        }
    }

    [Theory, Databases]
    public async Task Clashes_tell_that_somebody_is_busy_and_the_title_only_to_those_in_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (service, calendar) = (hub.Get<MeetingService>(), hub.Get<MeetingCalendar>());
        var mina = await hub.AddPersonAsync("Mina Kaya", "mina.kaya@northbridge.example");
        await service.BookAsync(mina, Draft(title: "Interview, private", people: [JonasMail]));
        var declined = (await service.BookAsync(mina, Draft(title: "Not for me", people: [JonasMail]))).Value;
        await service.RespondAsync(hub.Jonas, declined.Id, AttendeeStatus.Declined);

        var weekly = Draft("2027-03-15T09:45:00", "2027-03-15T10:15:00", "FREQ=WEEKLY;COUNT=3");
        var seen = Assert.Single((await calendar.ClashesAsync(hub.Amara, weekly)).Value);
        Assert.Equal(("Jonas Berg", null, null), (seen.Name, seen.Title, seen.MeetingId));
        var booked = (await service.BookAsync(hub.Amara, weekly)).Value;
        Assert.Single(booked.Conflicts!);
        Assert.Equal("Interview, private", (await calendar.ClashesAsync(hub.Jonas, weekly with { Attendees = [] }, booked.Id)).Value.Single().Title);
        Assert.Empty((await calendar.ClashesAsync(hub.Amara, Draft("2027-03-22T10:15:00", "2027-03-22T11:00:00"))).Value);
    }

    [Theory, Databases]
    public async Task A_change_needs_the_version_asks_again_when_the_time_moves_and_shuts_out_who_is_taken_off(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var service = hub.Get<MeetingService>();
        var id = (await service.BookAsync(hub.Amara, Draft())).Value.Id;
        await service.RespondAsync(hub.Jonas, id, AttendeeStatus.Accepted);
        var stale = (await service.ChangeAsync(hub.Amara, id, Draft(title: "Later"), 1)).Refusal!;
        Assert.Equal((RefusalKind.Stale, 2L), (stale.Kind, ((MeetingRecord)stale.Current!).Version));

        var renamed = (await service.ChangeAsync(hub.Amara, id, Draft(title: "Renamed"), 2)).Value;
        Assert.Equal((AttendeeStatus.Accepted, 1), (renamed.Attendees.Single(a => a.Name == "Jonas Berg").Status, renamed.Sequence));
        var moved = (await service.ChangeAsync(hub.Amara, id, Draft("2027-03-22T11:00:00", "2027-03-22T12:00:00"), 3)).Value;
        Assert.Equal(AttendeeStatus.NeedsAction, moved.Attendees.Single(a => a.Name == "Jonas Berg").Status);
        Assert.True((await service.ChangeAsync(hub.Amara, id, Draft(people: [AmaraMail]), 4)).Ok);
        Assert.Equal(RefusalKind.NotFound, (await service.GetAsync(hub.Jonas, id)).Refusal!.Kind);
    }

    [Theory, Databases]
    public async Task Stale_state_and_its_events_equal_fresh_state_and_versions_have_no_gap(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (service, live) = (hub.Get<MeetingService>(), hub.Get<LiveBus>());
        var stale = (await service.BookAsync(hub.Amara, Draft())).Value with { Conflicts = null };
        using var watch = await live.WatchAsync(hub.Jonas, Topic.Meeting(stale.Id), _ => Task.CompletedTask);
        using var me = await live.WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), _ => Task.CompletedTask);
        var mine = live.LatestVersion(Topic.Me(hub.Jonas.PersonId))!.Value;

        await service.RespondAsync(hub.Jonas, stale.Id, AttendeeStatus.Tentative);
        await service.RespondAsync(hub.Jonas, stale.Id, AttendeeStatus.Tentative);
        await service.ChangeAsync(hub.Amara, stale.Id, Draft(title: "Moved", end: "2027-03-22T11:00:00"), 2);
        await service.CancelAsync(hub.Amara, stale.Id);

        var events = live.EventsAfter(Topic.Meeting(stale.Id), stale.Version)!;
        Assert.Equal(["response-given", "meeting-changed", "meeting-cancelled"], events.Select(e => e.Name));
        Assert.Equal([2L, 3L, 4L], events.Select(e => e.Version));
        Assert.Equal(["meeting-answered", "meeting-changed", "meeting-cancelled"], live.EventsAfter(Topic.Me(hub.Jonas.PersonId), mine)!.Select(e => e.Name));
        var state = stale;
        foreach (var e in events)
        {
            state = state.Apply(e)!;
            // Equal after each event, not only at the end: a later full record would hide an earlier mistake.
            Assert.Equal(e.Version, state.Version);
            if (e.Name == "response-given") Assert.Equal(AttendeeStatus.Tentative, state.Attendees.Single(a => a.Id == hub.Jonas.PersonId).Status);
        }
        var fresh = (await service.GetAsync(hub.Jonas, stale.Id)).Value;
        Assert.Equivalent(fresh, state, strict: true);
    }

    [Theory, Databases]
    public async Task The_file_read_back_gives_the_same_instants_and_its_zone_the_right_offsets(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (service, calendar) = (hub.Get<MeetingService>(), hub.Get<MeetingCalendar>());
        var draft = Draft("2027-03-22T09:30:00", "2027-03-22T10:00:00", "FREQ=WEEKLY;UNTIL=20271130", "Kürzel; \"Übergabe\", zweite – " + new string('é', 60));
        var booked = (await service.BookAsync(hub.Amara, draft)).Value;
        await service.RespondAsync(hub.Jonas, booked.Id, AttendeeStatus.Declined);
        var ics = (await calendar.ExportAsync(hub.Jonas, booked.Id)).Value;

        Assert.All(ics.Split("\r\n"), l => Assert.True(System.Text.Encoding.UTF8.GetByteCount(l) <= 75));
        var file = Ical.Net.Calendar.Load(ics)!;
        var e = Assert.Single(file.Events);
        Assert.Equal((draft.Title, "Harbour Street", 0), (e.Summary, e.Location, e.Sequence));
        Assert.Equal("DECLINED", e.Attendees.Single(a => a.CommonName == "Jonas Berg").ParticipationStatus);
        Assert.Equal($"mailto:{AmaraMail}", e.Organizer!.Value!.ToString());
        var ours = (await calendar.OccurrencesAsync(hub.Amara, Utc(2027, 1, 1), Utc(2028, 1, 1))).Value.Items;
        Assert.Equal(37, ours.Count);
        Assert.Equal(ours.Select(o => (o.StartsAt, o.EndsAt)), e.GetOccurrences().Select(o => (o.Period.StartTime.AsUtc, o.Period.EffectiveEndTime!.AsUtc)));
        AssertOffsets(Assert.Single(file.TimeZones), Utc(2027, 3, 22), Utc(2027, 11, 30));
    }

    // The VTIMEZONE alone, without any zone database: the last onset before an instant says the offset.
    private static void AssertOffsets(VTimeZone zone, DateTime from, DateTime to)
    {
        var onsets = zone.TimeZoneInfos.SelectMany(i => i.RecurrenceDates.GetAllDates().Select(d => d.Value).Append(i.Start!.Value)
                .Select(local => (At: local - TimeSpan.FromSeconds(i.OffsetFrom!.Offset.TotalSeconds), To: i.OffsetTo!.Offset)))
            .OrderBy(o => o.At).ToList();
        var real = LocalTimes.Zone(zone.TzId!)!;
        for (var t = from; t < to; t = t.AddMinutes(30))
            Assert.Equal(real.GetUtcOffset(NodaTime.Instant.FromDateTimeUtc(t)).ToTimeSpan(), onsets.Last(o => o.At <= DateTime.SpecifyKind(t, DateTimeKind.Unspecified)).To);
    }
}
