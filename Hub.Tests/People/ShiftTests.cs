using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.People;

/// <summary>Who reads and corrects shifts, on both databases.</summary>
public sealed class ShiftTests
{
    [Theory, Databases]
    public async Task A_supervisor_corrects_the_shifts_of_their_own_people_and_everybody_is_told(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var (hub, amara) = (world.Hub, world.Hub.Amara);
        var (me, team, borough) = (new Inbox(), new Inbox(), new Inbox());
        using var a = await hub.Get<LiveBus>().WatchAsync(amara, Topic.Me(amara.PersonId), me.TakeAsync);
        using var b = await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Unit(world.Team), team.TakeAsync);
        using var c = await hub.Get<LiveBus>().WatchAsync(world.Ruth, Topic.Unit(world.Borough), borough.TakeAsync);

        var made = (await world.Shifts.AddAsync(world.Grace, amara.PersonId, world.Hours(-4, 4))).Value;
        var longer = (await world.Shifts.ChangeAsync(world.Grace, made.Id, world.Hours(-4, 6), made.Version)).Value;
        Assert.Equal((made.Id, made.Version + 1, world.Noon.AddHours(6)), (longer.Id, longer.Version, longer.EndsAt));
        // Who saw the earlier one is told what stands now.
        var stale = (await world.Shifts.ChangeAsync(world.Ruth, made.Id, world.Hours(-4, 5), made.Version)).Refusal!;
        Assert.Equal((RefusalKind.Stale, longer), (stale.Kind, stale.Current));
        Assert.Equal(RefusalKind.Stale, (await world.Shifts.RemoveAsync(world.Ruth, made.Id, made.Version)).Refusal?.Kind);
        Assert.True((await world.Shifts.RemoveAsync(world.Ruth, made.Id, longer.Version)).Value);
        Assert.Empty(await world.OfAsync(amara));

        foreach (var inbox in new[] { me, team, borough }) Assert.Equal(3, (await inbox.VersionsAsync(3)).Count);
        Assert.Equal(["shifts-changed", "team-changed", "team-changed"], new[] { me, team, borough }.Select(i => i.Events[0].Name));
        await using var db = await hub.Hub.CreateDbContextAsync();
        var audited = await db.AuditEntries.Where(e => e.SubjectId == amara.PersonId && e.Action.StartsWith("shift.")).OrderBy(e => e.At).ThenBy(e => e.Id).ToListAsync();
        Assert.Equal([("shift.add", world.Grace.PersonId), ("shift.change", world.Grace.PersonId), ("shift.remove", world.Ruth.PersonId)], audited.Select(e => (e.Action, e.PersonId!.Value)));
        Assert.Equal("2027-01-13T08:00Z 2027-01-13T16:00Z to 2027-01-13T08:00Z 2027-01-13T18:00Z", audited[1].Detail);
    }

    [Theory, Databases]
    public async Task Nobody_else_corrects_a_shift_and_who_is_of_another_unit_reads_none(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var (hub, amara) = (world.Hub, world.Hub.Amara);
        var shift = (await world.Shifts.AddAsync(world.Grace, amara.PersonId, world.Hours(-4, 4))).Value;
        foreach (var (who, reads, corrects) in new (Actor Who, RefusalKind? Reads, RefusalKind? Corrects)[]
        {
            (amara, null, RefusalKind.Forbidden), (hub.Jonas, null, RefusalKind.Forbidden), (world.Cass, RefusalKind.Forbidden, RefusalKind.NotFound), (hub.Stranger, RefusalKind.NotFound, RefusalKind.NotFound),
            (new Actor(Guid.NewGuid()), RefusalKind.NotFound, RefusalKind.NotFound),
        })
        {
            Assert.Equal(reads, (await world.Shifts.ListAsync(who, amara.PersonId, world.Noon, world.Noon.AddDays(1))).Refusal?.Kind);
            Assert.Equal(corrects, (await world.Shifts.ChangeAsync(who, shift.Id, world.Hours(-4, 5), shift.Version)).Refusal?.Kind);
            Assert.Equal(corrects, (await world.Shifts.RemoveAsync(who, shift.Id, shift.Version)).Refusal?.Kind);
            Assert.False((await world.Shifts.AddAsync(who, amara.PersonId, world.Hours(10, 12))).Ok);
            Assert.Null(await hub.Get<LiveBus>().WatchAsync(who, Topic.Unit(world.Borough), _ => Task.CompletedTask));
        }
        Assert.Equal(RefusalKind.NotFound, (await world.Shifts.ChangeAsync(world.Grace, Guid.NewGuid(), world.Hours(0, 1), 1)).Refusal?.Kind);
        // Cass is of another team of the borough: Ruth's to correct, not Grace's.
        Assert.Equal(RefusalKind.Forbidden, (await world.Shifts.AddAsync(world.Grace, world.Cass.PersonId, world.Hours(0, 8))).Refusal?.Kind);
        Assert.True((await world.Shifts.AddAsync(world.Ruth, world.Cass.PersonId, world.Hours(0, 8))).Ok);
        // An administrator of the body may; one of another body may not; a supervisor who is none any more may not.
        var roles = hub.Get<RoleService>();
        await roles.GrantAsync(hub.Stranger.PersonId, Role.Administrator, ScopeKind.Organisation, hub.Transport);
        Assert.False((await world.Shifts.RemoveAsync(hub.Stranger, shift.Id, shift.Version)).Ok);
        await roles.GrantAsync(hub.Jonas.PersonId, Role.Administrator, ScopeKind.Organisation, hub.Northbridge);
        Assert.True((await world.Shifts.ChangeAsync(hub.Jonas, shift.Id, world.Hours(-4, 3), shift.Version)).Ok);
        await hub.Get<DirectoryService>().SetSupervisorAsync(world.Team, world.Ruth.PersonId);
        Assert.Equal(RefusalKind.Forbidden, (await world.Shifts.ChangeAsync(world.Grace, shift.Id, world.Hours(-4, 2), shift.Version + 1)).Refusal?.Kind);

        Assert.Equal("shifts.overlap", (await world.Shifts.AddAsync(world.Ruth, amara.PersonId, world.Hours(2, 9))).Refusal?.Code);
        Assert.True((await world.Shifts.AddAsync(world.Ruth, amara.PersonId, world.Hours(3, 9))).Ok);
        foreach (var (from, to) in new (double, double)[] { (20, 20), (20, 19), (20, 44.5) })
            Assert.Equal("shifts.length", (await world.Shifts.AddAsync(world.Ruth, amara.PersonId, world.Hours(from, to))).Refusal?.Code);
        Assert.Equal("shifts.range", (await world.Shifts.ListAsync(amara, amara.PersonId, world.Noon, world.Noon.AddDays(367))).Refusal?.Code);
        Assert.Equal(2, (await world.Shifts.ListAsync(amara, amara.PersonId, world.Noon, world.Noon.AddDays(366))).Value.Count);
    }

    [Theory, Databases]
    public async Task A_team_is_who_is_on_shift_who_is_next_who_is_absent_and_who_is_off(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var (hub, teams) = (world.Hub, world.Hub.Get<TeamService>());
        await world.Shifts.AddAsync(world.Grace, hub.Amara.PersonId, world.Hours(-4, 4));
        await world.Shifts.AddAsync(world.Grace, hub.Jonas.PersonId, world.Hours(4, 12));
        await world.Shifts.AddAsync(world.Grace, world.Grace.PersonId, world.Hours(-5, 3));
        await world.Shifts.AddAsync(world.Ruth, world.Cass.PersonId, world.Hours(-30, -22));
        await hub.Get<DirectoryService>().AddAbsenceAsync(world.Grace.PersonId, AbsenceKind.Sick, world.Noon.AddDays(-1), world.Noon.AddDays(2));

        var own = (await teams.GetAsync(hub.Amara)).Value;
        Assert.Equal((world.Team, "Response team B", false), (own.UnitId, own.Unit, own.Leads));
        Assert.Equal([("Amara Osei", TeamGroup.OnShift), ("Grace Mbeki", TeamGroup.Absent), ("Jonas Berg", TeamGroup.Next)], own.Members.Select(m => (m.Name, m.Group)));
        // Why somebody is absent is for who answers for them alone.
        Assert.All(own.Members, m => Assert.Null(m.Absence));
        Assert.Equal(world.Noon.AddDays(2), own.Members[1].AbsentUntil);
        Assert.Equal((world.Noon.AddHours(4), world.Noon.AddHours(12)), (own.Members[2].Shift!.StartsAt, own.Members[2].Shift!.EndsAt));

        var led = (await teams.GetAsync(world.Ruth)).Value;
        Assert.Equal((world.Borough, true), (led.UnitId, led.Leads));
        Assert.Equal(["Harbour borough", "Response team B", "Neighbourhood team"], led.Units.Select(u => u.Name));
        Assert.Equal([("Amara Osei", TeamGroup.OnShift), ("Cass Lowe", TeamGroup.Off), ("Grace Mbeki", TeamGroup.Absent), ("Jonas Berg", TeamGroup.Next), ("Ruth Hale", TeamGroup.NoShifts)], led.Members.Select(m => (m.Name, m.Group)));
        Assert.Equal(AbsenceKind.Sick, led.Members[2].Absence);
        Assert.Equal(3, (await teams.GetAsync(world.Ruth, world.Team)).Value.Members.Count);

        Assert.Equal(RefusalKind.NotFound, (await teams.GetAsync(hub.Amara, world.Borough)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await teams.GetAsync(world.Grace, world.Borough)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await teams.GetAsync(hub.Stranger, world.Team)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await teams.GetAsync(hub.Stranger)).Refusal?.Kind);
        // Four hours later the one has gone and the other come.
        hub.Clock.Advance(TimeSpan.FromHours(4));
        Assert.Equal([TeamGroup.Off, TeamGroup.Absent, TeamGroup.OnShift], (await teams.GetAsync(hub.Jonas)).Value.Members.Select(m => m.Group));
    }
}
