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

/// <summary>Puts accounts and devices into the simulated tenant, sound or with a trouble.</summary>
[SystemWork]
public sealed class SimulatedTroubles(IDbContextFactory<HubDb> hub, SimulatedTenant tenant, DeviceService devices, TimeProvider clock)
{
    private const long Gigabyte = 1_000_000_000;

    /// <summary>Gives the person an account, a laptop, a phone and a virtual desktop with these troubles.</summary>
    /// <param name="seconds">How long devices and people take to answer, by the clock.</param>
    public async Task SeedAsync(Guid personId, IReadOnlyCollection<Trouble> troubles, double seconds = 6, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var person = await db.People.AsNoTracking().SingleAsync(p => p.Id == personId, ct);
        var first = person.Name.Split(' ')[0];
        await AccountAsync(person, troubles, seconds, ct);
        var phone = await AddAsync(personId, DeviceKind.Phone, $"{first}’s phone", "Samsung Galaxy A56", "Android 16", ct);
        var laptop = await AddAsync(personId, DeviceKind.Laptop, $"NB-{person.Email.Aggregate(7, (h, c) => (h * 31 + c) & 0xFFFF):X4}", "HP EliteBook 640", "Windows 11", ct);
        await PhoneAsync(phone, $"{first}’s phone", troubles, seconds, ct);
        await LaptopAsync(laptop, troubles, seconds, ct);
        foreach (var device in new[] { phone, laptop }) await ProfilesAsync(device, troubles, seconds, ct);
        await DesktopAsync(person, troubles, seconds, ct);
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

    private Task PhoneAsync(string id, string name, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var never = troubles.Contains(Trouble.PhoneNotSyncingForGood);
        var bad = never || troubles.Contains(Trouble.PhoneNotSyncing);
        var sync = new JsonObject { ["lastSyncDateTime"] = "$now", ["exchangeLastSuccessfulSyncDateTime"] = "$now" };
        return tenant.PutAsync(SimulatedTenant.DevicePath(id), Managed(id, name, "Android", TimeSpan.FromMinutes(3), new JsonObject
        {
            ["exchangeAccessState"] = "allowed",
            ["exchangeLastSuccessfulSyncDateTime"] = Ago(bad ? TimeSpan.FromDays(5) : TimeSpan.FromMinutes(4)),
            ["simulated"] = Does(seconds, never ? [] : new JsonObject { ["syncDevice"] = sync }),
        }), ct);
    }

    private Task LaptopAsync(string id, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var never = troubles.Contains(Trouble.LaptopSlowForGood);
        var bad = never || troubles.Contains(Trouble.LaptopSlow);
        var reboot = new JsonObject { ["lastSyncDateTime"] = "$now", ["freeStorageSpaceInBytes"] = (never ? 9 : 92) * Gigabyte };
        return tenant.PutAsync(SimulatedTenant.DevicePath(id), Managed(id, "Laptop", "Windows", TimeSpan.FromMinutes(12), new JsonObject
        {
            ["totalStorageSpaceInBytes"] = 256 * Gigabyte, ["freeStorageSpaceInBytes"] = (bad ? 9 : 92) * Gigabyte,
            ["simulated"] = Does(seconds, new JsonObject { ["rebootNow"] = reboot, ["syncDevice"] = new JsonObject { ["lastSyncDateTime"] = "$now" } }),
        }), ct);
    }

    private Task ProfilesAsync(string id, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var never = troubles.Contains(Trouble.WifiProfileMissingForGood);
        var bad = never || troubles.Contains(Trouble.WifiProfileMissing);
        return tenant.PutAsync(SimulatedTenant.ProfilesPath(id), new JsonObject
        {
            ["value"] = Profile(bad ? "error" : "compliant"),
            ["simulated"] = Does(seconds, never ? [] : new JsonObject { ["syncDevice"] = new JsonObject { ["value"] = Profile("compliant") } }),
        }, ct);
    }

    private async Task DesktopAsync(Person person, IReadOnlyCollection<Trouble> troubles, double seconds, CancellationToken ct)
    {
        var never = troubles.Contains(Trouble.DesktopStuckForGood);
        var bad = never || troubles.Contains(Trouble.DesktopStuck);
        var id = await AddAsync(person.Id, DeviceKind.VirtualDesktop, "Virtual desktop", "Cloud PC Enterprise 2vCPU/8GB/128GB", "Windows 11", ct);
        var managed = clock.NewId().ToString();
        var on = never ? [] : new JsonObject { ["reboot"] = new JsonObject { ["lastSyncDateTime"] = "$now" } };
        await tenant.PutAsync(SimulatedTenant.DevicePath(managed), Managed(managed, "Virtual desktop", "Windows", bad ? TimeSpan.FromHours(30) : TimeSpan.FromMinutes(9), new JsonObject { ["simulated"] = Does(seconds, on) }), ct);
        await tenant.PutAsync(SimulatedTenant.CloudPcPath(id), new JsonObject
        {
            ["id"] = id, ["displayName"] = "Virtual desktop", ["managedDeviceId"] = managed, ["userPrincipalName"] = person.Email,
            ["simulated"] = Does(seconds, new JsonObject { ["reboot"] = new JsonObject { ["lastModifiedDateTime"] = "$now" } }),
        }, ct);
    }

    private async Task<string> AddAsync(Guid owner, DeviceKind kind, string name, string model, string os, CancellationToken ct)
    {
        var id = clock.NewId().ToString();
        await devices.AddAsync(owner, kind, name, model, os, id, ct);
        return id;
    }

    private JsonObject Managed(string id, string name, string os, TimeSpan seen, JsonObject more)
    {
        more["id"] = id;
        more["deviceName"] = name;
        more["operatingSystem"] = os;
        more["complianceState"] = "compliant";
        more["lastSyncDateTime"] = Ago(seen);
        return more;
    }

    private static JsonArray Profile(string state) => [new JsonObject { ["displayName"] = "Force Wi-Fi", ["state"] = state }];

    private static JsonObject Does(double seconds, JsonObject on) => new() { ["after"] = seconds, ["on"] = on };

    private string Ago(TimeSpan span) => (clock.Now() - span).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
