using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Who of a conversation's members may write in it now. What is stored asks while the conversation's row is locked; a page asks of its card.</summary>
public static class PostingRule
{
    private static readonly Refusal Archived = new(RefusalKind.Forbidden, "chat.archived"), Few = new(RefusalKind.Forbidden, "chat.announcements");

    /// <summary>
    /// What stands against a message of somebody who is in the conversation; null if nothing does. In an archived one nobody writes; where
    /// few post, everyone may reply in threads.
    /// </summary>
    public static Refusal? Against(DateTime? archivedAt, bool announcements, ConversationRole role, bool poster, bool threadReply) =>
        archivedAt is not null ? Archived : announcements && !threadReply && role == ConversationRole.Member && !poster ? Few : null;

    /// <summary>The card with what its person may do now.</summary>
    public static ConversationCard Ruled(this ConversationCard card)
    {
        return card with { CanPost = May(threadReply: false), CanReply = May(threadReply: true) };

        bool May(bool threadReply) => card.Role is { } role && Against(card.ArchivedAt, card.Announcements, role, card.Poster, threadReply) is null;
    }

    /// <summary>What stands against an edit, a deletion or a reaction; null if nothing does. Asked while the conversation's row is locked.</summary>
    internal static async Task<Refusal?> AgainstChangeAsync(this HubDb db, Guid conversationId, Guid personId, CancellationToken ct) =>
        !await db.IsMemberAsync(conversationId, personId, ct) ? new Refusal(RefusalKind.Forbidden, "chat.join")
        : await db.Conversations.AnyAsync(c => c.Id == conversationId && c.ArchivedAt != null, ct) ? Archived : null;
}
