using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Links that unfold: what a message links to is found when it is written, and shown to each reader by their own permission when it is read. Each room says what of
/// it can be linked to (<see cref="ICardSource"/>).
/// </summary>
public sealed class CardService(IDbContextFactory<HubDb> hub, IEnumerable<ICardSource> sources, HubAddress address)
{
    /// <summary>Cards of a message at most.</summary>
    public const int Most = 3;

    /// <summary>Links of a message that are looked at.</summary>
    private const int MostLooked = 20;

    /// <summary>
    /// Cards of what messages link to, for all of a page in one call. What the actor may not see, what is gone, and what the scopes of a token leave out is missing.
    /// One query for who asks, and one or two for each kind.
    /// </summary>
    public async Task<IReadOnlyDictionary<LinkTarget, LinkCard>> ShowAsync(Actor actor, IReadOnlyCollection<LinkTarget> targets, CancellationToken ct = default)
    {
        if (targets.Count == 0) return new Dictionary<LinkTarget, LinkCard>();
        await using var db = await hub.CreateDbContextAsync(ct);
        return await CardsAsync(db, await db.EnterAsync(actor, ct), targets, ct);
    }

    /// <summary>Cards of one message, in the order of its links.</summary>
    public async Task<Outcome<IReadOnlyList<LinkCard>>> OfAsync(Actor actor, Guid messageId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await db.Messages.VisibleTo(db, viewer).Where(m => m.Id == messageId).Select(m => new { Links = m.DeletedAt == null ? m.Links : null }).FirstOrDefaultAsync(ct) is not { } message) return Refusal.NotFound;
        var targets = MessageLinks.Read(message.Links);
        var cards = await CardsAsync(db, viewer, targets, ct);
        return targets.Where(cards.ContainsKey).Select(t => cards[t]).ToList();
    }

    /// <summary>What a text links to, each once, at most <see cref="Most"/>. <paramref name="host"/> is where its writer reaches the hub, if that is known.</summary>
    internal async Task<IReadOnlyList<LinkTarget>> ReadAsync(HubDb db, Viewer viewer, string text, string? host, CancellationToken ct)
    {
        var addresses = Markdown.LinksIn(text).Select(l => address.Within(l, host)).OfType<string>().Distinct(StringComparer.Ordinal).Take(MostLooked).ToList();
        if (addresses.Count == 0) return LinkTarget.None;
        var found = new Dictionary<string, LinkTarget>(StringComparer.Ordinal);
        foreach (var source in sources)
            foreach (var (at, id) in await source.FindAsync(db, viewer, addresses, ct)) found.TryAdd(at, new LinkTarget(source.Kind, id));
        return found.Count == 0 ? LinkTarget.None : [.. addresses.Where(found.ContainsKey).Select(a => found[a]).Distinct().Take(Most)];
    }

    private async Task<Dictionary<LinkTarget, LinkCard>> CardsAsync(HubDb db, Viewer viewer, IReadOnlyCollection<LinkTarget> targets, CancellationToken ct)
    {
        var cards = new Dictionary<LinkTarget, LinkCard>();
        var wanted = targets.ToLookup(t => t.Kind, t => t.Id);
        foreach (var source in sources.Where(s => wanted.Contains(s.Kind) && viewer.Actor.May(AccessScopes.Of(s.Room, read: true))))
            foreach (var card in await source.CardsAsync(db, viewer, [.. wanted[source.Kind].Distinct()], ct)) cards[new LinkTarget(card.Kind, card.Id)] = card;
        return cards;
    }
}
