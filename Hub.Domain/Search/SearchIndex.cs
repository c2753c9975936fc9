using System.Text.Json;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Search;

/// <summary>Writes index rows in the caller's context, so that a thing and its index change together. The caller saves.</summary>
public sealed class SearchIndex(TimeProvider clock)
{
    /// <summary>Makes the document findable with these words; what stood before is replaced, row by row only where it differs.</summary>
    public async Task PutAsync(HubDb db, SearchKind kind, Guid id, string title, string body, CancellationToken ct = default)
    {
        var document = await db.SearchDocuments.FindAsync([kind, id], ct);
        var old = document is null ? [] : await PostingsAsync(db, document, ct);
        if (document is null) db.SearchDocuments.Add(document = new SearchDocument { Kind = kind, Id = id, Title = title, Body = body });
        if (db.Entry(document).State == EntityState.Deleted) db.Entry(document).State = EntityState.Modified;
        (document.Title, document.Body, document.ChangedAt) = (title, body, clock.Now());

        var wanted = Count(title, body);
        var length = Rounded(wanted.Values.Sum(c => c.InTitle + c.InBody));
        foreach (var row in old)
        {
            if (!wanted.Remove(row.Term, out var count)) db.SearchPostings.Remove(row);
            else
            {
                if (db.Entry(row).State == EntityState.Deleted) db.Entry(row).State = EntityState.Modified;
                (row.InTitle, row.InBody, row.Length) = (count.InTitle, count.InBody, length);
            }
        }
        db.SearchPostings.AddRange(wanted.Select(w => new SearchPosting
        {
            Kind = kind, DocumentId = id, Term = w.Key, InTitle = w.Value.InTitle, InBody = w.Value.InBody, Length = length,
        }));
    }

    /// <summary>
    /// As <see cref="PutAsync"/> for what was never indexed, many times faster: the words go in by one statement of SQL, not
    /// as tracked rows. The caller has a transaction open and saves.
    /// </summary>
    public async Task AddAsync(HubDb db, SearchKind kind, Guid id, string title, string body, CancellationToken ct = default)
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("A document and its words change together: open a transaction first.");
        db.SearchDocuments.Add(new SearchDocument { Kind = kind, Id = id, Title = title, Body = body, ChangedAt = clock.Now() });
        var counts = Count(title, body);
        var length = Rounded(counts.Values.Sum(c => c.InTitle + c.InBody));
        var rows = JsonSerializer.Serialize(counts.Select(c => new object[] { c.Key, c.Value.InTitle, c.Value.InBody }));
        var name = kind.ToString();
        FormattableString insert = db is SqliteHubDb
            ? (FormattableString)$"""
               INSERT INTO "SearchPostings" ("Kind", "Term", "DocumentId", "InTitle", "InBody", "Length")
               SELECT {name}, value ->> 0, {id}, value ->> 1, value ->> 2, {length} FROM json_each({rows})
               """
            : (FormattableString)$"""
               INSERT INTO "SearchPostings" ("Kind", "Term", "DocumentId", "InTitle", "InBody", "Length")
               SELECT {name}, value ->> 0, {id}, (value ->> 1)::int, (value ->> 2)::int, {length} FROM jsonb_array_elements({rows}::jsonb)
               """;
        await db.Database.ExecuteSqlAsync(insert, ct);
    }

    /// <summary>Makes it unfindable.</summary>
    public async Task RemoveAsync(HubDb db, SearchKind kind, Guid id, CancellationToken ct = default)
    {
        if (await db.SearchDocuments.FindAsync([kind, id], ct) is not { } document) return;
        db.SearchPostings.RemoveRange(await PostingsAsync(db, document, ct));
        db.SearchDocuments.Remove(document);
    }

    // Rows that were added in this context and are not saved yet are its own; all others are read.
    private static async Task<List<SearchPosting>> PostingsAsync(HubDb db, SearchDocument document, CancellationToken ct) =>
        db.Entry(document).State == EntityState.Added
            ? [.. db.SearchPostings.Local.Where(p => p.Kind == document.Kind && p.DocumentId == document.Id)]
            : await db.SearchPostings.Where(p => p.Kind == document.Kind && p.DocumentId == document.Id).ToListAsync(ct);

    private static Dictionary<string, (int InTitle, int InBody)> Count(string title, string body)
    {
        var counts = new Dictionary<string, (int InTitle, int InBody)>(StringComparer.Ordinal);
        foreach (var t in Terms.Of(title)) counts[t.Term] = counts.TryGetValue(t.Term, out var c) ? (c.InTitle + 1, c.InBody) : (1, 0);
        foreach (var t in Terms.Of(body)) counts[t.Term] = counts.TryGetValue(t.Term, out var c) ? (c.InTitle, c.InBody + 1) : (0, 1);
        return counts;
    }

    private static int Rounded(int length) => length < 5 ? length : (int)Math.Round(Math.Pow(1.2, Math.Round(Math.Log(length, 1.2))));
}
