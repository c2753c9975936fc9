using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.People;

namespace Hub.Domain.Seed;

/// <summary>The fixes that come with the hub, published by a fix author; accounts and devices of the simulated tenant, some with a trouble.</summary>
internal sealed class SeedFixes(FixCatalogue catalogue, SimulatedTroubles tenant, SeedPeople people, SeedClock clock)
{
    // Amara's phone heals; Jonas's laptop, Mina's phone and Lea's desktop show the ends that need a person.
    private static readonly Dictionary<string, Trouble[]> Troubles = new(StringComparer.Ordinal)
    {
        ["amara.osei@northbridge.example"] = [Trouble.PhoneNotSyncing, Trouble.LaptopSlow, Trouble.DesktopStuck, Trouble.WifiProfileMissing, Trouble.PasswordExpired],
        ["jonas.berg@northbridge.example"] = [Trouble.LaptopSlowForGood, Trouble.PasswordExpiredForGood],
        ["mina.kaya@northbridge.example"] = [Trouble.PhoneNotSyncingForGood, Trouble.WifiProfileMissingForGood],
        ["lea.schmidt@northbridge.example"] = [Trouble.DesktopStuckForGood, Trouble.PhoneNotSyncing],
    };

    public async Task MakeAsync(PeopleFile directory, CancellationToken ct)
    {
        clock.Set(clock.Utc(-40, "10:00"));
        var author = directory.People.First(p => p.Roles.Any(r => r.Role == nameof(Role.FixAuthor) && !r.Scope.StartsWith("category", StringComparison.Ordinal)));
        _ = (await catalogue.PublishBuiltInAsync(people.People[author.Email], [.. people.Organisations.Values], ct)).Value;
        clock.SetNow();
        foreach (var owner in directory.Devices.Select(d => d.Owner).Distinct(StringComparer.Ordinal))
            await tenant.SeedAsync(people.People[owner].PersonId, Troubles.GetValueOrDefault(owner, []), ct: ct);
    }
}
