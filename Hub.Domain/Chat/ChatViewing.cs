using System.Linq.Expressions;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Who sees what of the chat, and how it is read. No role opens a conversation: an administrator is a person like any other here.</summary>
public static class ChatViewing
{
    /// <summary>Conversations one is in, and those whose audience reaches one.</summary>
    public static IQueryable<Conversation> VisibleTo(this IQueryable<Conversation> conversations, Viewer viewer) =>
        conversations.Where(c => viewer.Known
            && (c.Members.Any(m => m.PersonId == viewer.PersonId && m.LeftAt == null) || c.Audience.Any(a => viewer.Reach.Contains(a.TargetId))));

    /// <summary>Messages of the conversations that one sees.</summary>
    internal static IQueryable<Message> VisibleTo(this IQueryable<Message> messages, HubDb db, Viewer viewer) =>
        messages.Where(m => db.Conversations.VisibleTo(viewer).Any(c => c.Id == m.ConversationId));

    /// <summary>Messages that no retention rule has removed. Of one that it has nothing but its row is left: a held one's words are where only Compliance's export finds them (<see cref="HeldMessage"/>).</summary>
    internal static IQueryable<Message> Standing(this IQueryable<Message> messages) => messages.Where(m => m.Sequence > m.Conversation.RemovedSequence);

    /// <summary>
    /// Ids of the conversations that one sees: what <see cref="VisibleTo(IQueryable{Conversation}, Viewer)"/> lets through, begun at what one is in and what reaches one,
    /// because most conversations are other people's.
    /// </summary>
    internal static async Task<List<Guid>> VisibleIdsAsync(this HubDb db, Viewer viewer, CancellationToken ct)
    {
        if (!viewer.Known) return [];
        var joined = db.ConversationMembers.Where(m => m.PersonId == viewer.PersonId && m.LeftAt == null).Select(m => m.ConversationId);
        var reaching = db.Conversations.SelectMany(c => c.Audience, (c, a) => new { c.Id, a.TargetId }).Where(a => viewer.Reach.Contains(a.TargetId)).Select(a => a.Id);
        return await joined.Union(reaching).ToListAsync(ct);
    }

    /// <summary>Names of conversations as this person sees them.</summary>
    internal static async Task<Dictionary<Guid, string>> NamesAsync(this HubDb db, IReadOnlyCollection<Guid> ids, Guid personId, CancellationToken ct)
    {
        var names = await db.Conversations.Where(c => ids.Contains(c.Id)).ToDictionaryAsync(c => c.Id, c => c.Name, ct);
        var others = await db.ConversationMembers.Where(m => ids.Contains(m.ConversationId) && m.Conversation.Kind == ConversationKind.Direct && m.PersonId != personId)
            .OrderBy(m => m.Person.Name).ThenBy(m => m.PersonId).Select(m => new { m.ConversationId, m.Person.Name }).ToListAsync(ct);
        foreach (var direct in others.GroupBy(o => o.ConversationId, o => o.Name)) names[direct.Key] = string.Join(", ", direct);
        return names;
    }

    /// <summary>The help channel that the viewer may find, the oldest if there are several.</summary>
    internal static Task<Guid?> HelpChannelAsync(this HubDb db, Viewer viewer, CancellationToken ct) =>
        db.Conversations.VisibleTo(viewer).Where(c => c.IsHelp && c.ArchivedAt == null).OrderBy(c => c.CreatedAt).ThenBy(c => c.Id).Select(c => (Guid?)c.Id).FirstOrDefaultAsync(ct);

    /// <summary>True while the person is in the conversation.</summary>
    internal static Task<bool> IsMemberAsync(this HubDb db, Guid conversationId, Guid personId, CancellationToken ct) =>
        db.ConversationMembers.AnyAsync(m => m.ConversationId == conversationId && m.PersonId == personId && m.LeftAt == null, ct);

    /// <summary>Conversations as this person sees them; <paramref name="counted"/>: with how many are in each, which costs more than all the rest where many are.</summary>
    internal static IQueryable<ConversationCard> Cards(this HubDb db, IQueryable<Conversation> conversations, Guid personId, bool counted = true)
    {
        var mine = db.ConversationMembers.Where(m => m.PersonId == personId && m.LeftAt == null);
        var shown = db.Messages.Where(m => m.ThreadId == null || m.AlsoToConversation).OrderByDescending(m => m.Sequence);
        var others = db.ConversationMembers.Where(m => m.Conversation.Kind == ConversationKind.Direct && m.PersonId != personId).OrderBy(m => m.Person.Name).ThenBy(m => m.PersonId);
        return from c in conversations
            from me in mine.Where(m => m.ConversationId == c.Id).DefaultIfEmpty()
            select Named(new ConversationCard(
            c.Id, c.Kind, c.Name, c.Topic, c.IsHelp, !c.Audience.Any(), me != null, false,
            counted ? c.Members.Count(m => m.LeftAt == null && m.Person.Kind != ActorKind.Bot) : 0, 0, me == null ? 0 : me.ReadSequence, c.LatestSequence, c.LatestAt,
            me == null ? "" : shown.Where(m => m.ConversationId == c.Id).Select(m => m.Text == "" && m.Files != null && m.DeletedAt == null
                ? db.StoredFiles.Where(f => f.MessageId == m.Id).OrderBy(f => f.Position).Select(f => f.Name).FirstOrDefault()
                : m.Text.Substring(0, ConversationCard.LatestTextLength)).FirstOrDefault() ?? "",
            c.Version, null)
            {
                LatestShown = shown.Where(m => m.ConversationId == c.Id).Select(m => (long?)m.Sequence).FirstOrDefault() ?? 0,
                ThreadMessages = c.ThreadMessages,
                ReadThreadMessages = me == null ? 0 : me.ReadThreadMessages,
                RemovedDays = c.RemovedDays,
                RemovedSequence = c.RemovedSequence,
                RemovedThreadMessages = c.RemovedThreadMessages,
                Role = me == null ? null : me.Role ?? (c.CreatedById == personId ? ConversationRole.Owner : ConversationRole.Member),
                Poster = me != null && me.PosterSince != null,
                ArchivedAt = c.ArchivedAt,
                Marking = c.Marking,
                Announcements = c.AnnouncedAt != null,
                MutedAt = me == null ? null : me.MutedAt,
                DetailsVersion = c.DetailsVersion,
            }, others.Where(m => m.ConversationId == c.Id).Select(m => new Author(m.PersonId, m.Person.Name)).ToList());
    }

    // A direct conversation has no name of its own.
    private static ConversationCard Named(ConversationCard card, List<Author> others) =>
        (others.Count == 0 ? card : card with { Name = string.Join(", ", others.Select(o => o.Name)), PersonId = others is [var other] ? other.Id : null }).Counted().Ruled();

    /// <summary>The card with what is unread by its markers, of which none is before what was removed: what stands in threads alone is not.</summary>
    public static ConversationCard Counted(this ConversationCard card)
    {
        if (!card.Joined) return card;
        if (card.ReadSequence < card.RemovedSequence) card = card with { ReadSequence = card.RemovedSequence, ReadThreadMessages = card.RemovedThreadMessages };
        return card with { Unread = card.LatestSequence - card.ReadSequence - (card.ThreadMessages - card.ReadThreadMessages) };
    }

    internal static async Task<MessageRecord> RecordAsync(this HubDb db, Guid messageId, CancellationToken ct) =>
        await db.Messages.AsNoTracking().Where(m => m.Id == messageId).Select(Record(db)).FirstAsync(ct);

    internal static Expression<Func<Message, MessageRecord>> Record(HubDb db) => m => new MessageRecord(
        m.Id, m.ConversationId, m.Sequence, m.ClientMessageId, m.Text, m.Html, new Author(m.SenderId, m.Sender.Name) { Bot = m.Sender.Kind == ActorKind.Bot },
        m.PostedAt, m.EditedAt, m.DeletedAt, m.Version,
        m.RunId == null || m.DeletedAt != null ? null : db.FixRuns.Where(r => r.Id == m.RunId)
            .Select(r => new RunCard(r.Id, r.Fix.Title, r.Steps.Count(s => s.Kind != "outcome"), r.State, r.Verified, r.OutcomeTitle, r.Person.Name)).FirstOrDefault())
    {
        Links = MessageLinks.Read(m.DeletedAt == null ? m.Links : null),
        ThreadId = m.ThreadId,
        AlsoToConversation = m.AlsoToConversation,
        Replies = m.Replies,
        LastReplyAt = m.LastReplyAt,
        Reactions = ReactionService.Read(m.HiddenReason == null ? m.Reactions : ""),
        HiddenReason = m.HiddenReason,
        Removed = m.Sequence <= m.Conversation.RemovedSequence,
        PinnedAt = m.PinnedAt,
        ThreadMessages = m.ThreadMessages,
        Help = m.Help,
        AnswerId = m.AnswerId,
        ResolvedAt = m.ResolvedAt,
        Revision = m.Revision,
        Files = MessageFiles.Read(m.DeletedAt == null ? m.Files : null),
    };

    /// <summary>What the viewer did with these messages: two queries, whatever their number.</summary>
    internal static async Task<OwnMarks> OwnMarksAsync(this HubDb db, Guid personId, IReadOnlyCollection<MessageRecord> messages, CancellationToken ct)
    {
        if (messages.Count == 0) return OwnMarks.None;
        var all = messages.Select(m => m.Id).ToList();
        var reacted = messages.Where(m => m.Reactions.Count > 0).Select(m => m.Id).ToList();
        var saved = await db.SavedMessages.Where(s => s.PersonId == personId && all.Contains(s.MessageId)).Select(s => s.MessageId).ToListAsync(ct);
        var given = reacted.Count == 0 ? [] : await db.Reactions.Where(r => r.PersonId == personId && reacted.Contains(r.MessageId)).OrderBy(r => r.At).Select(r => new { r.MessageId, r.Emoji }).ToListAsync(ct);
        return new OwnMarks(given.GroupBy(r => r.MessageId).ToDictionary(g => g.Key, IReadOnlyList<string> (g) => [.. g.Select(r => r.Emoji)]), saved.ToHashSet());
    }
}
