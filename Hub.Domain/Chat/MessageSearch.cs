using System.Diagnostics.Metrics;
using System.Net;
using System.Text.RegularExpressions;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Search of what was said, the newest first: words, phrases and filters (<see cref="MessageQuestion"/>), all of which a message must hold. Only what one sees now is found: the index
/// is read in one's own conversations alone, and the messages that it names are read through permission and compared with the question once more.
/// </summary>
public sealed partial class MessageSearch(IDbContextFactory<HubDb> hub, TimeProvider clock, Telemetry telemetry)
{
    /// <summary>Longest question, in characters.</summary>
    public const int MostCharacters = 500;

    /// <summary>Most messages that are read for one page: of a phrase whose words are common, others must be left out one by one.</summary>
    internal const int MostRead = 2000;

    private const int Sampled = 1000, FewPlaces = 200, AtOnce = 200, Named = 5;

    private readonly Histogram<double> seconds = telemetry.Seconds("hub.chat.search.duration", "How long a search of messages took, from the question to its results");

    /// <summary>Who sees no more messages than this has all of them looked at, instead of those with the rarest word.</summary>
    internal int FewMessages { get; init; } = 5000;

    /// <summary>
    /// Messages that hold all of a question of at most 500 characters, the newest first. A page may have fewer than <paramref name="limit"/> (1–200), or none, and still a
    /// cursor: then the search has not come to its end. Refused are a part that cannot be read, and a person or conversation that one does not find.
    /// </summary>
    /// <param name="zone">Where the days of <c>before:</c> and <c>after:</c> begin and end.</param>
    /// <param name="after">The last page's cursor.</param>
    public async Task<Outcome<Page<FoundMessage>>> FindAsync(Actor actor, string? question, TimeZoneInfo zone, string? after = null, int limit = 50, CancellationToken ct = default)
    {
        var read = MessageQuestion.Read(question ?? "", DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(clock.Now(), zone)));
        if (read.Refusal is { } unread) return unread;
        Guid? end = null;
        if (after is not null)
        {
            if (!Guid.TryParse(after, out var cursor)) return Refusal.Invalid("after", "chat.cursor");
            end = cursor;
        }
        limit = Math.Clamp(limit, 1, 200);
        var begun = clock.GetTimestamp();
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return new Page<FoundMessage>([], null);
        var resolved = await ResolveAsync(db, viewer, read.Value, zone, ct);
        if (resolved.Refusal is { } unknown) return unknown;
        if (resolved.Value.Places.Count == 0) return new Page<FoundMessage>([], null);
        var (begin, asked) = await BeginningAsync(db, resolved.Value, ct);
        var step = read.Value.Phrases.Count == 0 ? limit + 1 : Math.Max(limit + 1, AtOnce);
        var found = new List<MessageRecord>();
        Guid? next = null;
        for (var seen = 0; ;)
        {
            var ids = await Candidates(db, viewer.PersonId, asked, begin, end).Take(step).ToListAsync(ct);
            var saying = asked.Phrases.Count == 0 ? ids : await SayingAsync(db, viewer, asked, ids, ct);
            var messages = await db.Messages.AsNoTracking().VisibleTo(db, viewer).Where(m => saying.Contains(m.Id) && m.DeletedAt == null).Select(ChatViewing.Record(db)).ToListAsync(ct);
            found.AddRange(messages.Where(asked.HeldBy).OrderByDescending(m => m.Id));
            if (found.Count > limit)
            {
                found.RemoveRange(limit, found.Count - limit);
                next = found[^1].Id;
                break;
            }
            if (ids.Count < step) break;
            end = ids[^1];
            if ((seen += ids.Count) < MostRead) continue;
            next = end;
            break;
        }
        var names = await db.NamesAsync(found.Select(m => m.ConversationId).ToHashSet(), viewer.PersonId, ct);
        seconds.Record(clock.GetElapsedTime(begun).TotalSeconds);
        return new Page<FoundMessage>([.. found.Select(m => new FoundMessage(m, names[m.ConversationId], Snippet(m, read.Value.Marked)))], next?.ToString());
    }

    /// <summary>Which of these messages, which one has found, are still there for one to see: none that was deleted, hidden or removed meanwhile.</summary>
    public async Task<IReadOnlySet<Guid>> StandingAsync(Actor actor, IReadOnlyList<Guid> ids, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.Messages.VisibleTo(db, viewer).Where(m => EF.Parameter(ids).Contains(m.Id) && m.DeletedAt == null).Select(m => m.Id).ToHashSetAsync(ct);
    }

    /// <summary>What is asked, as the index has it: each condition is met by any of its terms. Inside: the conversations were asked for.</summary>
    private sealed record Asked(IReadOnlyList<IReadOnlyList<string>> Conditions, IReadOnlyList<string> Phrases, bool Saved, IReadOnlyList<Guid> Places, bool Inside, DateTime? From, DateTime? Until)
    {
        // What a program without the index changed meanwhile is found by what it was.
        public bool HeldBy(MessageRecord m)
        {
            var terms = MessageIndex.Of(m);
            return Conditions.All(c => c.Any(terms.Contains)) && Says(m.Text, m.Files);
        }

        public bool Says(string text, IReadOnlyList<FileCard> files) =>
            Phrases.All(p => files.Select(f => f.Name).Prepend(text).Any(t => MessageQuestion.Line(t).Contains(p, StringComparison.Ordinal)));
    }

    // The newest ids before `end` that the index has. Ids go on in time, so that they are read in the order of the key, and days are a part of it.
    private static IQueryable<Guid> Candidates(HubDb db, Guid me, Asked asked, IReadOnlyList<string> begin, Guid? end)
    {
        var places = asked.Places;
        var ids = asked.Saved ? db.SavedMessages.Where(s => s.PersonId == me && EF.Parameter(places).Contains(s.Message.ConversationId)).Select(s => s.MessageId)
            : Having(db, begin).Where(t => EF.Parameter(places).Contains(t.ConversationId)).Select(t => t.MessageId);
        foreach (var condition in asked.Conditions.Where(c => c != begin))
        {
            var having = Having(db, condition);
            ids = ids.Where(id => having.Any(t => t.MessageId == id));
        }
        if (asked.From is { } from)
        {
            var first = Moment.FirstId(from);
            ids = ids.Where(id => id.CompareTo(first) >= 0);
        }
        if (asked.Until is { } until && Moment.FirstId(until) is var over && (end is not { } last || over.CompareTo(last) < 0)) end = over;
        if (end is { } before) ids = ids.Where(id => id.CompareTo(before) < 0);
        return ids.OrderByDescending(id => id);
    }

    // Those with its phrases: of two common words most stand apart, and all else of a message costs ten times its text.
    private static async Task<List<Guid>> SayingAsync(HubDb db, Viewer viewer, Asked asked, List<Guid> ids, CancellationToken ct) =>
        (await db.Messages.VisibleTo(db, viewer).Where(m => ids.Contains(m.Id) && m.DeletedAt == null).Select(m => new { m.Id, m.Text, m.Files }).ToListAsync(ct)).Where(m => asked.Says(m.Text, MessageFiles.Read(m.Files))).Select(m => m.Id).ToList();

    private static IQueryable<MessageTerm> Having(HubDb db, IReadOnlyList<string> terms)
    {
        if (terms is not [var one]) return db.MessageTerms.Where(t => terms.Contains(t.Term));
        return db.MessageTerms.Where(t => t.Term == one);
    }

    // The terms whose messages are read, the rarest, and the question with what is rarer first: there most of those fail. How far back the newest thousand of a term reach
    // tells how rare it is, however many there are; what has fewer is rarest.
    private async Task<(IReadOnlyList<string> Begin, Asked Asked)> BeginningAsync(HubDb db, Asked asked, CancellationToken ct)
    {
        if (asked.Saved) return ([], asked);
        var places = asked.Places;
        var inside = places.Select(MessageIndex.In).ToList();
        if (asked.Conditions.Count == 0) return (inside, asked);
        // Who sees little begins there: nearly all messages with a common word are elsewhere.
        if (places.Count <= FewPlaces && await db.Conversations.Where(c => EF.Parameter(places).Contains(c.Id)).SumAsync(c => c.LatestSequence, ct) <= FewMessages) return (inside, asked);
        IReadOnlyList<IReadOnlyList<string>> any = asked.Inside ? [.. asked.Conditions, inside] : asked.Conditions;
        if (any is [var one]) return (one, asked);
        var reach = new List<(IReadOnlyList<string> Terms, Guid Back)>();
        foreach (var terms in any) reach.Add((terms, await Having(db, terms).Select(t => t.MessageId).OrderByDescending(id => id).Skip(Sampled - 1).FirstOrDefaultAsync(ct)));
        var rarest = reach.OrderBy(r => r.Back).Select(r => r.Terms).ToList();
        return (rarest[0], asked with { Conditions = [.. rarest.Where(asked.Conditions.Contains)] });
    }

    private static async Task<Outcome<Asked>> ResolveAsync(HubDb db, Viewer viewer, MessageQuestion question, TimeZoneInfo zone, CancellationToken ct)
    {
        var conditions = question.Words.Concat(question.Facts).Select(IReadOnlyList<string> (t) => [t]).ToList();
        IReadOnlyList<Guid> places = await db.VisibleIdsAsync(viewer, ct);
        if (question.From is { } name)
        {
            var people = await PeopleAsync(db, viewer, places, name, ct);
            if (people.Refusal is { } nobody) return nobody;
            conditions.Add([.. people.Value.Select(MessageIndex.From)]);
        }
        if (question.In is { } place)
        {
            var named = await PlacesAsync(db, viewer, places, place, ct);
            if (named.Refusal is { } nowhere) return nowhere;
            places = named.Value;
        }
        return new Asked(conditions, question.Phrases, question.Saved, places, question.In is not null, StartOf(question.After?.AddDays(1)), StartOf(question.Before));

        DateTime? StartOf(DateOnly? day) =>
            day?.ToDateTime(TimeOnly.MinValue) is { } midnight ? DateTime.SpecifyKind(midnight - zone.GetUtcOffset(midnight), DateTimeKind.Utc) : null;
    }

    // Whom one finds, and who is or was in a conversation that one sees. Several people of one name are all meant.
    private static async Task<Outcome<IReadOnlyList<Guid>>> PeopleAsync(HubDb db, Viewer viewer, IReadOnlyList<Guid> places, string name, CancellationToken ct)
    {
        name = name.TrimStart('@');
        if (name.Equals("me", StringComparison.OrdinalIgnoreCase)) return new List<Guid> { viewer.PersonId };
        var domain = await db.Organisations.Where(o => o.Id == viewer.OrganisationId).Select(o => o.Domain).FirstAsync(ct);
        var address = (name.Contains('@', StringComparison.Ordinal) ? name : $"{name}@{domain}").ToLowerInvariant();
        var named = await Titled(db, SearchKind.Person, name).ToListAsync(ct);
        var called = db.People.Where(p => p.Email == address || p.Name == name || named.Contains(p.Id));
        var found = await called.VisibleTo(viewer).Select(p => new { p.Id, p.Name, p.Email })
            .Union(called.Where(p => db.ConversationMembers.Any(m => m.PersonId == p.Id && EF.Parameter(places).Contains(m.ConversationId))).Select(p => new { p.Id, p.Name, p.Email })).ToListAsync(ct);
        var meant = found.Where(p => p.Email == address || Same(p.Name, name)).ToList();
        if (meant.Count == 0 && found.Count > 1) return Refusal.Invalid("q", "find.from.several", name, First(found.Select(p => $"{p.Name} ({p.Email})")));
        if (meant.Count == 0) meant = found;
        return meant.Count == 0 ? Refusal.Invalid("q", "find.from", name) : meant.ConvertAll(p => p.Id);
    }

    // Channels that one sees and direct conversations that one is in, by what one sees as their name. Several of one name are all meant.
    private static async Task<Outcome<IReadOnlyList<Guid>>> PlacesAsync(HubDb db, Viewer viewer, IReadOnlyList<Guid> places, string name, CancellationToken ct)
    {
        name = name.TrimStart('#', '@');
        if (Guid.TryParse(name, out var id) && places.Contains(id)) return new List<Guid> { id };
        var titled = Titled(db, SearchKind.Conversation, name);
        var found = (await db.Conversations.VisibleTo(viewer).Where(c => titled.Contains(c.Id)).Select(c => new { c.Id, c.Name }).ToListAsync(ct)).ConvertAll(c => (c.Id, c.Name));
        var terms = TermsOf(name);
        var direct = await db.Conversations.Where(c => c.Kind == ConversationKind.Direct && c.Members.Any(m => m.PersonId == viewer.PersonId && m.LeftAt == null)).Select(c => c.Id).ToListAsync(ct);
        found.AddRange((await db.NamesAsync(direct, viewer.PersonId, ct)).Where(d => terms.Count > 0 && terms.TrueForAll(TermsOf(d.Value).Contains)).Select(d => (d.Key, d.Value)));
        var meant = found.Where(c => Same(c.Name, name)).ToList();
        if (meant.Count == 0 && found.Count > 1) return Refusal.Invalid("q", "find.in.several", name, First(found.Select(c => c.Name)));
        if (meant.Count == 0) meant = found;
        return meant.Count == 0 ? Refusal.Invalid("q", "find.in", name) : meant.ConvertAll(c => c.Id);
    }

    // Those that have all words of the name in theirs.
    internal static IQueryable<Guid> Titled(HubDb db, SearchKind kind, string name)
    {
        var terms = TermsOf(name);
        return db.SearchPostings.Where(p => p.Kind == kind && terms.Contains(p.Term) && p.InTitle > 0).GroupBy(p => p.DocumentId).Where(g => g.Count() == terms.Count).Select(g => g.Key);
    }

    private static List<string> TermsOf(string name) => [.. Terms.Of(name).Select(t => t.Term).Distinct(StringComparer.Ordinal)];

    private static bool Same(string one, string other) => Terms.Fold(one) == Terms.Fold(other);

    private static string First(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal).Take(Named));

    // As the conversation shows it; what only the source has, such as the address behind a link's words, is shown as the source.
    private static string Snippet(MessageRecord m, HashSet<string> marked)
    {
        var shown = WithFiles(WebUtility.HtmlDecode(Tag().Replace(m.Html, t => t.Groups["block"].Success ? " " : "")).Trim());
        return Snippets.Of(marked.Count == 0 || Terms.Of(shown).Any(t => marked.Contains(t.Term)) ? shown : WithFiles(m.Text), marked);

        string WithFiles(string text) => string.Join(" · ", m.Files.Select(f => f.Name).Prepend(text).Where(t => t.Length > 0));
    }

    [GeneratedRegex("""<(?<block>/?(p|br|li|ul|ol|pre|blockquote)\b)?[^>"]*("[^"]*"[^>"]*)*>""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Tag();
}
