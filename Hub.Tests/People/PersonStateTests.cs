using Hub.Domain.People;

namespace Hub.Tests.People;

/// <summary>The one word for others, by table: what somebody said, their pages, shifts, absences and meetings.</summary>
public sealed class PersonStateTests
{
    private static readonly DateTime Noon = new(2026, 11, 28, 12, 0, 0, DateTimeKind.Utc);

    [Theory]
    // Nothing is known but the page.
    [InlineData(PresenceState.Online, null, false, false, OwnState.Available, PersonState.Online)]
    [InlineData(PresenceState.Away, null, false, false, OwnState.Available, PersonState.Away)]
    [InlineData(PresenceState.Offline, null, false, false, OwnState.Available, PersonState.Offline)]
    // What they said themselves comes first, wherever they are; away by hand says nothing of who is not here.
    [InlineData(PresenceState.Online, true, true, true, OwnState.DoNotDisturb, PersonState.DoNotDisturb)]
    [InlineData(PresenceState.Offline, false, false, false, OwnState.DoNotDisturb, PersonState.DoNotDisturb)]
    [InlineData(PresenceState.Online, true, false, false, OwnState.Away, PersonState.Away)]
    [InlineData(PresenceState.Online, true, false, true, OwnState.Away, PersonState.InMeeting)]
    [InlineData(PresenceState.Offline, true, false, false, OwnState.Away, PersonState.Offline)]
    // A meeting counts for who is at a page, or should be at work.
    [InlineData(PresenceState.Online, null, false, true, OwnState.Available, PersonState.InMeeting)]
    [InlineData(PresenceState.Away, true, false, true, OwnState.Available, PersonState.InMeeting)]
    [InlineData(PresenceState.Offline, true, false, true, OwnState.Available, PersonState.InMeeting)]
    [InlineData(PresenceState.Offline, null, false, true, OwnState.Available, PersonState.InMeeting)]
    [InlineData(PresenceState.Offline, false, false, true, OwnState.Available, PersonState.OffShift)]
    [InlineData(PresenceState.Offline, false, true, true, OwnState.Available, PersonState.Absent)]
    // Who is here is here, whatever the plan says; who is not is not for a reason.
    [InlineData(PresenceState.Online, false, false, false, OwnState.Available, PersonState.Online)]
    [InlineData(PresenceState.Away, false, true, false, OwnState.Available, PersonState.Away)]
    [InlineData(PresenceState.Offline, true, false, false, OwnState.Available, PersonState.Offline)]
    [InlineData(PresenceState.Offline, false, false, false, OwnState.Available, PersonState.OffShift)]
    [InlineData(PresenceState.Offline, false, true, false, OwnState.Available, PersonState.Absent)]
    [InlineData(PresenceState.Offline, null, true, false, OwnState.Available, PersonState.Absent)]
    public void What_others_see_is_one_word(PresenceState page, bool? onShift, bool absent, bool meeting, OwnState own, PersonState expected) =>
        Assert.Equal(expected, PersonStates.Of(page, new Standing(onShift, absent, meeting, own)));

    [Fact]
    public void Circumstances_move_at_each_beginning_and_end_and_nowhere_else()
    {
        var facts = new Circumstances(true, [At(0, 60)], [At(50, 90)], [At(10, 20)], OwnState.DoNotDisturb, Noon.AddMinutes(30));
        Assert.Equal(new Standing(true, false, false, OwnState.DoNotDisturb), facts.At(Noon));
        var (at, seen) = (Noon.AddMinutes(-1), new List<(double, Standing)>());
        while ((at = facts.NextAfter(at)) < DateTime.MaxValue) seen.Add(((at - Noon).TotalMinutes, facts.At(at)));
        Assert.Equal(
            [
                (0, new(true, false, false, OwnState.DoNotDisturb)), (10, new(true, false, true, OwnState.DoNotDisturb)), (20, new(true, false, false, OwnState.DoNotDisturb)),
                (30, new(true, false, false, OwnState.Available)), (50, new(false, true, false, OwnState.Available)), (60, new(false, true, false, OwnState.Available)), (90, new(false, false, false, OwnState.Available)),
            ], seen);
        Assert.Null(new Circumstances(false, [], [], [], OwnState.Available, null).At(Noon).OnShift);

        static Stretch At(int from, int to) => new(Noon.AddMinutes(from), Noon.AddMinutes(to));
    }
}
