namespace Hub.Domain.People;

/// <summary>What somebody may do beyond what everyone may. Everyone active is Staff without a grant.</summary>
public enum Role
{
    Staff, KnowledgeManager, FixAuthor, ServiceDeskAgent, SupplierEngineer,
    Approver, ServiceOwner, Compliance, SecurityOfficer, Administrator,
}

/// <summary>How far a role reaches.</summary>
public enum ScopeKind { Hub, Organisation, Supplier, Category }

/// <summary>A role held in a scope, from a time until a time; ended, never deleted.</summary>
public sealed class RoleGrant
{
    public Guid Id { get; set; }
    public Guid PersonId { get; set; }
    public Role Role { get; set; }
    public ScopeKind Scope { get; set; }
    /// <summary>The organisation, supplier or category; null for the whole hub.</summary>
    public Guid? ScopeId { get; set; }
    public DateTime GrantedAt { get; set; }
    public Guid? GrantedById { get; set; }
    public DateTime? EndedAt { get; set; }
    public Guid? EndedById { get; set; }
}
