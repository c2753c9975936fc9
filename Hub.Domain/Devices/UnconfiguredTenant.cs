using System.Text.Json.Nodes;

namespace Hub.Domain.Devices;

/// <summary>Outside Development without a configured tenant: every call is refused, so that a fix says so and offers a person.</summary>
public sealed class UnconfiguredTenant : IDeviceManagement, IAccounts
{
    public bool Simulated => false;

    public Task<JsonObject?> GetManagedDeviceAsync(string id, CancellationToken ct = default) => throw Nothing();

    public IReadOnlyList<string> WifiProfiles => throw Nothing();

    public Task<IReadOnlyList<JsonObject>> ListDeviceStatusesAsync(string id, CancellationToken ct = default) => throw Nothing();

    public Task SyncDeviceAsync(string id, CancellationToken ct = default) => throw Nothing();

    public Task RebootNowAsync(string id, CancellationToken ct = default) => throw Nothing();

    public Task<JsonObject?> GetCloudPcAsync(string id, CancellationToken ct = default) => throw Nothing();

    public Task RebootCloudPcAsync(string id, CancellationToken ct = default) => throw Nothing();

    public Task<JsonObject?> GetUserAsync(string id, CancellationToken ct = default) => throw Nothing();

    public Task RequirePasswordChangeAsync(string id, CancellationToken ct = default) => throw Nothing();

    public Task RevokeSignInSessionsAsync(string id, CancellationToken ct = default) => throw Nothing();

    private static TenantException Nothing() => new("tenant.notConfigured");
}
