using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Who sees which file.</summary>
internal static class FileViewing
{
    /// <summary>
    /// A posted file: whoever sees its conversation, while its message stands; while that is hidden, its uploader and who keeps order there alone. Before it is posted: its
    /// uploader alone.
    /// </summary>
    public static IQueryable<StoredFile> VisibleTo(this IQueryable<StoredFile> files, HubDb db, Viewer viewer) => viewer.Known
        ? files.Where(f => f.RemovedAt == null && (f.MessageId == null ? f.OwnerId == viewer.PersonId
            : db.Conversations.VisibleTo(viewer).Any(c => c.Id == f.ConversationId) && (f.Message!.DeletedAt == null || (f.Message.HiddenReason != null
                && (f.OwnerId == viewer.PersonId || db.ConversationMembers.Keepers().Any(k => k.ConversationId == f.ConversationId && k.PersonId == viewer.PersonId))))))
        : files.Where(f => false);

    /// <summary>Files of one's own that are not posted.</summary>
    public static IQueryable<StoredFile> Waiting(this IQueryable<StoredFile> files, Viewer viewer) =>
        viewer.Known ? files.Where(f => f.OwnerId == viewer.PersonId && f.MessageId == null && f.RemovedAt == null) : files.Where(f => false);
}
