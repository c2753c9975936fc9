using Hub.Domain.People;
using Hub.Domain.Storage;

namespace Hub.Domain.Audit;

/// <summary>Adds to the audit trail inside the caller's transaction: what happened and its record stand or fall together.</summary>
public static class AuditTrail
{
    /// <summary>Adds a row; the caller saves.</summary>
    public static void Audit(this HubDb db, TimeProvider clock, Actor? actor, string action, string subjectKind = "", Guid? subjectId = null, string detail = "") =>
        db.AuditEntries.Add(new AuditEntry
        {
            Id = clock.NewId(), At = clock.Now(), PersonId = actor?.PersonId, Action = action,
            SubjectKind = subjectKind, SubjectId = subjectId, Detail = detail, Address = actor?.Address,
        });
}
