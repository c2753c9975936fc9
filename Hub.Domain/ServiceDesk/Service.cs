namespace Hub.Domain.ServiceDesk;

/// <summary>Who delivers services under contract (ITIL 4: supplier).</summary>
public sealed class Supplier
{
    public Guid Id { get; set; }
    public required string Name { get; set; }
    public string Does { get; set; } = "";
}

/// <summary>What services are grouped by for people, for example "Email".</summary>
public sealed class Category
{
    public Guid Id { get; set; }
    public required string Name { get; set; }
}

/// <summary>Something IT does for people (ITIL 4: service). A fix belongs to a service, a service to a supplier.</summary>
public sealed class Service
{
    public Guid Id { get; set; }
    /// <summary>Short name in addresses, lower case.</summary>
    public required string Slug { get; set; }
    public required string Name { get; set; }
    public string Description { get; set; } = "";
    public Guid SupplierId { get; set; }
    public Supplier Supplier { get; set; } = null!;
    public Guid CategoryId { get; set; }
    public Category Category { get; set; } = null!;
}
