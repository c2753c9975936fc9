using Hub.Domain.Audit;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>What Compliance finds of their body's conversations: names and members, never what is said. For everybody else there is nothing here.</summary>
public sealed class ComplianceService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    private const int MostNamed = 12, MostExports = 50;

    /// <summary>
    /// Conversations by their id, words of a channel's name, or words of the name or a part of the address of somebody who is or was in them; the newest first.
    /// <paramref name="after"/> is a page's cursor; <paramref name="limit"/> 1–200.
    /// </summary>
    public async Task<Outcome<Page<ComplianceConversation>>> FindAsync(Actor actor, string? text, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.IsCompliance()) return Refusal.NotFound;
        var words = (text ?? "").Trim();
        if (words.Contains('\0', StringComparison.Ordinal)) return new Page<ComplianceConversation>([], null);
        limit = Math.Clamp(limit, 1, 200);
        var some = db.Conversations.AsNoTracking().UnderComplianceOf(viewer);
        if (Guid.TryParse(words, out var id)) some = some.Where(c => c.Id == id);
        else if (words.Length > 0)
        {
            // As search knows names, whatever their letters; addresses are in small ones.
            var (places, people, address) = (MessageSearch.Titled(db, SearchKind.Conversation, words), MessageSearch.Titled(db, SearchKind.Person, words), words.ToLowerInvariant());
            some = some.Where(c => places.Contains(c.Id) || c.Members.Any(m => people.Contains(m.PersonId) || m.Person.Email.Contains(address)));
        }
        if (after is not null)
        {
            if (!Guid.TryParse(after, out var last)) return Refusal.Invalid("after", "chat.cursor");
            some = some.Where(c => c.Id.CompareTo(last) < 0);
        }
        var found = await ReadAsync(db, some.OrderByDescending(c => c.Id).Take(limit + 1), ct);
        return new Page<ComplianceConversation>([.. found.Take(limit)], found.Count > limit ? found[limit - 1].Id.ToString() : null);
    }

    /// <summary>One of them, with its holds and the exports that were asked for, the newest first. Each look is audited.</summary>
    public async Task<Outcome<ComplianceAbout>> AboutAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await ReadAsync(db, db.Conversations.AsNoTracking().UnderComplianceOf(viewer).Where(c => c.Id == id), ct) is not [var found]) return Refusal.NotFound;
        db.Audit(clock, actor, "compliance.look", "conversation", id);
        await db.SaveChangesAsync(ct);
        var exports = await db.ConversationExports.AsNoTracking().Where(x => x.ConversationId == id).OrderByDescending(x => x.Id).Take(MostExports).Select(ExportService.Record).ToListAsync(ct);
        return new ComplianceAbout(found, await HoldService.ReadAsync(db, db.LegalHolds.Where(h => h.ConversationId == id).OrderByDescending(h => h.Id), ct), exports);
    }

    private static async Task<List<ComplianceConversation>> ReadAsync(HubDb db, IQueryable<Conversation> conversations, CancellationToken ct)
    {
        var rows = await conversations.Select(c => new
        {
            c.Id, c.Kind, c.Name, c.CreatedAt, Private = !c.Audience.Any(), Organisation = db.Organisations.Where(o => o.Id == c.OrganisationId).Select(o => o.Name).First(),
            Count = c.Members.Count(m => m.LeftAt == null), Held = db.LegalHolds.Any(h => h.ConversationId == c.Id && h.EndedAt == null),
        }).ToListAsync(ct);
        var ids = rows.ConvertAll(c => c.Id);
        // Of these alone, once they are found.
        var members = await db.Conversations.Where(c => ids.Contains(c.Id)).Select(c => new
        {
            c.Id, First = db.ConversationMembers.Where(m => m.ConversationId == c.Id && m.LeftAt == null).OrderBy(m => m.Person.Name).ThenBy(m => m.PersonId).Take(MostNamed).Select(m => new Author(m.PersonId, m.Person.Name)).ToList(),
        }).ToDictionaryAsync(c => c.Id, c => c.First, ct);
        return rows.ConvertAll(c => new ComplianceConversation(c.Id, c.Kind, c.Kind == ConversationKind.Direct ? string.Join(", ", members[c.Id].Select(m => m.Name)) : c.Name, c.Private, c.Organisation, c.Count, members[c.Id], c.CreatedAt, c.Held));
    }
}
