using Hub.Domain.People;

namespace Hub.Domain.Seed;

/// <summary>What some people have said of themselves: do not disturb, away, on call, whom they always hear, and who may know when they were last here.</summary>
internal sealed class SeedAvailability(AvailabilityService availability, SeedPeople people, SeedClock clock)
{
    public async Task MakeAsync(PeopleFile directory, CancellationToken ct)
    {
        clock.SetNow();
        foreach (var set in directory.Availability)
        {
            var who = people.People[set.Email];
            DateTime? until = set.Hours > 0 ? clock.GetUtcNow().UtcDateTime.AddHours(set.Hours) : null;
            _ = (await availability.SetAsync(who, new AvailabilityChange(
                Enum.Parse<OwnState>(set.State, ignoreCase: true), until, LastSeen: Enum.Parse<LastSeenAudience>(set.LastSeen, ignoreCase: true), ReachableOffShift: set.OnCall), ct)).Value;
            foreach (var contact in set.Wake) _ = (await availability.AllowAsync(who, people.People[contact].PersonId, ct)).Value;
        }
    }
}
