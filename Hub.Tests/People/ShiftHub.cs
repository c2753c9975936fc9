using Hub.Domain.People;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.People;

/// <summary>Amara and Jonas in a team that Grace leads, in a borough that Ruth leads; Cass is of another team of it; and a time that is noon of a winter's day.</summary>
internal sealed class ShiftHub : IAsyncDisposable
{
    public const string AmaraMail = "amara.osei@northbridge.example", JonasMail = "jonas.berg@northbridge.example", CassMail = "cass@northbridge.example";

    private ShiftHub(TestHub hub) => Hub = hub;

    public TestHub Hub { get; }
    public Guid Borough { get; private set; }
    public Guid Team { get; private set; }
    public Domain.People.Actor Grace { get; private set; } = null!;
    public Domain.People.Actor Ruth { get; private set; } = null!;
    public Domain.People.Actor Cass { get; private set; } = null!;
    /// <summary>12:00 UTC, when nobody has a shift yet.</summary>
    public DateTime Noon { get; private set; }

    public ShiftService Shifts => Hub.Get<ShiftService>();
    public ShiftImport Import => Hub.Get<ShiftImport>();

    public static async Task<ShiftHub> StartAsync(string provider)
    {
        var made = new ShiftHub(await TestHub.StartAsync(provider));
        var (hub, directory) = (made.Hub, made.Hub.Get<DirectoryService>());
        hub.Clock.Advance(new DateTime(2027, 1, 13, 12, 0, 0, DateTimeKind.Utc) - hub.Clock.GetUtcNow().UtcDateTime);
        made.Noon = new DateTime(2027, 1, 13, 12, 0, 0, DateTimeKind.Utc);
        made.Borough = await directory.AddUnitAsync(hub.Northbridge, null, "Harbour borough");
        made.Team = await directory.AddUnitAsync(hub.Northbridge, made.Borough, "Response team B");
        var other = await directory.AddUnitAsync(hub.Northbridge, made.Borough, "Neighbourhood team");
        (made.Grace, made.Ruth, made.Cass) = (await AddAsync("Grace Mbeki", "grace@northbridge.example", made.Team), await AddAsync("Ruth Hale", "ruth@northbridge.example", made.Borough), await AddAsync("Cass Lowe", CassMail, other));
        await using var db = await hub.Hub.CreateDbContextAsync();
        await db.People.Where(p => p.Id == hub.Amara.PersonId || p.Id == hub.Jonas.PersonId).ExecuteUpdateAsync(s => s.SetProperty(p => p.UnitId, made.Team));
        await directory.SetSupervisorAsync(made.Team, made.Grace.PersonId);
        await directory.SetSupervisorAsync(made.Borough, made.Ruth.PersonId);
        return made;

        async Task<Domain.People.Actor> AddAsync(string name, string email, Guid unit) =>
            new(await directory.AddPersonAsync(new NewPerson(hub.Northbridge, name, email, "Constable", unit)));
    }

    /// <summary>A shift from so many hours after noon on.</summary>
    public ShiftTimes Hours(double from, double to) => new(Noon.AddHours(from), Noon.AddHours(to));

    public async Task<List<(DateTime, DateTime)>> OfAsync(Domain.People.Actor person)
    {
        await using var db = await Hub.Hub.CreateDbContextAsync();
        return (await db.Shifts.Where(s => s.PersonId == person.PersonId).OrderBy(s => s.StartsAt).ToListAsync()).ConvertAll(s => (s.StartsAt, s.EndsAt));
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}
