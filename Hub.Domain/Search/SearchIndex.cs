using Hub.Domain.Storage;

namespace Hub.Domain.Search;

/// <summary>Writes index rows in the caller's context, so that a thing and its index change together. The caller saves.</summary>
public sealed class SearchIndex(TimeProvider clock)
{
    /// <summary>Makes the document findable with these words; what stood before is replaced.</summary>
    public async Task PutAsync(HubDb db, SearchKind kind, Guid id, string title, string body, CancellationToken ct = default)
    {
        await RemoveAsync(db, kind, id, ct);
        db.SearchDocuments.Add(new SearchDocument { Kind = kind, Id = id, Title = title, Body = body, ChangedAt = clock.Now() });
    }

    /// <summary>Makes it unfindable.</summary>
    public async Task RemoveAsync(HubDb db, SearchKind kind, Guid id, CancellationToken ct = default)
    {
        db.SearchDocuments.RemoveRange(db.SearchDocuments.Where(d => d.Kind == kind && d.Id == id));
        db.SearchPostings.RemoveRange(db.SearchPostings.Where(p => p.Kind == kind && p.DocumentId == id));
        await Task.CompletedTask;
    }
}
