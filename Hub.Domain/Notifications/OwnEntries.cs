using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>Entries that somebody brought about themselves: what a reminder or a refused message of theirs is, is read from its own row each time.</summary>
internal static class OwnEntries
{
    /// <summary>Makes the entry, or makes it new again; the person's row is locked. What is not read goes to devices and by mail in its time.</summary>
    public static async Task<Notification> PutAsync(HubDb db, DigestWork digests, PushWork pushes, TimeProvider clock, Guid personId, NotificationKind kind, Guid subjectId, CancellationToken ct)
    {
        var entry = await db.Notifications.FirstOrDefaultAsync(n => n.PersonId == personId && n.Kind == kind && n.SubjectId == subjectId, ct);
        if (entry is null) db.Notifications.Add(entry = new Notification { Id = clock.NewId(), PersonId = personId, Kind = kind, SubjectId = subjectId });
        (entry.At, entry.ReadAt) = (clock.Now(), null);
        await pushes.AskAsync(db, [entry], ct);
        await digests.AskAsync(db, personId, entry.At, ct);
        return entry;
    }
}
