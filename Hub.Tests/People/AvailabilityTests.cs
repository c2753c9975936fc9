using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.People;

/// <summary>What people say of themselves, when they are to be left alone, and how both reach who watches; on both databases.</summary>
public sealed class AvailabilityTests
{
    [Theory, Databases]
    public async Task Do_not_disturb_ends_by_itself_and_is_the_persons_own_on_every_device(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var (hub, own, told) = (world.Hub, world.Hub.Get<AvailabilityService>(), new Inbox());
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Amara, Topic.Me(hub.Amara.PersonId), told.TakeAsync);
        var until = world.Noon.AddHours(1);
        Assert.Equal((OwnState.DoNotDisturb, until), await SetAsync(new(OwnState.DoNotDisturb, until)));
        Assert.Equal("availability-changed", ((await told.VersionsAsync(1)).Count, told.Events[0].Name).Name);
        hub.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((OwnState.Available, null), ((await own.GetAsync(hub.Amara)).Value.State, (await own.GetAsync(hub.Amara)).Value.Until));
        Assert.Equal((OwnState.Away, null), await SetAsync(new(OwnState.Away)));
        // Of the shift that is on.
        Assert.Equal("presence.noShift", (await own.SetAsync(hub.Amara, new(OwnState.DoNotDisturb, UntilShiftEnds: true))).Refusal?.Code);
        await world.Shifts.AddAsync(world.Grace, hub.Amara.PersonId, world.Hours(-1, 7));
        Assert.Equal((OwnState.DoNotDisturb, world.Noon.AddHours(7)), await SetAsync(new(OwnState.DoNotDisturb, UntilShiftEnds: true)));
        // What is not named stays; what cannot be changes nothing.
        Assert.Equal((OwnState.DoNotDisturb, world.Noon.AddHours(7)), await SetAsync(new(LastSeen: LastSeenAudience.Unit)));
        foreach (var change in new AvailabilityChange[] { new(OwnState.DoNotDisturb), new(OwnState.DoNotDisturb, hub.Clock.Now()), new(OwnState.DoNotDisturb, hub.Clock.Now().AddDays(7.1)), new(OwnState.Available, until.AddHours(3)), new(Until: until.AddHours(3)) })
            Assert.Equal("presence.until", (await own.SetAsync(hub.Amara, change)).Refusal?.Code);
        Assert.Equal((OwnState.DoNotDisturb, LastSeenAudience.Unit), ((await own.GetAsync(hub.Amara)).Value.State, (await own.GetAsync(hub.Amara)).Value.LastSeen));
        Assert.Equal((OwnState.Available, null), await SetAsync(new(OwnState.Available)));
        Assert.Equal(RefusalKind.NotFound, (await own.SetAsync(new Actor(Guid.NewGuid()), new(OwnState.Away))).Refusal?.Kind);

        async Task<(OwnState, DateTime?)> SetAsync(AvailabilityChange change) => (await own.SetAsync(hub.Amara, change)) is { Value: var now } ? (now.State, now.Until) : default;
    }

    [Theory, Databases]
    public async Task Quiet_follows_the_shift_with_an_override_for_named_people_and_major_incidents(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var (hub, own, amara) = (world.Hub, world.Hub.Get<AvailabilityService>(), world.Hub.Amara.PersonId);
        await using var db = await hub.Hub.CreateDbContextAsync();
        // Without a pattern nothing but one's own word is quiet.
        Assert.False(await db.IsQuietAsync(amara, world.Noon));
        await own.SetAsync(hub.Amara, new(OwnState.DoNotDisturb, world.Noon.AddHours(1)));
        Assert.Equal((true, false), (await db.IsQuietAsync(amara, world.Noon), await db.IsQuietAsync(amara, world.Noon.AddHours(1))));
        Assert.Equal(world.Noon.AddHours(1), await db.QuietUntilAsync(amara, world.Noon));
        // With one: off shift.
        await world.Shifts.AddAsync(world.Grace, amara, world.Hours(2, 10));
        Assert.Equal([true, true, false, true], await QuietAtAsync(0, 1.5, 2, 10));
        Assert.Equal((world.Noon.AddHours(2), world.Noon.AddHours(3), null), (await db.QuietUntilAsync(amara, world.Noon), await db.QuietUntilAsync(amara, world.Noon.AddHours(3)), await db.QuietUntilAsync(amara, world.Noon.AddHours(11))));
        // Absent in the middle of a shift.
        await hub.Get<DirectoryService>().AddAbsenceAsync(amara, AbsenceKind.Training, world.Noon.AddHours(4), world.Noon.AddHours(6));
        Assert.Equal([false, true, false], await QuietAtAsync(3, 4, 6));
        Assert.Equal(world.Noon.AddHours(6), await db.QuietUntilAsync(amara, world.Noon.AddHours(5)));

        // Named people, and a major incident, come through; nobody else.
        var quiet = (await own.AllowAsync(hub.Amara, hub.Jonas.PersonId)).Value;
        Assert.Equal((true, world.Noon.AddHours(2), "Jonas Berg"), (quiet.IsQuiet, quiet.Until!.Value, Assert.Single(quiet.Contacts).Name));
        Assert.False(await db.IsQuietAsync(amara, world.Noon, from: [hub.Jonas.PersonId]));
        Assert.True(await db.IsQuietAsync(amara, world.Noon, from: [world.Grace.PersonId]));
        Assert.False(await db.IsQuietAsync(amara, world.Noon, majorIncident: true));
        Assert.Equal([amara], await db.QuietAsync([amara, hub.Jonas.PersonId, world.Cass.PersonId], world.Noon));
        Assert.Equal(quiet.Version, (await own.AllowAsync(hub.Amara, hub.Jonas.PersonId)).Value.Version);
        Assert.Equal(RefusalKind.NotFound, (await own.AllowAsync(hub.Amara, hub.Stranger.PersonId)).Refusal?.Kind);
        Assert.Equal(RefusalKind.NotFound, (await own.AllowAsync(hub.Amara, amara)).Refusal?.Kind);
        Assert.Empty((await own.DisallowAsync(hub.Amara, hub.Jonas.PersonId)).Value.Contacts);
        Assert.True(await db.IsQuietAsync(amara, world.Noon, from: [hub.Jonas.PersonId]));
        // On call: off shift is no quiet any more, an absence is.
        await own.SetAsync(hub.Amara, new(OwnState.Available, ReachableOffShift: true));
        Assert.Equal([false, true], await QuietAtAsync(11, 4));

        async Task<List<bool>> QuietAtAsync(params double[] hours)
        {
            var found = new List<bool>();
            foreach (var hour in hours) found.Add(await db.IsQuietAsync(amara, world.Noon.AddHours(hour)));
            return found;
        }
    }

    [Theory, Databases]
    public async Task Last_seen_is_told_to_whom_the_person_lets_and_is_not_kept_otherwise(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var (hub, own, amara) = (world.Hub, world.Hub.Get<AvailabilityService>(), world.Hub.Amara.PersonId);
        await hub.Get<DirectoryService>().OpenDirectoryAsync(hub.Northbridge, hub.Transport);
        await own.SeenAsync([amara]);
        await KnowAsync(LastSeenAudience.Nobody, false, false, false);
        await KnowAsync(LastSeenAudience.Unit, true, false, false);
        await KnowAsync(LastSeenAudience.Everyone, true, true, true);
        // Taken back, it is gone, and does not come again with the next leave to know it.
        await own.SetAsync(hub.Amara, new(LastSeen: LastSeenAudience.Nobody));
        await own.SetAsync(hub.Amara, new(LastSeen: LastSeenAudience.Everyone));
        Assert.Null(await own.LastSeenAsync(hub.Jonas, amara));
        Assert.Null(await own.LastSeenAsync(new Actor(Guid.NewGuid()), amara));

        async Task KnowAsync(LastSeenAudience to, params bool[] expected)
        {
            if (to != LastSeenAudience.Nobody) await own.SetAsync(hub.Amara, new(LastSeen: to));
            await own.SeenAsync([amara]);
            var now = hub.Clock.Now();
            var known = new List<bool>();
            foreach (var who in new[] { hub.Jonas, world.Cass, hub.Stranger }) known.Add(await own.LastSeenAsync(who, amara) is { } seen && now - seen < TimeSpan.FromMinutes(1));
            Assert.Equal(expected, known);
        }
    }

    [Theory, Databases]
    public async Task A_change_reaches_who_watches_on_another_node_and_a_lost_one_costs_five_minutes(string provider)
    {
        await using var world = await ShiftHub.StartAsync(provider);
        var (hub, amara) = (world.Hub, world.Hub.Amara.PersonId);
        var there = hub.AnotherNode();
        var (presence, board, live) = (there.GetRequiredService<PresenceService>(), there.GetRequiredService<PresenceBoard>(), there.GetRequiredService<LiveBus>());
        var (seen, own) = (new Inbox(), new Inbox());
        await using var wire = new NodeWire(hub.Get<LiveBus>(), live);
        using var watch = await live.WatchAsync(hub.Jonas, Topic.Person(amara), seen.TakeAsync);
        using var me = await live.WatchAsync(hub.Amara, Topic.Me(amara), own.TakeAsync);
        Assert.Equal(PersonState.Offline, (await presence.GetAsync(hub.Jonas, amara)).Value.Now);

        // An accepted meeting, a shift, one's own word: each is heard of there, and read at the next second.
        await hub.Get<AvailabilityService>().SetAsync(hub.Amara, new(OwnState.DoNotDisturb, world.Noon.AddMinutes(30)));
        await own.VersionsAsync(1);
        await presence.RefreshAsync();
        await hub.Get<MeetingService>().BookAsync(hub.Amara, new MeetingDraft("Brief", "2027-01-13T12:10:00", "2027-01-13T12:40:00", "UTC", []));
        await world.Shifts.AddAsync(world.Grace, amara, world.Hours(-1, 0.8));
        await own.VersionsAsync(3);
        await presence.RefreshAsync();
        foreach (var minutes in new[] { 30, 10, 10 })
        {
            hub.Clock.Advance(TimeSpan.FromMinutes(minutes));
            board.Look(connected: true);
        }
        Assert.Equal([(PersonState.DoNotDisturb, null), (PersonState.DoNotDisturb, true), (PersonState.InMeeting, true), (PersonState.Offline, true), (PersonState.OffShift, false)], await StatesAsync(5));

        // Nobody said so: a row that came by another way is found all the same.
        await hub.Get<DirectoryService>().AddAbsenceAsync(amara, AbsenceKind.Leave, world.Noon, world.Noon.AddDays(1));
        hub.Clock.Advance(PresenceBoard.Fresh);
        await presence.RefreshAsync();
        Assert.Equal((PersonState.Absent, false), (await StatesAsync(6))[^1]);
        // To whom it is nobody's business: nothing tells leave from sickness.
        Assert.DoesNotContain("leave", System.Text.Json.JsonSerializer.Serialize(seen.Events.Select(e => (PersonPresence)e.Payload)), StringComparison.OrdinalIgnoreCase);

        async Task<List<(PersonState, bool?)>> StatesAsync(int count)
        {
            await seen.VersionsAsync(count);
            return [.. seen.Events.Select(e => (PersonPresence)e.Payload).Select(p => (p.Now, p.OnShift))];
        }
    }
}
