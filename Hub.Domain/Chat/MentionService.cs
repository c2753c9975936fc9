using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Mentions: whom one may mention in a conversation, and what a text mentions. A mention is written as it is read, <c>@</c> and the exact name of a
/// person, unit or group, a person's address (of one's own body its first part), <c>here</c> or <c>channel</c>; ids are kept beside the message.
/// </summary>
public sealed class MentionService(IDbContextFactory<HubDb> hub, PresenceBoard board)
{
    /// <summary>Most mentions in a message.</summary>
    public const int MostMentions = 50;

    /// <summary>A message that wakes more people than this is posted once its writer has said so.</summary>
    public const int MostUnasked = 30;

    private const string Here = "here", Channel = "channel";
    private const int MostPeople = 8, MostUnits = 4;

    /// <summary>
    /// What can be mentioned and has <paramref name="text"/> in its name: in a channel its words, units and groups of one's own body, and people whom one
    /// finds and who are in it or may find it; members first, 18 at most. Only for who is in the conversation.
    /// </summary>
    public async Task<Outcome<Page<MentionChoice>>> FindAsync(Actor actor, Guid conversationId, string text, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await KindAsync(db, viewer, conversationId, ct) is not { } kind) return Refusal.NotFound;
        if (!await db.IsMemberAsync(conversationId, viewer.PersonId, ct)) return new Refusal(RefusalKind.Forbidden, "chat.join");
        var words = text.Trim().ToLowerInvariant();
        if (words.Length > 200 || words.Contains('\0', StringComparison.Ordinal)) return new Page<MentionChoice>([], null);

        var reached = await Woken.ReachedAsync(db, conversationId, ct);
        var people = await reached.VisibleTo(viewer).Where(p => p.Id != viewer.PersonId && (p.Name.ToLower().Contains(words) || p.Email.StartsWith(words)))
            .Select(p => new { p.Id, p.Name, p.Email, p.JobTitle, In = db.ConversationMembers.Any(m => m.ConversationId == conversationId && m.PersonId == p.Id && m.LeftAt == null) })
            .OrderByDescending(p => p.In).ThenBy(p => p.Name).ThenBy(p => p.Id).Take(MostPeople).ToListAsync(ct);
        var names = people.ConvertAll(p => p.Name);
        var shared = await reached.VisibleTo(viewer).Where(p => names.Contains(p.Name)).GroupBy(p => p.Name).Where(g => g.Count() > 1).Select(g => g.Key).ToListAsync(ct);
        var found = people.ConvertAll(p => new MentionChoice(MentionKind.Person, p.Id, p.Name, shared.Contains(p.Name) ? p.Email : p.Name, p.JobTitle, 1));
        if (kind != ConversationKind.Channel) return new Page<MentionChoice>(found, null);

        var wide = new List<(MentionTarget Target, string Name)>();
        if (words.Length > 0)
        {
            wide.AddRange((await db.Units.Where(u => u.OrganisationId == viewer.OrganisationId && u.Name.ToLower().Contains(words)).OrderBy(u => u.Name).ThenBy(u => u.Id).Take(MostUnits)
                .Select(u => new { u.Id, u.Name }).ToListAsync(ct)).Select(u => (new MentionTarget(MentionKind.Unit, u.Id), u.Name)));
            wide.AddRange((await db.Groups.Where(g => g.OrganisationId == viewer.OrganisationId && g.Name.ToLower().Contains(words)).OrderBy(g => g.Name).ThenBy(g => g.Id).Take(MostUnits)
                .Select(g => new { g.Id, g.Name }).ToListAsync(ct)).Select(g => (new MentionTarget(MentionKind.Group, g.Id), g.Name)));
        }
        if (Here.StartsWith(words, StringComparison.Ordinal)) wide.Add((new MentionTarget(MentionKind.Here, Guid.Empty), Here));
        if (Channel.StartsWith(words, StringComparison.Ordinal)) wide.Add((new MentionTarget(MentionKind.Channel, Guid.Empty), Channel));
        foreach (var (target, name) in wide)
            found.Add(new MentionChoice(target.Kind, target.Id, name, name, "", (await Woken.ByAsync(db, board, conversationId, viewer.PersonId, [target], ct)).Count));
        return new Page<MentionChoice>(found, null);
    }

    /// <summary>How many people the text would wake if it were posted now.</summary>
    public async Task<Outcome<Waking>> CountAsync(Actor actor, Guid conversationId, string text, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await KindAsync(db, viewer, conversationId, ct) is null) return Refusal.NotFound;
        var read = await ReadAsync(db, viewer, conversationId, text, ct);
        return read.Ok ? new Waking(read.Value.People, read.Value.People > MostUnasked) : read.Refusal!;
    }

    /// <summary>The question whether the writer means it, where a message wakes more people than they know; null where nothing is to be asked.</summary>
    internal static Refusal? Asks(int people, int confirmed) =>
        people > Math.Max(MostUnasked, confirmed) ? new Refusal(RefusalKind.Conflict, "message.wakes", people) { Current = new Waking(people, true) } : null;

    /// <summary>The text as a message of this conversation by this writer. To who does not see the conversation nothing in it is a mention; see also <see cref="NewMessage.Calls"/>.</summary>
    internal async Task<Outcome<ReadMentions>> ReadAsync(HubDb db, Viewer viewer, Guid conversationId, string text, CancellationToken ct, IReadOnlyList<MentionKind>? calls = null)
    {
        if (calls is { Count: 0 }) return new ReadMentions(Markdown.Message(text), [], 0);
        var after = Markdown.AfterAt(text);
        if (after.Count > MostMentions) return Refusal.Invalid("text", "message.mentions", MostMentions, after.Count);
        if (after.Count == 0 || await KindAsync(db, viewer, conversationId, ct) is not { } kind) return new ReadMentions(Markdown.Message(text), [], 0);
        var known = await KnownAsync(db, viewer, conversationId, kind, [.. after.SelectMany(Markdown.NamesIn).Distinct(StringComparer.Ordinal)], ct);
        if (calls is not null) known = known.Where(k => k.Value.Targets.TrueForAll(t => calls.Contains(t.Kind))).ToDictionary(StringComparer.Ordinal);
        var message = Markdown.Message(text, known.ToDictionary(k => k.Key, k => k.Value.Mark, StringComparer.Ordinal));
        var targets = message.Mentioned.SelectMany(m => known[m].Targets).Distinct().ToList();
        return new ReadMentions(message.Html, targets, (await Woken.ByAsync(db, board, conversationId, viewer.PersonId, targets, ct)).Count);
    }

    // Of one name a person comes before a unit, a unit before a group; several people of one name are all meant.
    private static async Task<Dictionary<string, (MentionMark Mark, List<MentionTarget> Targets)>> KnownAsync(
        HubDb db, Viewer viewer, Guid conversationId, ConversationKind kind, IReadOnlyList<string> names, CancellationToken ct)
    {
        var known = new Dictionary<string, (MentionMark Mark, List<MentionTarget> Targets)>(StringComparer.Ordinal);
        var domain = await db.Organisations.Where(o => o.Id == viewer.OrganisationId).Select(o => o.Domain).FirstAsync(ct);
        var addresses = names.ToLookup(n => (n.Contains('@', StringComparison.Ordinal) ? n : $"{n}@{domain}").ToLowerInvariant(), StringComparer.Ordinal);
        List<string> emails = [.. addresses.Select(a => a.Key).Where(a => !a.Contains(' ', StringComparison.Ordinal))];
        var reached = await Woken.ReachedAsync(db, conversationId, ct);
        var people = await reached.VisibleTo(viewer).Where(p => names.Contains(p.Name) || emails.Contains(p.Email)).OrderBy(p => p.Id).Select(p => new { p.Id, p.Name, p.Email }).ToListAsync(ct);
        foreach (var person in people.GroupBy(p => p.Name, StringComparer.Ordinal).Where(g => names.Contains(g.Key)))
            known[person.Key] = (new MentionMark(person.Key, person.Count() == 1 ? $"/people/{person.First().Id}" : null), [.. person.Select(p => new MentionTarget(MentionKind.Person, p.Id))]);
        foreach (var person in people)
            foreach (var written in addresses[person.Email])
                known.TryAdd(written, (new MentionMark(person.Name, $"/people/{person.Id}"), [new MentionTarget(MentionKind.Person, person.Id)]));
        if (kind != ConversationKind.Channel) return known;

        var units = await db.Units.Where(u => u.OrganisationId == viewer.OrganisationId && names.Contains(u.Name)).OrderBy(u => u.Id).Select(u => new { u.Id, u.Name }).ToListAsync(ct);
        foreach (var unit in units.GroupBy(u => u.Name, u => u.Id, StringComparer.Ordinal))
            known.TryAdd(unit.Key, (new MentionMark(unit.Key, null), [.. unit.Select(id => new MentionTarget(MentionKind.Unit, id))]));
        var groups = await db.Groups.Where(g => g.OrganisationId == viewer.OrganisationId && names.Contains(g.Name)).OrderBy(g => g.Id).Select(g => new { g.Id, g.Name }).ToListAsync(ct);
        foreach (var group in groups.GroupBy(g => g.Name, g => g.Id, StringComparer.Ordinal))
            known.TryAdd(group.Key, (new MentionMark(group.Key, null), [.. group.Select(id => new MentionTarget(MentionKind.Group, id))]));
        foreach (var (word, all) in new[] { (Here, MentionKind.Here), (Channel, MentionKind.Channel) })
            foreach (var written in names.Where(n => n.Equals(word, StringComparison.OrdinalIgnoreCase)))
                known[written] = (new MentionMark(word, null), [new MentionTarget(all, Guid.Empty)]);
        return known;
    }

    private static async Task<ConversationKind?> KindAsync(HubDb db, Viewer viewer, Guid conversationId, CancellationToken ct) =>
        await db.Conversations.VisibleTo(viewer).Where(c => c.Id == conversationId).Select(c => (ConversationKind?)c.Kind).FirstOrDefaultAsync(ct);
}
