using System.Text.Json;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// By what a message is found: its words and those of its files' names, as <see cref="Terms"/> reads them for all of search, and what filters ask for. A filter's term has a colon,
/// which no word has. A deleted message is found by nothing.
/// </summary>
internal static class MessageIndex
{
    public const string File = "has:file", Link = "has:link", Reaction = "has:reaction", Thread = "is:thread", Pinned = "is:pinned";

    public static string From(Guid personId) => $"from:{personId:N}";

    public static string In(Guid conversationId) => $"in:{conversationId:N}";

    public static HashSet<string> Of(Message m) => m.DeletedAt is not null ? []
        : Of(m.Text, m.Html, MessageFiles.Read(m.Files), m.SenderId, m.ConversationId, m.ThreadId is not null || m.Replies > 0, m.Reactions.Length > 0, m.PinnedAt is not null);

    public static HashSet<string> Of(MessageRecord m) => m.DeletedAt is not null ? []
        : Of(m.Text, m.Html, m.Files, m.Author.Id, m.ConversationId, m.ThreadId is not null || m.Replies > 0, m.Reactions.Count > 0, m.PinnedAt is not null);

    /// <summary>Makes stored messages findable, in the caller's transaction.</summary>
    public static Task AddAsync(HubDb db, IReadOnlyList<Message> messages, CancellationToken ct = default) =>
        AddAsync(db, messages.SelectMany(m => Of(m), (m, term) => new MessageTerm { Term = term, MessageId = m.Id, ConversationId = m.ConversationId }), ct);

    /// <summary>Adds terms, in the caller's transaction: by one statement, not as tracked rows. Those that are there stay.</summary>
    public static async Task AddAsync(HubDb db, IEnumerable<MessageTerm> terms, CancellationToken ct = default)
    {
        // Ids as SQLite keeps them.
        var rows = JsonSerializer.Serialize(terms.Select(t => new[] { t.Term, t.MessageId.ToString().ToUpperInvariant(), t.ConversationId.ToString().ToUpperInvariant() }));
        if (rows == "[]") return;
        FormattableString insert = db is SqliteHubDb
            ? (FormattableString)$"""
               INSERT OR IGNORE INTO "MessageTerms" ("Term", "MessageId", "ConversationId")
               SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each({rows})
               """
            : (FormattableString)$"""
               INSERT INTO "MessageTerms" ("Term", "MessageId", "ConversationId")
               SELECT value ->> 0, (value ->> 1)::uuid, (value ->> 2)::uuid FROM jsonb_array_elements({rows}::jsonb) ON CONFLICT DO NOTHING
               """;
        await db.Database.ExecuteSqlAsync(insert, ct);
    }

    /// <summary>Counts a change of a message that was found by <paramref name="before"/>, and has it found by what it now is. In the caller's transaction; the caller saves.</summary>
    public static async Task ReplaceAsync(HubDb db, Message row, HashSet<string> before, CancellationToken ct)
    {
        var now = Of(row);
        var gone = before.Except(now).ToList();
        if (gone.Count > 0) await db.MessageTerms.Where(t => gone.Contains(t.Term) && t.MessageId == row.Id).ExecuteDeleteAsync(ct);
        var known = row.Indexed == row.Revision;
        await AddAsync(db, (known ? now.Except(before) : now).Select(term => new MessageTerm { Term = term, MessageId = row.Id, ConversationId = row.ConversationId }), ct);
        row.Indexed = ++row.Revision;
    }

    /// <summary>Has messages found by nothing, in the caller's transaction: by one statement, each term by its key.</summary>
    public static async Task RemoveAsync(HubDb db, IEnumerable<Message> rows, CancellationToken ct)
    {
        var pairs = JsonSerializer.Serialize(rows.SelectMany(m => Of(m).Union([File, Link, Reaction, Thread, Pinned]), (m, term) => new[] { term, m.Id.ToString().ToUpperInvariant() }));
        FormattableString delete = db is SqliteHubDb
            ? (FormattableString)$"""
               DELETE FROM "MessageTerms" WHERE ("Term", "MessageId") IN (SELECT value ->> 0, value ->> 1 FROM json_each({pairs}))
               """
            : (FormattableString)$"""
               DELETE FROM "MessageTerms" WHERE ("Term", "MessageId") IN (SELECT value ->> 0, (value ->> 1)::uuid FROM jsonb_array_elements({pairs}::jsonb))
               """;
        await db.Database.ExecuteSqlAsync(delete, ct);
    }

    private static HashSet<string> Of(string text, string html, IReadOnlyList<FileCard> files, Guid senderId, Guid conversationId, bool inThread, bool reacted, bool pinned)
    {
        var terms = Terms.Of(text).Concat(files.SelectMany(f => Terms.Of(f.Name))).Select(t => t.Term).ToHashSet(StringComparer.Ordinal);
        terms.Add(From(senderId));
        terms.Add(In(conversationId));
        if (files.Count > 0) terms.Add(File);
        // A mention is no link that somebody gave.
        if (html.Replace("<b><a ", "", StringComparison.Ordinal).Contains("<a ", StringComparison.Ordinal)) terms.Add(Link);
        if (reacted) terms.Add(Reaction);
        if (inThread) terms.Add(Thread);
        if (pinned) terms.Add(Pinned);
        return terms;
    }
}
