using System.Text.Json.Nodes;

namespace Hub.Domain.Devices;

/// <summary>The tenant refused, or gave no answer. An adapter throws nothing else.</summary>
/// <param name="code">Graph's error code, for example <c>Authorization_RequestDenied</c>.</param>
/// <param name="noAnswer">True for a time-out, a lost connection, 429 and 5xx: it is not known whether the request was taken, and later it may be.</param>
public sealed class TenantException(string code, bool noAnswer = false) : Exception(noAnswer ? "The tenant did not answer." : "The tenant refused.")
{
    public string Code { get; } = code;

    public bool NoAnswer { get; } = noAnswer;
}

/// <summary>
/// Device management as Microsoft Graph v1.0 offers it to an application without a signed-in user. Resources come with
/// Graph's property names; null when there is no such resource. The hub calls it, never a person.
/// </summary>
public interface IDeviceManagement
{
    /// <summary>True for the stand-in of Development; the page says so.</summary>
    bool Simulated { get; }

    /// <summary>GET /deviceManagement/managedDevices/{id} (DeviceManagementManagedDevices.Read.All).</summary>
    Task<JsonObject?> GetManagedDeviceAsync(string id, CancellationToken ct = default);

    /// <summary>Ids of the tenant's Wi-Fi profiles (<c>deviceConfiguration</c>), one for each platform.</summary>
    IReadOnlyList<string> WifiProfiles { get; }

    /// <summary>GET /deviceManagement/deviceConfigurations/{id}/deviceStatuses; what each device says of a profile (DeviceManagementConfiguration.Read.All).</summary>
    Task<IReadOnlyList<JsonObject>> ListDeviceStatusesAsync(string id, CancellationToken ct = default);

    /// <summary>POST /deviceManagement/managedDevices/{id}/syncDevice (DeviceManagementManagedDevices.PrivilegedOperations.All). Repeating does no harm.</summary>
    /// <exception cref="TenantException">Refused, or no answer.</exception>
    Task SyncDeviceAsync(string id, CancellationToken ct = default);

    /// <summary>POST /deviceManagement/managedDevices/{id}/rebootNow (same permission). Repeating restarts twice.</summary>
    /// <exception cref="TenantException">Refused, or no answer.</exception>
    Task RebootNowAsync(string id, CancellationToken ct = default);

    /// <summary>GET /deviceManagement/virtualEndpoint/cloudPCs/{id} (CloudPC.Read.All).</summary>
    Task<JsonObject?> GetCloudPcAsync(string id, CancellationToken ct = default);

    /// <summary>POST /deviceManagement/virtualEndpoint/cloudPCs/{id}/reboot (CloudPC.ReadWrite.All). Repeating restarts twice.</summary>
    /// <exception cref="TenantException">Refused, or no answer.</exception>
    Task RebootCloudPcAsync(string id, CancellationToken ct = default);
}
