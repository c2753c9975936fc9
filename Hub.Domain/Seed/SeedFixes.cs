using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.People;

namespace Hub.Domain.Seed;

/// <summary>The fixes that come with the hub, published by a fix author; accounts and devices of the simulated tenant, some with a trouble; runs of the last weeks.</summary>
internal sealed class SeedFixes(FixCatalogue catalogue, SimulatedTroubles tenant, RunService runs, RunEngine engine, SeedPeople people, SeedClock clock)
{
    // Amara's phone heals; Jonas's laptop, Mina's phone and Lea's desktop show the ends that need a person.
    private static readonly Dictionary<string, Trouble[]> Troubles = new(StringComparer.Ordinal)
    {
        ["amara.osei@northbridge.example"] = [Trouble.PhoneNotSyncing, Trouble.LaptopSlow, Trouble.DesktopStuck, Trouble.WifiProfileMissing],
        ["jonas.berg@northbridge.example"] = [Trouble.LaptopSlowForGood, Trouble.PasswordExpiredForGood],
        ["mina.kaya@northbridge.example"] = [Trouble.PhoneNotSyncingForGood, Trouble.WifiProfileMissingForGood],
        ["lea.schmidt@northbridge.example"] = [Trouble.DesktopStuckForGood, Trouble.PhoneNotSyncing, Trouble.WifiProfileMissing],
        ["tom.byrne@northbridge.example"] = [Trouble.PasswordExpired],
    };

    // Who had which trouble, days ago, and what they answered.
    private static readonly (int Day, string Email, Trouble Trouble, string Slug, string Answers)[] Past =
    [
        (-26, "dele.okafor@northbridge.example", Trouble.PhoneNotSyncing, "mailbox-not-syncing", "go"),
        (-25, "callum.fraser@northbridge.example", Trouble.LaptopSlow, "slow-laptop", "go"),
        (-23, "priya.nair@northbridge.example", Trouble.PhoneNotSyncing, "mailbox-not-syncing", "go"),
        (-22, "sunita.varghese@northbridge.example", Trouble.DesktopStuck, "virtual-desktop-stuck", "go"),
        (-20, "sian.oconnell-reyes@northbridge.example", Trouble.WifiProfileMissing, "cannot-join-wifi", "phone go"),
        (-19, "tomasz.wojcik@northbridge.example", Trouble.None, "mailbox-not-syncing", "done"),
        (-17, "hannah.adeyemi-clarke@northbridge.example", Trouble.PasswordExpired, "expired-password", "go done"),
        (-16, "grace.mbeki@northbridge.example", Trouble.LaptopSlow, "slow-laptop", "go"),
        (-14, "rhys.ap-dafydd@northbridge.example", Trouble.PhoneNotSyncingForGood, "mailbox-not-syncing", "go"),
        (-12, "gareth.pike@northbridge.example", Trouble.DesktopStuck, "virtual-desktop-stuck", "go"),
        (-11, "fatima.al-rashid@northbridge.example", Trouble.WifiProfileMissing, "cannot-join-wifi", "laptop go"),
        (-9, "oliver.whitcombe@northbridge.example", Trouble.PhoneNotSyncing, "mailbox-not-syncing", "go"),
        (-8, "zoe.hartley@northbridge.example", Trouble.PasswordExpired, "expired-password", "go done"),
        (-6, "maeve.darcy@northbridge.example", Trouble.PhoneNotSyncing, "mailbox-not-syncing", "go"),
        (-4, "imran.chaudhry-bell@northbridge.example", Trouble.None, "cannot-join-wifi", "laptop done"),
        (-3, "chloe.nguyen@northbridge.example", Trouble.LaptopSlowForGood, "slow-laptop", "go"),
        (-2, "bronwen.pryce-jones@northbridge.example", Trouble.PhoneNotSyncing, "mailbox-not-syncing", "go"),
    ];

    public async Task MakeAsync(PeopleFile directory, CancellationToken ct)
    {
        clock.Set(clock.Utc(-40, "10:00"));
        var author = directory.People.First(p => p.Roles.Any(r => r.Role == nameof(Role.FixAuthor) && !r.Scope.StartsWith("category", StringComparison.Ordinal)));
        _ = (await catalogue.PublishBuiltInAsync(people.People[author.Email], [.. people.Organisations.Values], ct)).Value;
        var devices = directory.Devices.ToLookup(d => d.Owner, d => new SimulatedDevice(Enum.Parse<DeviceKind>(d.Kind, ignoreCase: true), d.Name, d.Model, d.Os), StringComparer.Ordinal);
        foreach (var past in Past)
        {
            clock.Set(clock.Utc(past.Day, "09:20"));
            await tenant.SeedAsync(people.People[past.Email].PersonId, [past.Trouble], [.. devices[past.Email]], ct: ct);
            await RunAsync(people.People[past.Email], past.Slug, past.Answers.Split(' '), ct);
        }
        clock.SetNow();
        foreach (var person in directory.People.Where(p => Array.TrueForAll(Past, r => r.Email != p.Email)))
            await tenant.SeedAsync(people.People[person.Email].PersonId, Troubles.GetValueOrDefault(person.Email, []), [.. devices[person.Email]], ct: ct);
    }

    private async Task RunAsync(Actor actor, string slug, string[] answers, CancellationToken ct)
    {
        var run = (await runs.StartAsync(actor, slug, ct)).Value;
        foreach (var answer in answers)
        {
            clock.Set(clock.Now().AddSeconds(20));
            run = (await runs.AnswerAsync(actor, run.Id, run.Step!.Id, answer, ct)).Value;
            // Well within a check's patience, then well beyond it.
            foreach (var seconds in new[] { 10, 400 })
            {
                if (run.State != RunState.Working) break;
                clock.Set(clock.Now().AddSeconds(seconds));
                await engine.WorkOnAsync(run.Id, ct);
                run = (await runs.GetAsync(actor, run.Id, ct)).Value;
            }
        }
    }
}
