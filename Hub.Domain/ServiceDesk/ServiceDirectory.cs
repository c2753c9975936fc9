using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.ServiceDesk;

/// <summary>Suppliers, categories and services as the contracts have them. The hub's own work: seeds and imports call it.</summary>
[SystemWork]
public sealed class ServiceDirectory(IDbContextFactory<HubDb> hub, SearchIndex index, TimeProvider clock)
{
    public async Task<Guid> AddSupplierAsync(string name, string does, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var supplier = new Supplier { Id = clock.NewId(), Name = name, Does = does };
        db.Suppliers.Add(supplier);
        await db.SaveChangesAsync(ct);
        return supplier.Id;
    }

    /// <summary>Adds a service, and its category if there is none of that name.</summary>
    public async Task<Guid> AddServiceAsync(string slug, string name, string description, Guid supplierId, string category, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var group = await db.Categories.FirstOrDefaultAsync(c => c.Name == category, ct) ?? db.Categories.Add(new Category { Id = clock.NewId(), Name = category }).Entity;
        var service = new Service { Id = clock.NewId(), Slug = slug, Name = name, Description = description, SupplierId = supplierId, CategoryId = group.Id };
        db.Services.Add(service);
        await index.PutAsync(db, SearchKind.Service, service.Id, name, description, ct);
        await db.SaveChangesAsync(ct);
        return service.Id;
    }

    /// <summary>Id of a service by its short name; null when there is none.</summary>
    public async Task<Guid?> FindAsync(string slug, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.Services.Where(s => s.Slug == slug).Select(s => (Guid?)s.Id).FirstOrDefaultAsync(ct);
    }

    /// <summary>Id of a category by its name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public async Task<Guid> CategoryAsync(string name, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.Categories.Where(c => c.Name == name).Select(c => c.Id).SingleAsync(ct);
    }
}
