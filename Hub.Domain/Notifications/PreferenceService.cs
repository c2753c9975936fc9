using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Notifications;

/// <summary>What comes into one's inbox, by mail, and to one's devices.</summary>
/// <remarks>
/// Mail: True if what stays unread comes by mail.
/// MailPossible: False while this hub sends no mail.
/// Push: True if one's devices tell of what comes.
/// PushPossible: False while this hub has no keys for it.
/// Words: Words that count as a mention.
/// </remarks>
public sealed record Preferences(bool Mail, bool MailPossible, bool Push, bool PushPossible, IReadOnlyList<string> Words);

/// <summary>What of a conversation comes into one's inbox.</summary>
public sealed record ConversationAlerts(Guid Id, ConversationKind Kind, string Name, MemberAlerts Alerts);

/// <summary>One's own choices.</summary>
public sealed class PreferenceService(IDbContextFactory<HubDb> hub, IDigestMail mail, IPushService push)
{
    /// <summary>Most words that count as a mention.</summary>
    public const int MostWords = 20;

    /// <summary>Shortest and longest of them.</summary>
    public const int ShortestWord = 2, LongestWord = 40;

    public async Task<Outcome<Preferences>> GetAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        var mine = await db.PersonPreferences.AsNoTracking().FirstOrDefaultAsync(p => p.PersonId == viewer.PersonId, ct) ?? new PersonPreferences();
        return Chosen(mine);
    }

    /// <summary>Keeps all; white space around a word is left away, and a word that stands twice is one. <paramref name="byPush"/> null: as it was.</summary>
    public async Task<Outcome<Preferences>> SaveAsync(Actor actor, bool byMail, IReadOnlyList<string> words, bool? byPush = null, CancellationToken ct = default)
    {
        List<string> kept = [.. words.Select(w => w.Trim()).Where(w => w.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
        if (kept.Count > MostWords) return Refusal.Invalid("words", "preferences.words.most", MostWords);
        if (kept.Any(w => w.Length is < ShortestWord or > LongestWord)) return Refusal.Invalid("words", "preferences.words.length", ShortestWord, LongestWord);
        if (kept.Any(w => w.Any(char.IsControl))) return Refusal.Invalid("words", "preferences.words.control");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // Two devices at once: the person's row makes them come one after the other.
        await db.People.Where(p => p.Id == viewer.PersonId).ExecuteUpdateAsync(s => s.SetProperty(p => p.Version, p => p.Version), ct);
        var mine = await db.PersonPreferences.FirstOrDefaultAsync(p => p.PersonId == viewer.PersonId, ct);
        if (mine is null) db.PersonPreferences.Add(mine = new PersonPreferences { PersonId = viewer.PersonId });
        (mine.Mail, mine.Push, mine.AlertWords) = (byMail, byPush ?? mine.Push, string.Join('\n', kept));
        await db.SaveChangesAsync(ct);
        await tx.CommitAsync(ct);
        return Chosen(mine);
    }

    /// <summary>What is chosen for each conversation that one is in, by name.</summary>
    public async Task<IReadOnlyList<ConversationAlerts>> ConversationsAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return [];
        var mine = await db.ConversationMembers.Where(m => m.PersonId == viewer.PersonId && m.LeftAt == null && (m.Conversation.Kind != ConversationKind.Direct || m.Conversation.LatestSequence > 0))
            .Select(m => new { m.ConversationId, m.Conversation.Kind, m.Conversation.Name, m.Alerts, Others = m.Conversation.Members.Where(o => o.PersonId != m.PersonId && o.LeftAt == null).Select(o => o.Person.Name).ToList() })
            .AsSplitQuery().ToListAsync(ct);
        return [.. mine.Select(m => new ConversationAlerts(m.ConversationId, m.Kind, m.Name.Length > 0 ? m.Name : string.Join(", ", m.Others.Order(StringComparer.OrdinalIgnoreCase)), m.Alerts))
            .OrderBy(m => m.Kind).ThenBy(m => m.Name, StringComparer.OrdinalIgnoreCase).ThenBy(m => m.Id)];
    }

    /// <summary>Chooses for one conversation; only for who is in it.</summary>
    public async Task<Outcome<ConversationAlerts>> ChooseAsync(Actor actor, Guid conversationId, MemberAlerts alerts, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == conversationId, ct)) return Refusal.NotFound;
        if (await db.ConversationMembers.Where(m => m.ConversationId == conversationId && m.PersonId == viewer.PersonId && m.LeftAt == null)
            .ExecuteUpdateAsync(s => s.SetProperty(m => m.Alerts, alerts), ct) == 0) return new Refusal(RefusalKind.Forbidden, "chat.join");
        return (await ConversationsAsync(actor, ct)).First(c => c.Id == conversationId);
    }

    private Preferences Chosen(PersonPreferences mine) => new(mine.Mail, mail.Configured, mine.Push, push.Configured, Lines(mine.AlertWords));

    internal static IReadOnlyList<string> Lines(string words) => words.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>True if one of the words stands in the text, in whatever case, from one edge of a word to another.</summary>
    internal static bool Says(string text, string words)
    {
        foreach (var word in Lines(words))
            for (var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
                if ((at == 0 || !char.IsLetterOrDigit(text[at - 1]) || !char.IsLetterOrDigit(word[0]))
                    && (at + word.Length == text.Length || !char.IsLetterOrDigit(text[at + word.Length]) || !char.IsLetterOrDigit(word[^1]))) return true;
        return false;
    }
}
