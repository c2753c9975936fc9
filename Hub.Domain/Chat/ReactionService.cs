using System.Text.Json;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Reactions: people's emoji under a message. What all see of them is counted on the message itself, so that reading messages reads no more rows.</summary>
public sealed class ReactionService(IDbContextFactory<HubDb> hub, MessageChanges changes, TimeProvider clock)
{
    /// <summary>
    /// Gives one's emoji to a message, or takes it back; doing it again changes nothing. <paramref name="emoji"/> is any emoji of Unicode or
    /// a shortcode.
    /// </summary>
    public async Task<Outcome<MessageRecord>> ReactAsync(Actor actor, Guid messageId, string emoji, bool give, CancellationToken ct = default)
    {
        if (Emoji.Find(emoji) is not { } known) return Refusal.Invalid("emoji", "message.emoji");
        return await changes.ApplyAsync(actor, messageId, async (db, row) =>
        {
            if (row.DeletedAt is not null) return Refusal.Stale(await db.RecordAsync(messageId, ct));
            var mine = await db.Reactions.FirstOrDefaultAsync(r => r.MessageId == messageId && r.PersonId == actor.PersonId && r.Emoji == known, ct);
            if (give == mine is not null) return (MessageChange?)null;
            if (mine is not null) db.Reactions.Remove(mine);
            else if (Read(row.Reactions) is { Count: >= ReactionCount.MostKinds } kinds && kinds.All(k => k.Emoji != known)) return Refusal.Invalid("emoji", "message.emoji.most", ReactionCount.MostKinds);
            else db.Reactions.Add(new Reaction { MessageId = messageId, PersonId = actor.PersonId, Emoji = known, At = clock.Now() });
            await db.SaveChangesAsync(ct);
            row.Reactions = await CountAsync(db, messageId, ct);
            return new MessageChange("message-reacted", m => new ReactionChange(m, actor.PersonId, known, give));
        }, ct);
    }

    /// <summary>Everyone who answered a message, by emoji, in the order in which they did.</summary>
    public async Task<Outcome<IReadOnlyList<ReactionCount>>> PeopleAsync(Actor actor, Guid messageId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Messages.VisibleTo(db, viewer).AnyAsync(m => m.Id == messageId && m.HiddenReason == null, ct)) return Refusal.NotFound;
        return Counted(await GivenAsync(db, messageId, ct), int.MaxValue);
    }

    internal static IReadOnlyList<ReactionCount> Read(string json) => json.Length == 0 ? ReactionCount.None : JsonSerializer.Deserialize<List<ReactionCount>>(json)!;

    private static async Task<string> CountAsync(HubDb db, Guid messageId, CancellationToken ct) =>
        Counted(await GivenAsync(db, messageId, ct), ReactionCount.MostNames) is { Count: > 0 } counts ? JsonSerializer.Serialize(counts) : "";

    private static Task<List<Given>> GivenAsync(HubDb db, Guid messageId, CancellationToken ct) =>
        db.Reactions.Where(r => r.MessageId == messageId).OrderBy(r => r.At).ThenBy(r => r.PersonId).Select(r => new Given(r.Emoji, r.PersonId, r.Person.Name)).ToListAsync(ct);

    private static List<ReactionCount> Counted(List<Given> given, int names) =>
        [.. given.GroupBy(g => g.Emoji, (emoji, by) => (Emoji: emoji, By: by.ToList())).Select(g => new ReactionCount(g.Emoji, g.By.Count, [.. g.By.Take(names).Select(p => new Author(p.PersonId, p.Name))]))];

    private sealed record Given(string Emoji, Guid PersonId, string Name);
}
