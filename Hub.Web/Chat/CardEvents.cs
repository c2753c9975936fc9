using Hub.Domain.Chat;
using Hub.Domain.Live;

namespace Hub.Web.Chat;

/// <summary>What an event of a conversation makes of the card that somebody sees of it.</summary>
internal static class CardEvents
{
    /// <summary>The card after the event. Whether the person is in it at all comes with their own topic, or by loading.</summary>
    public static ConversationCard After(this ConversationCard card, LiveEvent e, Guid viewer)
    {
        if (e is { Name: "message-posted", Payload: MessageRecord posted }) return Posted(card, e.Version, posted, viewer);
        card = card with { Version = e.Version };
        return e.Payload switch
        {
            MessageRecord m when m.Sequence == card.LatestShown => card with { LatestText = card.Joined ? Cut(m) : "" },
            MessagesRemoved gone => (card with
            {
                RemovedDays = gone.Days, RemovedSequence = gone.Sequence, RemovedThreadMessages = gone.ThreadMessages, LatestText = card.LatestShown <= gone.Sequence ? "" : card.LatestText,
            }).Counted(),
            MemberChange { Bot: false } => card with { Members = card.Members + (e.Name == "member-joined" ? 1 : -1) },
            MembersAdded added => card with { Members = card.Members + added.People.Count(p => !p.Bot) },
            MemberRole role when role.PersonId == viewer && card.Joined => (card with { Role = role.Role, Poster = role.Poster }).Ruled(),
            ConversationChanged now => (card with
            {
                Name = now.Name, Topic = now.Topic, ArchivedAt = now.ArchivedAt, Announcements = now.Announcements, Marking = now.Marking, DetailsVersion = now.DetailsVersion,
            }).Ruled(),
            _ => card,
        };
    }

    /// <summary>The card without what comes and goes with its messages: the same as long as nothing else of it has changed.</summary>
    public static ConversationCard Standing(this ConversationCard card) => card with
    {
        Version = 0, Unread = 0, ReadSequence = 0, LatestSequence = 0, LatestAt = default, LatestText = "", LatestShown = 0, ThreadMessages = 0, ReadThreadMessages = 0,
    };

    // In as few copies as it takes: every open page makes them of every post.
    private static ConversationCard Posted(ConversationCard card, long version, MessageRecord m, Guid viewer)
    {
        var shown = m.InConversation;
        // Whoever writes has read up to there; who wrote it earlier has if nothing else was new.
        var read = shown && card.Joined && m.Author.Id == viewer && (!m.Later || card.Unread == 0);
        return (card with
        {
            Version = version, LatestSequence = m.Sequence, ThreadMessages = m.ThreadMessages,
            LatestAt = shown ? m.PostedAt : card.LatestAt, LatestShown = shown ? m.Sequence : card.LatestShown, LatestText = !shown ? card.LatestText : card.Joined ? Cut(m) : "",
            ReadSequence = read ? m.Sequence : card.ReadSequence, ReadThreadMessages = read ? m.ThreadMessages : card.ReadThreadMessages,
        }).Counted();
    }

    // What is files alone is called like the first of them.
    private static string Cut(MessageRecord m) => Cut(m is { Text: "", Files: [var first, ..] } ? first.Name : m.Text);

    // Whole characters, as both databases count them.
    private static string Cut(string text) => text.Length <= ConversationCard.LatestTextLength ? text : string.Concat(text.EnumerateRunes().Take(ConversationCard.LatestTextLength));
}
