using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Devices;

/// <summary>What ails somebody's account or device in the simulated tenant. The names ending in ForGood are those no action heals.</summary>
public enum Trouble
{
    None, PasswordExpired, PasswordExpiredForGood, PhoneNotSyncing, PhoneNotSyncingForGood, LaptopSlow, LaptopSlowForGood,
    DesktopStuck, DesktopStuckForGood, WifiProfileMissing, WifiProfileMissingForGood,
}

/// <summary>A device as the tenant is to have it.</summary>
public sealed record SimulatedDevice(DeviceKind Kind, string Name, string Model, string Os);

/// <summary>Puts accounts and devices into the simulated tenant, sound or with a trouble.</summary>
[SystemWork]
public sealed class SimulatedTroubles(IDbContextFactory<HubDb> hub, SimulatedTenant tenant, DeviceService devices, TimeProvider clock)
{
    private const long Gigabyte = 1_000_000_000;

    /// <summary>Gives the person an account and these devices with these troubles; without a list a laptop, a phone and a virtual desktop.</summary>
    /// <param name="seconds">How long devices and people take to answer, by the clock.</param>
    public async Task SeedAsync(Guid personId, IReadOnlyCollection<Trouble> troubles, IReadOnlyList<SimulatedDevice>? own = null, double seconds = 6, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var person = await db.People.AsNoTracking().SingleAsync(p => p.Id == personId, ct);
        var first = person.Name.Split(' ')[0];
        await AccountAsync(person, troubles, seconds, ct);
        own ??=
        [
            new(DeviceKind.Phone, $"{first}’s phone", "Samsung Galaxy A56", "Android 16"), new(DeviceKind.Laptop, "NB-LT-1", "HP EliteBook 640", "Windows 11"),
            new(DeviceKind.VirtualDesktop, "Virtual desktop", "Cloud PC Enterprise 2vCPU/8GB/128GB", "Windows 11"),
        ];
        foreach (var d in own)
        {
            var id = clock.NewId().ToString();
            await devices.AddAsync(personId, d.Kind, d.Name, d.Model, d.Os, id, ct);
            if (d.Kind == DeviceKind.VirtualDesktop) await DesktopAsync(id, person, d, troubles, seconds, ct);
            else if (d.Kind == DeviceKind.Laptop) await LaptopAsync(id, person, d, troubles, seconds, ct);
            else await PhoneAsync(id, person, d, troubles, seconds, ct);
            if (d.Kind != DeviceKind.VirtualDesktop) await WifiAsync(id, person, d, troubles, seconds, ct);
        }
    }

    private async Task AccountAsync(Person person, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var bad = troubles.Contains(Trouble.PasswordExpired) || troubles.Contains(Trouble.PasswordExpiredForGood);
        var on = new JsonObject { ["passwordProfile"] = new JsonObject { ["lastPasswordChangeDateTime"] = "$now" }, ["revokeSignInSessions"] = new JsonObject { ["signInSessionsValidFromDateTime"] = "$now" } };
        await tenant.PutAsync(SimulatedTenant.UserPath(person.Email), new JsonObject
        {
            ["id"] = person.Id.ToString(), ["displayName"] = person.Name, ["userPrincipalName"] = person.Email, ["accountEnabled"] = true,
            ["onPremisesSyncEnabled"] = troubles.Contains(Trouble.PasswordExpiredForGood),
            ["lastPasswordChangeDateTime"] = Ago(bad ? TimeSpan.FromDays(400) : TimeSpan.FromDays(2)),
            ["simulated"] = Does(seconds, on),
        }, ct);
    }

    private Task PhoneAsync(string id, Person person, SimulatedDevice d, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var never = troubles.Contains(Trouble.PhoneNotSyncingForGood);
        var bad = never || troubles.Contains(Trouble.PhoneNotSyncing);
        var sync = new JsonObject { ["lastSyncDateTime"] = "$now", ["exchangeLastSuccessfulSyncDateTime"] = "$now" };
        return tenant.PutAsync(SimulatedTenant.DevicePath(id), Managed(id, person, d.Name, d.Os.Split(' ')[0], TimeSpan.FromMinutes(3), new JsonObject
        {
            ["exchangeAccessState"] = "allowed",
            ["exchangeLastSuccessfulSyncDateTime"] = Ago(bad ? TimeSpan.FromDays(5) : TimeSpan.FromMinutes(4)),
            ["simulated"] = Does(seconds, never ? [] : new JsonObject { ["syncDevice"] = sync }),
        }), ct);
    }

    private Task LaptopAsync(string id, Person person, SimulatedDevice d, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var never = troubles.Contains(Trouble.LaptopSlowForGood);
        var bad = never || troubles.Contains(Trouble.LaptopSlow);
        var reboot = new JsonObject { ["lastSyncDateTime"] = "$now", ["freeStorageSpaceInBytes"] = (never ? 9 : 92) * Gigabyte };
        return tenant.PutAsync(SimulatedTenant.DevicePath(id), Managed(id, person, d.Name, "Windows", TimeSpan.FromMinutes(12), new JsonObject
        {
            ["totalStorageSpaceInBytes"] = 256 * Gigabyte, ["freeStorageSpaceInBytes"] = (bad ? 9 : 92) * Gigabyte,
            ["simulated"] = Does(seconds, new JsonObject { ["rebootNow"] = reboot, ["syncDevice"] = new JsonObject { ["lastSyncDateTime"] = "$now" } }),
        }), ct);
    }

    private Task WifiAsync(string id, Person person, SimulatedDevice d, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var never = troubles.Contains(Trouble.WifiProfileMissingForGood);
        var bad = never || troubles.Contains(Trouble.WifiProfileMissing);
        var profile = d.Kind == DeviceKind.Laptop ? SimulatedTenant.WindowsWifi : SimulatedTenant.AndroidWifi;
        var heals = new JsonObject { ["status"] = "compliant", ["lastReportedDateTime"] = "$now" };
        return tenant.PutAsync(SimulatedTenant.StatusPath(profile, id), new JsonObject
        {
            ["id"] = $"{profile}_{id}", ["deviceDisplayName"] = d.Name, ["userPrincipalName"] = person.Email, ["status"] = bad ? "error" : "compliant",
            ["lastReportedDateTime"] = Ago(TimeSpan.FromMinutes(20)),
            ["simulated"] = Does(seconds, never ? [] : new JsonObject { ["syncDevice"] = heals }),
        }, ct);
    }

    private async Task DesktopAsync(string id, Person person, SimulatedDevice d, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var never = troubles.Contains(Trouble.DesktopStuckForGood);
        var bad = never || troubles.Contains(Trouble.DesktopStuck);
        var managed = clock.NewId().ToString();
        var on = never ? [] : new JsonObject { ["reboot"] = new JsonObject { ["lastSyncDateTime"] = "$now" } };
        await tenant.PutAsync(SimulatedTenant.DevicePath(managed), Managed(managed, person, d.Name, "Windows", bad ? TimeSpan.FromHours(30) : TimeSpan.FromMinutes(9), new JsonObject { ["simulated"] = Does(seconds, on) }), ct);
        await tenant.PutAsync(SimulatedTenant.CloudPcPath(id), new JsonObject
        {
            ["id"] = id, ["displayName"] = d.Name, ["managedDeviceId"] = managed, ["userPrincipalName"] = person.Email,
            ["simulated"] = Does(seconds, new JsonObject { ["reboot"] = new JsonObject { ["lastModifiedDateTime"] = "$now" } }),
        }, ct);
    }

    private JsonObject Managed(string id, Person person, string name, string os, TimeSpan seen, JsonObject more)
    {
        more["id"] = id;
        more["deviceName"] = name;
        more["userPrincipalName"] = person.Email;
        more["operatingSystem"] = os;
        more["complianceState"] = "compliant";
        more["lastSyncDateTime"] = Ago(seen);
        return more;
    }

    private static JsonObject Does(double seconds, JsonObject on) => new() { ["after"] = seconds, ["on"] = on };

    private string Ago(TimeSpan span) => (clock.Now() - span).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
