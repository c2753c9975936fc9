using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Domain.Devices;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Fixes;

/// <summary>An action a fix may take. Repeating one that is not <paramref name="Idempotent"/> does harm, so the person is asked.</summary>
internal sealed record FixAction(string Operation, bool Idempotent);

/// <summary>What fixes may read and do, by the names that documents use: operations of Microsoft Graph v1.0 and no others.</summary>
internal sealed class FixResources(IDeviceManagement devices, IAccounts accounts)
{
    public static readonly IReadOnlyDictionary<string, string> Reads = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["user"] = "GET /users/{id}",
        ["phone"] = "GET /deviceManagement/managedDevices/{id}",
        ["laptop"] = "GET /deviceManagement/managedDevices/{id}",
        ["phoneWifi"] = "GET /deviceManagement/deviceConfigurations/{id}/deviceStatuses",
        ["laptopWifi"] = "GET /deviceManagement/deviceConfigurations/{id}/deviceStatuses",
        ["desktop"] = "GET /deviceManagement/virtualEndpoint/cloudPCs/{id}",
        ["desktopDevice"] = "GET /deviceManagement/managedDevices/{id}",
    };

    public static readonly IReadOnlyDictionary<string, FixAction> Actions = new Dictionary<string, FixAction>(StringComparer.Ordinal)
    {
        ["syncDevice"] = new("POST /deviceManagement/managedDevices/{id}/syncDevice", true),
        ["rebootNow"] = new("POST /deviceManagement/managedDevices/{id}/rebootNow", false),
        ["reboot"] = new("POST /deviceManagement/virtualEndpoint/cloudPCs/{id}/reboot", false),
        ["requirePasswordChange"] = new("PATCH /users/{id}", true),
        ["revokeSignInSessions"] = new("POST /users/{id}/revokeSignInSessions", true),
    };

    public async Task<JsonObject?> ReadAsync(string resource, RunSubject of, CancellationToken ct) => (resource, Id(resource, of)) switch
    {
        (_, null) => null,
        ("user", var id) => await accounts.GetUserAsync(id, ct),
        ("phone" or "laptop", var id) => await devices.GetManagedDeviceAsync(id, ct),
        ("phoneWifi" or "laptopWifi", var id) => await WifiAsync(id, ct),
        ("desktop", var id) => await devices.GetCloudPcAsync(id, ct),
        (_, var id) => (await devices.GetCloudPcAsync(id, ct))?["managedDeviceId"]?.GetValue<string>() is { } managed ? await devices.GetManagedDeviceAsync(managed, ct) : null,
    };

    public Task SendAsync(string action, string resource, RunSubject of, CancellationToken ct)
    {
        var id = Id(resource, of) ?? throw new TenantException("ResourceNotFound");
        return action switch
        {
            "syncDevice" => devices.SyncDeviceAsync(id, ct),
            "rebootNow" => devices.RebootNowAsync(id, ct),
            "reboot" => devices.RebootCloudPcAsync(id, ct),
            "requirePasswordChange" => accounts.RequirePasswordChangeAsync(id, ct),
            _ => accounts.RevokeSignInSessionsAsync(id, ct),
        };
    }

    /// <summary>True if the tenant's own record shows that the action was taken since then; Graph keeps one for managed devices.</summary>
    public async Task<bool> WasTakenAsync(string action, string resource, RunSubject of, DateTime since, CancellationToken ct)
    {
        var results = (await ReadAsync(resource, of, ct))?["deviceActionResults"] as JsonArray;
        return results?.Any(r => r?["actionName"]?.GetValue<string>() == action
            && DateTime.TryParse(r["startDateTime"]?.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var at) && at >= since) ?? false;
    }

    // A status names its device and user, and has no id of either.
    private async Task<JsonObject?> WifiAsync(string id, CancellationToken ct)
    {
        var device = await devices.GetManagedDeviceAsync(id, ct);
        if (device is null) return null;
        foreach (var profile in devices.WifiProfiles)
            if ((await devices.ListDeviceStatusesAsync(profile, ct)).FirstOrDefault(s => Same(s, "deviceDisplayName", device, "deviceName") && Same(s, "userPrincipalName", device, "userPrincipalName")) is { } status)
                return status;
        return null;
    }

    private static bool Same(JsonObject a, string property, JsonObject b, string other) =>
        a[property]?.ToString() is { } text && string.Equals(text, b[other]?.ToString(), StringComparison.OrdinalIgnoreCase);

    private static string? Id(string resource, RunSubject of) => resource switch
    {
        "user" => of.User,
        "phone" or "phoneWifi" => of.Phone,
        "laptop" or "laptopWifi" => of.Laptop,
        _ => of.Desktop,
    };
}

/// <summary>Whose account and devices a run is about: ids in the tenant, null where there is none.</summary>
internal sealed record RunSubject(string User, string? Phone, string? Laptop, string? Desktop)
{
    public static async Task<RunSubject> OfAsync(IDbContextFactory<HubDb> hub, FixRun run, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        // A device that went to somebody else meanwhile is not theirs to act on. Who had none at the start may have one by now.
        var (kept, any) = (run.DeviceIds, run.DeviceIds.Count == 0);
        var mine = await db.Devices.Where(d => d.OwnerId == run.PersonId && (any || kept.Contains(d.Id))).OrderBy(d => d.Name).ThenBy(d => d.Id)
            .Select(d => new { d.Kind, d.ManagementId }).ToListAsync(ct);
        string? First(DeviceKind kind) => mine.Find(d => d.Kind == kind)?.ManagementId;
        return new RunSubject(run.Person.EntraObjectId ?? run.Person.Email, First(DeviceKind.Phone), First(DeviceKind.Laptop), First(DeviceKind.VirtualDesktop));
    }
}
