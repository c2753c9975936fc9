using System.Globalization;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>How the directory is sorted: by what was said last, or by how many are in.</summary>
public enum ChannelOrder { Latest, Size }

/// <summary>What to look for in the directory. Text: part of a name or a topic. Archived: those that are archived instead of those that are open.</summary>
public sealed record ChannelQuery(string Text = "", ChannelOrder Order = ChannelOrder.Latest, bool Archived = false, string? After = null, int Limit = 50);

/// <summary>The directory: every channel that one may find, whether one is in it or not.</summary>
public sealed class ChannelDirectory(IDbContextFactory<HubDb> hub)
{
    /// <summary>A page of at most 200 channels; <see cref="ChannelQuery.After"/> is the last page's cursor, in the same order.</summary>
    public async Task<Outcome<Page<ConversationCard>>> BrowseAsync(Actor actor, ChannelQuery query, CancellationToken ct = default)
    {
        if (query.Text.Contains('\0', StringComparison.Ordinal)) return new Page<ConversationCard>([], null);
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var (words, limit, bySize) = (query.Text.Trim().ToLowerInvariant(), Math.Clamp(query.Limit, 1, 200), query.Order == ChannelOrder.Size);
        var found = db.Conversations.AsNoTracking().VisibleTo(viewer).Where(c => c.Kind == ConversationKind.Channel && c.ArchivedAt != null == query.Archived);
        if (words.Length > 0) found = found.Where(c => c.Name.ToLower().Contains(words) || c.Topic.ToLower().Contains(words));
        if (query.After is { } after)
        {
            if (!TryCursor(after, out long value, out var id) || value > DateTime.MaxValue.Ticks) return Refusal.Invalid("after", "chat.cursor");
            var at = new DateTime(value, DateTimeKind.Utc);
            found = bySize ? found.Where(c => c.Members.Count(m => m.LeftAt == null && m.Person.Kind != ActorKind.Bot) < value || (c.Members.Count(m => m.LeftAt == null && m.Person.Kind != ActorKind.Bot) == value && c.Id.CompareTo(id) < 0))
                : found.Where(c => c.LatestAt < at || (c.LatestAt == at && c.Id.CompareTo(id) < 0));
        }
        var sorted = bySize ? found.OrderByDescending(c => c.Members.Count(m => m.LeftAt == null && m.Person.Kind != ActorKind.Bot)) : found.OrderByDescending(c => c.LatestAt);
        var cards = await db.Cards(sorted.ThenByDescending(c => c.Id).Take(limit + 1), viewer.PersonId).ToListAsync(ct);
        if (cards.Count <= limit) return new Page<ConversationCard>(cards, null);
        cards.RemoveAt(limit);
        return new Page<ConversationCard>(cards, Cursor(bySize ? cards[^1].Members : cards[^1].LatestAt.Ticks, cards[^1].Id));
    }

    internal static string Cursor(long value, Guid id) => string.Create(CultureInfo.InvariantCulture, $"{value}_{id}");

    internal static bool TryCursor(string cursor, out DateTime at, out Guid id)
    {
        var known = TryCursor(cursor, out long ticks, out id) && ticks <= DateTime.MaxValue.Ticks;
        at = new DateTime(known ? ticks : 0, DateTimeKind.Utc);
        return known;
    }

    internal static bool TryCursor(string cursor, out long value, out Guid id)
    {
        var parts = cursor.Split('_');
        (value, id) = (0, default);
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out value) && Guid.TryParse(parts[1], out id);
    }
}
