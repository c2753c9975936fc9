using Hub.Domain.Devices;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Seed;

/// <summary>
/// The fictional "Northbridge Police" with two sister bodies: made by calling the services as those people, each at the time
/// when it is said to have happened. For Development and demonstrations.
/// </summary>
[SystemWork]
public sealed class DemoSeed(IDbContextFactory<HubDb> hub, TimeProvider real, FileSettings files, Telemetry telemetry, ILoggerFactory log)
{
    /// <summary>Fills an empty hub; one that has people is left as it is. True if it filled.</summary>
    public async Task<bool> MakeAsync(CancellationToken ct = default)
    {
        await using (var db = await hub.CreateDbContextAsync(ct))
            if (await db.People.AnyAsync(ct)) return false;
        var clock = new SeedClock(real);
        await using var rooms = new ServiceCollection().AddSingleton(hub).AddSingleton(files).AddSingleton(telemetry).AddSingleton<TimeProvider>(clock).AddSingleton(clock)
            .AddSingleton(log).AddSingleton(typeof(ILogger<>), typeof(Logger<>)).AddHubRooms()
            .AddSingleton<IDeviceManagement>(s => s.GetRequiredService<SimulatedTenant>()).AddSingleton<IAccounts>(s => s.GetRequiredService<SimulatedTenant>())
            .AddSingleton<SeedPeople>().AddSingleton<SeedAvailability>().AddSingleton<SeedTalk>().AddSingleton<SeedArticles>().AddSingleton<SeedMeetings>().AddSingleton<SeedFixes>().BuildServiceProvider();
        clock.Set(clock.Utc(-60, "09:00"));
        var people = rooms.GetRequiredService<SeedPeople>();
        var directory = SeedContent.People();
        await people.MakeAsync(directory, ct);
        await rooms.GetRequiredService<SeedArticles>().MakeAsync(directory, ct);
        await rooms.GetRequiredService<SeedFixes>().MakeAsync(directory, ct);
        await rooms.GetRequiredService<SeedMeetings>().MakeAsync(SeedContent.Meetings(), ct);
        await rooms.GetRequiredService<SeedTalk>().MakeAsync(SeedContent.Channels(), directory, ct);
        await rooms.GetRequiredService<SeedAvailability>().MakeAsync(directory, ct);
        return true;
    }
}
