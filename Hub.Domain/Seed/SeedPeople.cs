using Hub.Domain.People;
using Hub.Domain.ServiceDesk;
using NodaTime;

namespace Hub.Domain.Seed;

/// <summary>Bodies, sites, suppliers, services, units, people, groups, roles, shifts and absences; keys and addresses → ids.</summary>
internal sealed class SeedPeople(DirectoryService directory, ServiceDirectory services, RoleService roles, SeedClock clock)
{
    public Dictionary<string, Guid> Organisations { get; } = new(StringComparer.Ordinal);
    public Dictionary<string, Guid> Suppliers { get; } = new(StringComparer.Ordinal);
    public Dictionary<string, Guid> Units { get; } = new(StringComparer.Ordinal);
    public Dictionary<string, Actor> People { get; } = new(StringComparer.Ordinal);

    public async Task MakeAsync(PeopleFile file, CancellationToken ct)
    {
        foreach (var o in file.Organisations) Organisations[o.Key] = await directory.AddOrganisationAsync(o.Name, o.Domain, ct);
        // The Commissioner's office works with the force and finds its people; not the other way round.
        await directory.OpenDirectoryAsync(Organisations["northbridge"], Organisations["commissioner"], ct);
        var sites = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var s in file.Sites) sites[s.Key] = await directory.AddSiteAsync(Organisations[s.Organisation], s.Name, s.Address, ct);
        foreach (var s in file.Suppliers) Suppliers[s.Key] = await services.AddSupplierAsync(s.Name, s.Does, ct);
        foreach (var s in file.Services) await services.AddServiceAsync(s.Key, s.Name, s.Description, Suppliers[s.Supplier], s.Category, ct);
        foreach (var u in file.Units) Units[u.Key] = await directory.AddUnitAsync(Organisations[u.Organisation], u.Parent is null ? null : Units[u.Parent], u.Name, ct);
        foreach (var p in file.People)
            People[p.Email] = new Actor(await directory.AddPersonAsync(new NewPerson(Organisations[p.Organisation], p.Name, p.Email, p.JobTitle, Units[p.Unit], sites[p.Site], p.Phone), ct));
        foreach (var u in file.Units.Where(u => u.Supervisor is not null)) await directory.SetSupervisorAsync(Units[u.Key], People[u.Supervisor!].PersonId, ct);
        foreach (var g in file.Groups) await directory.AddGroupAsync(Organisations[g.Organisation], g.Name, g.Members.Select(m => People[m].PersonId), ct);
        foreach (var (person, role) in file.People.SelectMany(p => p.Roles.Select(r => (p, r)))) await GrantAsync(person, role, ct);
        await directory.AddShiftsAsync(Shifts(file), ct);
        foreach (var a in file.Absences)
            await directory.AddAbsenceAsync(People[a.Email].PersonId, Enum.Parse<AbsenceKind>(a.Kind, ignoreCase: true), clock.Utc(a.FromDay, "00:00"), clock.Utc(a.ToDay + 1, "00:00"), ct);
    }

    private async Task GrantAsync(SeedPerson person, SeedRole held, CancellationToken ct)
    {
        var parts = held.Scope.Split(':', 2);
        var (scope, id) = parts[0] switch
        {
            "organisation" => (ScopeKind.Organisation, Organisations[parts[1]]),
            "supplier" => (ScopeKind.Supplier, Suppliers[parts[1]]),
            "category" => (ScopeKind.Category, await services.CategoryAsync(parts[1], ct)),
            _ => (ScopeKind.Hub, (Guid?)null),
        };
        await roles.GrantAsync(People[person.Email].PersonId, Enum.Parse<Role>(held.Role), scope, id, ct);
    }

    // Two weeks back and two ahead, from each person's place in their pattern's cycle.
    private IEnumerable<(Guid, DateTime, DateTime)> Shifts(PeopleFile file)
    {
        var patterns = file.ShiftPatterns.ToDictionary(p => p.Key, StringComparer.Ordinal);
        foreach (var person in file.People.Where(p => p.Pattern.Length > 0))
        {
            var pattern = patterns[person.Pattern];
            var today = pattern.StartsOn == "monday" ? (int)clock.Today.DayOfWeek - (int)IsoDayOfWeek.Monday : person.CycleDay;
            for (var day = -14; day <= 14; day++)
            {
                var kind = pattern.Cycle[(((today + day) % pattern.Cycle.Count) + pattern.Cycle.Count) % pattern.Cycle.Count];
                if (kind == "rest") continue;
                var times = file.ShiftTimes[kind].Split('-');
                var overnight = string.CompareOrdinal(times[1], times[0]) < 0;
                yield return (People[person.Email].PersonId, clock.Utc(day, times[0]), clock.Utc(overnight ? day + 1 : day, times[1]));
            }
        }
    }
}
