using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Devices;

/// <summary>
/// A tenant for Development: Graph's resources kept in the hub's database. Each carries, under <c>simulated</c>, what it will
/// do when asked: <c>{"after": seconds, "on": {"syncDevice": {changes}}}</c>; an action that is not there is never answered.
/// What a request changes is seen once its time has come by the clock. Healing and failing are the resource's own.
/// </summary>
[SystemWork]
public sealed class SimulatedTenant(IDbContextFactory<HubDb> hub, TimeProvider clock) : IDeviceManagement, IAccounts
{
    /// <summary>The Wi-Fi profile of Windows (<c>windowsWifiConfiguration</c>).</summary>
    public const string WindowsWifi = "9f2d1c52-6f0b-4a57-8a35-0d2f60b1f7a1";

    /// <summary>The Wi-Fi profile of phones (<c>androidWorkProfileWiFiConfiguration</c>).</summary>
    public const string AndroidWifi = "3b7e0f64-51a9-4c0e-9d3c-7a1e58c4d2b6";

    public bool Simulated => true;

    public Task<JsonObject?> GetManagedDeviceAsync(string id, CancellationToken ct = default) => GetAsync(DevicePath(id), ct);

    public IReadOnlyList<string> WifiProfiles { get; } = [WindowsWifi, AndroidWifi];

    public async Task<IReadOnlyList<JsonObject>> ListDeviceStatusesAsync(string id, CancellationToken ct = default)
    {
        var under = StatusPath(id, "");
        await using var db = await hub.CreateDbContextAsync(ct);
        return [.. (await db.SimulatedResources.Where(r => r.Path.StartsWith(under)).OrderBy(r => r.Path).Select(r => r.Json).ToListAsync(ct)).Select(Shown)];
    }

    public Task<JsonObject?> GetCloudPcAsync(string id, CancellationToken ct = default) => GetAsync(CloudPcPath(id), ct);

    public Task<JsonObject?> GetUserAsync(string id, CancellationToken ct = default) => GetAsync(UserPath(id), ct);

    public async Task SyncDeviceAsync(string id, CancellationToken ct = default)
    {
        await RequestAsync(DevicePath(id), "syncDevice", must: true, ct);
        foreach (var profile in WifiProfiles) await RequestAsync(StatusPath(profile, id), "syncDevice", must: false, ct);
    }

    public Task RebootNowAsync(string id, CancellationToken ct = default) => RequestAsync(DevicePath(id), "rebootNow", must: true, ct);

    public async Task RebootCloudPcAsync(string id, CancellationToken ct = default)
    {
        await RequestAsync(CloudPcPath(id), "reboot", must: true, ct);
        if ((await GetCloudPcAsync(id, ct))?["managedDeviceId"]?.GetValue<string>() is { } device) await RequestAsync(DevicePath(device), "reboot", must: false, ct);
    }

    public async Task RequirePasswordChangeAsync(string id, CancellationToken ct = default)
    {
        // As in Graph: the password of an account that is kept on premises cannot be changed from here.
        var user = await GetUserAsync(id, ct) ?? throw new TenantException("Request_ResourceNotFound");
        if (user["onPremisesSyncEnabled"]?.GetValue<bool>() == true) throw new TenantException("Authorization_RequestDenied");
        await RequestAsync(UserPath(id), "passwordProfile", must: true, ct);
    }

    public Task RevokeSignInSessionsAsync(string id, CancellationToken ct = default) => RequestAsync(UserPath(id), "revokeSignInSessions", must: true, ct);

    /// <summary>Puts a resource, with Graph's property names; what stood at this path is replaced.</summary>
    public async Task PutAsync(string path, JsonObject resource, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var row = await db.SimulatedResources.FindAsync([path], ct) ?? db.SimulatedResources.Add(new SimulatedResource { Path = path, Json = "" }).Entity;
        row.Json = resource.ToJsonString();
        await db.SaveChangesAsync(ct);
    }

    public static string UserPath(string id) => $"/users/{id}";

    public static string DevicePath(string id) => $"/deviceManagement/managedDevices/{id}";

    public static string StatusPath(string profile, string device) => $"/deviceManagement/deviceConfigurations/{profile}/deviceStatuses/{device}";

    public static string CloudPcPath(string id) => $"/deviceManagement/virtualEndpoint/cloudPCs/{id}";

    private async Task<JsonObject?> GetAsync(string path, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var json = await db.SimulatedResources.Where(r => r.Path == path).Select(r => r.Json).FirstOrDefaultAsync(ct);
        return json is null ? null : Shown(json);
    }

    private JsonObject Shown(string json)
    {
        var resource = Settle(JsonNode.Parse(json)!.AsObject());
        resource.Remove("simulated");
        return resource;
    }

    private async Task RequestAsync(string path, string action, bool must, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var row = await db.SimulatedResources.FindAsync([path], ct);
        if (row is null && must) throw new TenantException("ResourceNotFound");
        if (row is null) return;
        var resource = Settle(JsonNode.Parse(row.Json)!.AsObject());
        var now = Text(clock.Now());
        if (resource["simulated"] is not JsonObject simulated) resource["simulated"] = simulated = [];
        simulated["requested"] = new JsonObject { ["action"] = action, ["at"] = now };
        if (resource.ContainsKey("deviceName"))
        {
            // Graph keeps the latest of each action with its state.
            if (resource["deviceActionResults"] is not JsonArray results) resource["deviceActionResults"] = results = [];
            foreach (var old in results.Where(r => r!["actionName"]!.GetValue<string>() == action).ToList()) results.Remove(old);
            results.Add(new JsonObject { ["actionName"] = action, ["actionState"] = "pending", ["startDateTime"] = now, ["lastUpdatedDateTime"] = now });
        }
        row.Json = resource.ToJsonString();
        await db.SaveChangesAsync(ct);
    }

    private JsonObject Settle(JsonObject resource)
    {
        if (resource["simulated"] is not JsonObject simulated || simulated["requested"] is not JsonObject requested) return resource;
        var action = requested["action"]!.GetValue<string>();
        if (simulated["on"]?[action] is not JsonObject changes) return resource;
        var done = Time(requested["at"]!.GetValue<string>()).AddSeconds(simulated["after"]?.GetValue<double>() ?? 0);
        if (clock.Now() < done) return resource;
        foreach (var (name, value) in changes) resource[name] = value is JsonValue v && v.TryGetValue<string>(out var text) && text == "$now" ? Text(done) : value?.DeepClone();
        foreach (var result in resource["deviceActionResults"]?.AsArray().Where(r => r!["actionName"]!.GetValue<string>() == action) ?? [])
            (result!["actionState"], result["lastUpdatedDateTime"]) = ("done", Text(done));
        simulated.Remove("requested");
        return resource;
    }

    private static DateTime Time(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);

    private static string Text(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
