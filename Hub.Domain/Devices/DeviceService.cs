using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Devices;

/// <summary>A device as its owner sees it.</summary>
public sealed record DeviceCard(Guid Id, DeviceKind Kind, string Name, string Model, string Os);

/// <summary>Which devices somebody uses.</summary>
public sealed class DeviceService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>The actor's own devices, by name.</summary>
    public async Task<IReadOnlyList<DeviceCard>> MineAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.Devices.VisibleTo(viewer).OrderBy(d => d.Name).ThenBy(d => d.Id)
            .Select(d => new DeviceCard(d.Id, d.Kind, d.Name, d.Model, d.Os)).ToListAsync(ct);
    }

    /// <summary>Adds a device as device management tells it.</summary>
    [SystemWork]
    public async Task<Guid> AddAsync(Guid ownerId, DeviceKind kind, string name, string model, string os, string managementId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var body = await db.People.Where(p => p.Id == ownerId).Select(p => p.OrganisationId).SingleAsync(ct);
        var device = new Device { Id = clock.NewId(), OrganisationId = body, OwnerId = ownerId, Kind = kind, Name = name, Model = model, Os = os, ManagementId = managementId };
        db.Devices.Add(device);
        await db.SaveChangesAsync(ct);
        return device.Id;
    }
}

public static class DeviceViewing
{
    /// <summary>One's own devices.</summary>
    public static IQueryable<Device> VisibleTo(this IQueryable<Device> devices, Viewer viewer) =>
        devices.Where(d => d.OwnerId == viewer.PersonId && d.OrganisationId == viewer.OrganisationId);
}
