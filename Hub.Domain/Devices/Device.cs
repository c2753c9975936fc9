using Hub.Domain.People;

namespace Hub.Domain.Devices;

public enum DeviceKind { Laptop, Phone, Tablet, VirtualDesktop }

/// <summary>A managed device somebody uses; what device management knows of it is read from there, not kept here.</summary>
public sealed class Device
{
    public Guid Id { get; set; }
    public Guid OrganisationId { get; set; }
    public Guid OwnerId { get; set; }
    public Person Owner { get; set; } = null!;
    public DeviceKind Kind { get; set; }
    public required string Name { get; set; }
    public required string Model { get; set; }
    public string Os { get; set; } = "";
    /// <summary>Graph id of the managedDevice or cloudPC.</summary>
    public required string ManagementId { get; set; }
}

/// <summary>State of the simulated tenant: one row a Graph resource, named by its path. Development only.</summary>
public sealed class SimulatedResource
{
    /// <summary>For example <c>/users/{id}</c> or <c>/deviceManagement/managedDevices/{id}</c>.</summary>
    public required string Path { get; set; }
    /// <summary>The resource's JSON, with Graph's property names.</summary>
    public required string Json { get; set; }
}
