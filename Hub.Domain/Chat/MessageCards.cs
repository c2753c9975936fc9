using System.Globalization;
using System.Text.RegularExpressions;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Cards of messages that are linked to: by their permanent address, or by where they stand. A deleted one has none.</summary>
internal sealed partial class MessageCards : ICardSource
{
    private const int MostCharacters = 300;

    public CardKind Kind => CardKind.Message;

    public string Room => "chat";

    public async Task<IReadOnlyDictionary<string, Guid>> FindAsync(HubDb db, Viewer viewer, IReadOnlyCollection<string> addresses, CancellationToken ct = default)
    {
        var found = HubAddress.Ids(addresses, "/chat/m/").ToDictionary(StringComparer.Ordinal);
        var places = new Dictionary<string, (Guid Conversation, long Sequence)>(StringComparer.Ordinal);
        foreach (var (address, match) in addresses.Select(a => (a, Place().Match(a))).Where(a => a.Item2.Success))
        {
            if (!Guid.TryParse(match.Groups["conversation"].ValueSpan, out var conversation)) continue;
            if (match.Groups["at"].Success) places[address] = (conversation, long.Parse(match.Groups["at"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture));
            else if (Guid.TryParse(match.Groups["thread"].ValueSpan, out var thread)) found[address] = thread;
        }
        if (places.Count == 0) return found;
        var (conversations, sequences) = (places.Values.Select(p => p.Conversation).Distinct().ToList(), places.Values.Select(p => p.Sequence).Distinct().ToList());
        var standing = (await db.Messages.VisibleTo(db, viewer).Where(m => conversations.Contains(m.ConversationId) && sequences.Contains(m.Sequence))
            .Select(m => new { m.Id, m.ConversationId, m.Sequence }).ToListAsync(ct)).ToDictionary(m => (m.ConversationId, m.Sequence), m => m.Id);
        foreach (var (address, place) in places)
            if (standing.TryGetValue(place, out var id)) found[address] = id;
        return found;
    }

    public async Task<IReadOnlyList<LinkCard>> CardsAsync(HubDb db, Viewer viewer, IReadOnlyCollection<Guid> ids, CancellationToken ct = default)
    {
        var rows = await db.Messages.AsNoTracking().VisibleTo(db, viewer).Where(m => ids.Contains(m.Id) && m.DeletedAt == null)
            .Select(m => new { m.Id, m.ConversationId, m.Text, m.Files, m.Sender.Name, m.PostedAt, m.Conversation.Marking, m.Conversation.Version }).ToListAsync(ct);
        if (rows.Count == 0) return [];
        var names = await db.NamesAsync([.. rows.Select(r => r.ConversationId).Distinct()], viewer.PersonId, ct);
        return rows.ConvertAll(m => new LinkCard(CardKind.Message, m.Id, $"/chat/m/{m.Id}", m.Name)
        {
            Text = m.Text.Length > 0 ? Opening(Markdown.MessagePlain(m.Text)) : MessageFiles.Read(m.Files) is [var first, ..] ? first.Name : "",
            Place = names[m.ConversationId], PlaceId = m.ConversationId, Marking = m.Marking, StartsAt = m.PostedAt, Version = m.Version,
        });
    }

    private static string Opening(string text) => text.Length <= MostCharacters ? text : string.Concat(text.EnumerateRunes().Take(MostCharacters)) + "…";

    [GeneratedRegex(@"^/chat/(?<conversation>[0-9a-fA-F-]{36})(/thread/(?<thread>[0-9a-fA-F-]{36}))?/?(\?([^#]*&)?at=(?<at>[0-9]{1,18})([&#]|$)|[?#]|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Place();
}
