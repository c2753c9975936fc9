using Hub.Domain;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Tests.Storage;

namespace Hub.Tests.Meetings;

public sealed class ClashTests
{
    private const string JonasMail = "jonas.berg@northbridge.example";

    private static MeetingDraft Draft(string start, string end, string? rule = null, params string[] people) => new("Briefing", start, end, "Europe/London", people, rule, "", "Bring the rota");

    [Theory, Databases]
    public async Task An_error_while_clashes_are_looked_for_leaves_nothing_booked(string provider)
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync(provider, between.AddTo);
        var (service, calendar) = (hub.Get<MeetingService>(), hub.Get<MeetingCalendar>());
        var draft = Draft("2027-03-22T09:30:00", "2027-03-22T10:00:00", null, JonasMail);
        Fail();
        await Assert.ThrowsAsync<InvalidOperationException>(() => service.BookAsync(hub.Amara, draft));
        var booked = (await service.BookAsync(hub.Amara, draft)).Value;
        Assert.Equal(booked.Id, Assert.Single((await calendar.OccurrencesAsync(hub.Jonas, booked.StartsAt.Date, booked.StartsAt.Date.AddDays(1))).Value.Items).Id);

        Fail();
        await Assert.ThrowsAsync<InvalidOperationException>(() => service.ChangeAsync(hub.Amara, booked.Id, draft with { Title = "Later" }, booked.Version));
        Assert.Equal("Later", (await service.ChangeAsync(hub.Amara, booked.Id, draft with { Title = "Later" }, booked.Version)).Value.Title);

        void Fail() => between.Once(sql => sql.Contains("\"Absences\"", StringComparison.Ordinal), () => throw new InvalidOperationException());
    }

    [Theory, Databases]
    public async Task The_first_fifty_are_those_that_comparing_everything_with_everything_gives(string provider)
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync(provider, between.AddTo);
        var (service, calendar) = (hub.Get<MeetingService>(), hub.Get<MeetingCalendar>());
        var mina = await hub.AddPersonAsync("Mina Kaya", "mina.kaya@northbridge.example");
        await service.BookAsync(mina, Draft("2027-03-01T09:00:00", "2027-03-01T09:40:00", "FREQ=WEEKLY;BYDAY=MO,WE,FR", JonasMail));
        await service.BookAsync(mina, Draft("2027-03-02T10:00:00", "2027-03-02T11:00:00", "FREQ=DAILY", JonasMail));
        await service.BookAsync(mina, Draft("2027-03-04T08:00:00", "2027-03-06T09:10:00", null, JonasMail));
        await service.BookAsync(hub.Jonas, Draft("2027-03-03T09:20:00", "2027-03-03T09:25:00", "FREQ=DAILY;INTERVAL=3;COUNT=9", "amara.osei@northbridge.example"));
        await service.BookAsync(mina, Draft("2027-03-02T12:00:00", "2027-03-02T13:00:00", "FREQ=DAILY", JonasMail));
        var leave = new DateTime(2027, 3, 9, 6, 0, 0, DateTimeKind.Utc);
        await hub.Get<DirectoryService>().AddAbsenceAsync(mina.PersonId, AbsenceKind.Leave, leave, leave.AddDays(4));
        await hub.Get<DirectoryService>().AddAbsenceAsync(mina.PersonId, AbsenceKind.Leave, leave.AddDays(5), leave.AddDays(5).AddHours(1));

        foreach (var (start, end, rule) in new[]
        {
            ("2027-03-01T09:15:00", "2027-03-01T10:30:00", (string?)"FREQ=DAILY"), ("2027-03-01T09:30:00", "2027-03-03T09:22:00", "FREQ=DAILY;COUNT=20"),
            ("2027-03-05T09:00:00", "2027-03-05T09:30:00", null), ("2027-03-01T11:00:00", "2027-03-01T12:00:00", "FREQ=DAILY"),
        })
        {
            between.Forget();
            var told = (await calendar.ClashesAsync(hub.Amara, Draft(start, end, rule, JonasMail, "mina.kaya@northbridge.example"))).Value;
            Assert.DoesNotContain(between.Commands, sql => sql.Contains("\"Notes\"", StringComparison.Ordinal));
            var all = await AllAsync(hub, [(hub.Amara, "Amara Osei"), (hub.Jonas, "Jonas Berg"), (mina, "Mina Kaya")], Planned(start, end, rule));
            all.AddRange(new[] { (leave, leave.AddDays(4)), (leave.AddDays(5), leave.AddDays(5).AddHours(1)) }.Where(a => Planned(start, end, rule).Exists(p => p.From < a.Item2 && a.Item1 < p.To)).Select(a => (a.Item1, a.Item2, "Mina Kaya")));
            Assert.Equal(all.OrderBy(c => c.From).ThenBy(c => c.Name, StringComparer.Ordinal).ThenBy(c => c.To).Take(50), told.Select(c => (c.StartsAt, c.EndsAt, c.Name)).OrderBy(c => c.StartsAt).ThenBy(c => c.Name, StringComparer.Ordinal).ThenBy(c => c.EndsAt));
        }
    }

    [Theory, Databases]
    public async Task A_NUL_in_an_address_is_refused_by_its_field(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var refusal = (await hub.Get<MeetingService>().BookAsync(hub.Amara, Draft("2027-03-22T09:30:00", "2027-03-22T10:00:00", null, "jonas\0berg@northbridge.example"))).Refusal!;
        Assert.Equal((RefusalKind.Invalid, "text.nul", "attendees"), (refusal.Kind, refusal.Code, Assert.Single(refusal.Fields).Key));
    }

    private static List<(DateTime From, DateTime To)> Planned(string start, string end, string? rule)
    {
        var first = Series.Slots(start, end, "Europe/London", rule, new DateTime(2027, 3, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(2028, 1, 1, 0, 0, 0, DateTimeKind.Utc)).First().StartsAt;
        return [.. Series.Slots(start, end, "Europe/London", rule, first, first.AddDays(180)).Select(s => (s.StartsAt, s.EndsAt))];
    }

    private static async Task<List<(DateTime From, DateTime To, string Name)>> AllAsync(TestHub hub, (Actor Actor, string Name)[] people, List<(DateTime From, DateTime To)> planned)
    {
        var all = new List<(DateTime, DateTime, string)>();
        foreach (var (actor, name) in people)
        {
            var theirs = (await hub.Get<MeetingCalendar>().OccurrencesAsync(actor, planned[0].From, planned.Max(p => p.To))).Value.Items;
            all.AddRange(theirs.Where(o => planned.Exists(p => p.From < o.EndsAt && o.StartsAt < p.To)).Select(o => (o.StartsAt, o.EndsAt, name)));
        }
        return all;
    }
}
