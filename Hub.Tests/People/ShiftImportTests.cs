using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.People;

/// <summary>Files of shifts, on both databases.</summary>
public sealed class ShiftImportTests
{
    private const string Monday = $"""
        email,start,end,timezone
        {ShiftHub.AmaraMail},2027-03-22T07:00,2027-03-22T15:00,
        {ShiftHub.AmaraMail},2027-03-23T22:00,2027-03-24T07:00,Europe/London
        {ShiftHub.JonasMail},22/03/2027 15:00,22/03/2027 23:00,
        """;

    [Theory, Databases]
    public async Task The_same_file_again_changes_nothing_and_a_later_one_replaces_what_it_covers_of_whom_it_names(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var (hub, told) = (world.Hub, new Inbox());
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Me(hub.Amara.PersonId), told.TakeAsync);
        var first = (await ImportAsync(world.Grace, Monday)).Value;
        Assert.Equal((true, 2, 3, 0, 0), (first.Stored, first.People, first.Added, first.Removed, first.Unchanged));
        Assert.Equal((Utc(22, 7), Utc(24, 7)), (first.From!.Value, first.To!.Value));
        Assert.Equal([(Utc(22, 7), Utc(22, 15)), (Utc(23, 22), Utc(24, 7))], await world.OfAsync(hub.Amara));
        await told.VersionsAsync(1);
        var version = hub.Get<LiveBus>().LatestVersion(Topic.Me(hub.Amara.PersonId));

        var again = (await ImportAsync(world.Grace, Monday)).Value;
        Assert.Equal((true, 2, 0, 0, 3), (again.Stored, again.People, again.Added, again.Removed, again.Unchanged));
        Assert.Equal(version, hub.Get<LiveBus>().LatestVersion(Topic.Me(hub.Amara.PersonId)));

        // Only checked: what it would do, and nothing is done.
        var later = $"start;end;email\r\n\"2027-03-22T08:00\";2027-03-22T16:00;{ShiftHub.AmaraMail.ToUpperInvariant()}\r\n2027-03-23T08:00;2027-03-23T16:00;{ShiftHub.AmaraMail}\r\n";
        var would = (await world.Import.ImportAsync(world.Grace, new ShiftFile(later, ShiftFormat.Csv), checkOnly: true)).Value;
        Assert.Equal((false, 1, 2, 1), (would.Stored, would.People, would.Added, would.Removed));
        Assert.Equal(2, (await world.OfAsync(hub.Amara)).Count);
        // The night begins after the end of what the file covers and stays; Jonas is not named and keeps his.
        Assert.True((await ImportAsync(world.Grace, later)).Value.Stored);
        Assert.Equal([(Utc(22, 8), Utc(22, 16)), (Utc(23, 8), Utc(23, 16)), (Utc(23, 22), Utc(24, 7))], await world.OfAsync(hub.Amara));
        Assert.Single(await world.OfAsync(hub.Jonas));
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(2, await db.AuditEntries.CountAsync(e => e.Action == "shift.import" && e.SubjectId == hub.Amara.PersonId));

        Task<Outcome<ShiftImportReport>> ImportAsync(Actor who, string text) => world.Import.ImportAsync(who, new ShiftFile(text, ShiftFormat.Csv));
    }

    [Theory, Databases]
    public async Task One_wrong_line_imports_nothing_unless_the_others_are_asked_for_and_each_is_told_by_its_number(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var hub = world.Hub;
        var text = $"""
            email,start,end,timezone
            {ShiftHub.AmaraMail},2027-03-22T07:00,2027-03-22T15:00,Europe/London
            {ShiftHub.JonasMail},2027-03-22T07:00,2027-03-22T15:00,Europe/London
            {ShiftHub.JonasMail},2027-03-22T14:00,2027-03-22T23:00,Europe/London

            {ShiftHub.CassMail},2027-03-22T07:00,2027-03-22T15:00,Europe/London
            {ShiftHub.JonasMail},tomorrow,2027-03-22T15:00,Europe/London
            {ShiftHub.JonasMail},2027-03-25T07:00,2027-03-25T15:00,London
            {ShiftHub.JonasMail},2027-03-26T07:00,2027-03-26T07:00,Europe/London
            {ShiftHub.JonasMail},2027-03-27T07:00,"2027-03-27T15:00
            """;
        var refused = (await world.Import.ImportAsync(world.Grace, new ShiftFile(text, ShiftFormat.Csv))).Value;
        Assert.False(refused.Stored);
        Assert.Equal(
            [
                (4, "shifts.line.overlap", "3"), (6, "shifts.line.person", ShiftHub.CassMail), (7, "shifts.line.time", "tomorrow"), (8, "shifts.line.zone", "London"),
                (9, "shifts.line.length", "24"), (10, "shifts.line.quote", ""),
            ], refused.Bad.Select(b => (b.Number, b.Code, b.About)));
        Assert.Empty(await world.OfAsync(hub.Amara));

        // Whoever has a wrong line is left as they were, with their right lines too.
        var kept = (await world.Import.ImportAsync(world.Grace, new ShiftFile(text, ShiftFormat.Csv), keepGood: true)).Value;
        Assert.Equal((true, 1, 1, 6), (kept.Stored, kept.People, kept.Added, kept.Bad.Count));
        Assert.Single(await world.OfAsync(hub.Amara));
        Assert.Empty(await world.OfAsync(hub.Jonas));
        // Cass is not Grace's, but Ruth's.
        Assert.DoesNotContain((await world.Import.ImportAsync(world.Ruth, new ShiftFile(text, ShiftFormat.Csv), checkOnly: true)).Value.Bad, b => b.Code == "shifts.line.person");

        foreach (var (who, file, code) in new (Actor, string, string)[]
        {
            (hub.Amara, Monday, "shifts.import"), (hub.Stranger, Monday, "shifts.import"), (world.Grace, "email,start\nx,y", "shifts.header"), (world.Grace, "", "shifts.header"),
            (world.Grace, "email,start,end\n\n", "shifts.empty"), (world.Grace, "email,start,end\n" + new string(' ', ShiftImport.MostCharacters), "shifts.tooLong"),
        }) Assert.Equal(code, (await world.Import.ImportAsync(who, new ShiftFile(file, ShiftFormat.Csv))).Refusal?.Code);
        Assert.Equal("shifts.zone", (await world.Import.ImportAsync(world.Grace, new ShiftFile(Monday, ShiftFormat.Csv, "London"))).Refusal?.Code);
        Assert.Equal("shifts.line.person", Assert.Single((await world.Import.ImportAsync(world.Grace, new ShiftFile("email,start,end\na\0b,2027-03-22T07:00,2027-03-22T15:00", ShiftFormat.Csv))).Value.Bad).Code);
        Assert.True(await world.Import.MayAsync(world.Grace));
        Assert.False(await world.Import.MayAsync(hub.Amara));
    }

    [Fact]
    public async Task Wall_clocks_count_over_a_change_and_an_offset_is_an_instant()
    {
        await using var world = await ShiftHub.StartAsync("Sqlite");
        // 28 March 2027: London's clocks go from 01:00 to 02:00. 31 October: 02:00 comes twice.
        var text = $"""
            email,start,end,timezone
            {ShiftHub.AmaraMail},2027-03-27T22:00,2027-03-28T07:00,Europe/London
            {ShiftHub.AmaraMail},2027-03-28T22:00,2027-03-29T07:00,Europe/Berlin
            {ShiftHub.AmaraMail},2027-03-30T07:00+02:00,2027-03-30T15:00Z,
            {ShiftHub.AmaraMail},2027-10-30T22:00,2027-10-31T01:30,
            """;
        Assert.True((await world.Import.ImportAsync(new ShiftFile(text, ShiftFormat.Csv))).Value.Stored);
        Assert.Equal(
            [(Utc(27, 22), Utc(28, 6)), (Utc(28, 20), Utc(29, 5)), (Utc(30, 5), Utc(30, 15)), (new DateTime(2027, 10, 30, 21, 0, 0, DateTimeKind.Utc), new DateTime(2027, 10, 31, 0, 30, 0, DateTimeKind.Utc))],
            await world.OfAsync(world.Hub.Amara));
    }

    [Theory, Databases]
    public async Task A_calendar_is_laid_out_with_its_patterns_exceptions_and_people(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var hub = world.Hub;
        var text = $"""
            BEGIN:VCALENDAR
            VERSION:2.0
            PRODID:-//Duties//EN
            BEGIN:VEVENT
            UID:early@duties
            DTSTAMP:20270101T000000Z
            DTSTART;TZID=Europe/London:20270322T070000
            DTEND;TZID=Europe/London:20270322T150000
            RRULE:FREQ=DAILY;UNTIL=20270329T235959Z
            EXDATE;TZID=Europe/London:20270324T070000
            ATTENDEE;CN=Amara:mailto:{ShiftHub.AmaraMail}
            ATTENDEE:MAILTO:{ShiftHub.JonasMail}
            END:VEVENT
            BEGIN:VEVENT
            UID:early@duties
            RECURRENCE-ID;TZID=Europe/London:20270323T070000
            DTSTAMP:20270101T000000Z
            DTSTART;TZID=Europe/London:20270323T090000
            DURATION:PT8H
            ATTENDEE:mailto:{ShiftHub.AmaraMail}
            END:VEVENT
            BEGIN:VEVENT
            UID:gone@duties
            DTSTAMP:20270101T000000Z
            DTSTART:20270401T070000Z
            DTEND:20270401T150000Z
            STATUS:CANCELLED
            ATTENDEE:mailto:{ShiftHub.AmaraMail}
            END:VEVENT
            END:VCALENDAR
            """.ReplaceLineEndings("\r\n");
        var done = (await world.Import.ImportAsync(world.Grace, new ShiftFile(text, ShiftFormat.Calendar))).Value;
        Assert.Empty(done.Bad);
        // Eight days without the one that is excepted, one of them later for Amara, and not at all for Jonas; after the 28th an hour earlier in UTC.
        (DateTime, DateTime)[] days = [(Utc(22, 7), Utc(22, 15)), (Utc(23, 9), Utc(23, 17)), (Utc(25, 7), Utc(25, 15)), (Utc(26, 7), Utc(26, 15)), (Utc(27, 7), Utc(27, 15)), (Utc(28, 6), Utc(28, 14)), (Utc(29, 6), Utc(29, 14))];
        Assert.Equal(days, await world.OfAsync(hub.Amara));
        Assert.Equal(days.Where((_, i) => i != 1), await world.OfAsync(hub.Jonas));
        Assert.Equal((0, 0), ((await world.Import.ImportAsync(world.Grace, new ShiftFile(text, ShiftFormat.Calendar))).Value.Added, (await world.Import.ImportAsync(world.Grace, new ShiftFile(text, ShiftFormat.Calendar))).Value.Removed));

        // What goes out comes in again: the file of one person, whose it is said to be.
        var own = (await world.Shifts.ExportAsync(hub.Amara, "On shift")).Value;
        Assert.Equal(7, Ical.Net.Calendar.Load(own)!.Events.Count);
        Assert.Equal("shifts.line.nobody", (await world.Import.ImportAsync(world.Grace, new ShiftFile(own, ShiftFormat.Calendar))).Value.Bad[0].Code);
        var back = (await world.Import.ImportAsync(world.Grace, new ShiftFile(own, ShiftFormat.Calendar, Person: ShiftHub.AmaraMail))).Value;
        Assert.Equal((true, 0, 0, 7), (back.Stored, back.Added, back.Removed, back.Unchanged));

        // A pattern without an end goes a year from today; what is no time or no rule is told by the number of its event.
        Assert.Equal("shifts.calendar", (await world.Import.ImportAsync(world.Grace, new ShiftFile(Monday, ShiftFormat.Calendar))).Refusal?.Code);
        var endless = (await world.Import.ImportAsync(world.Grace, new ShiftFile(Event("DTSTART;TZID=GMT Standard Time:20270322T070000", "DTEND;TZID=GMT Standard Time:20270322T150000", "RRULE:FREQ=WEEKLY"), ShiftFormat.Calendar), checkOnly: true)).Value;
        Assert.Equal(43, endless.Added + endless.Unchanged);
        foreach (var wrong in new[] { Event("DTSTART;VALUE=DATE:20270322", "DTEND;VALUE=DATE:20270323"), Event("DTSTART:20270322T070000Z"), Event("DTSTART;TZID=Nowhere/At all:20270322T070000", "DURATION:PT8H") })
            Assert.Equal((1, "shifts.line.event"), ((await world.Import.ImportAsync(world.Grace, new ShiftFile(wrong, ShiftFormat.Calendar))).Value.Bad is [var bad] ? (bad.Number, bad.Code) : default));

        static string Event(params string[] lines) => string.Join("\r\n", [
            "BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:x", "DTSTAMP:20270101T000000Z", .. lines, $"ATTENDEE:mailto:{ShiftHub.AmaraMail}", "END:VEVENT", "END:VCALENDAR", ""]);
    }

    private static DateTime Utc(int day, int hour) => new(2027, 3, day, hour, 0, 0, DateTimeKind.Utc);
}
