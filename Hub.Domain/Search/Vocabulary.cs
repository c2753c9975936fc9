using System.Numerics;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Search;

/// <summary>A word of the hub's texts and in how many of them it stands.</summary>
public readonly record struct VocabularyWord(string Term, int Documents, int Letters);

/// <summary>
/// All words that are stored, sorted: what the last word being typed may become, and what a misspelt one may have meant.
/// It holds words alone, never who may see what; whatever it suggests is looked up through permission.
/// </summary>
public sealed class Words
{
    private readonly VocabularyWord[] sorted;
    private readonly Dictionary<string, int> documents;
    private readonly ILookup<int, VocabularyWord> byLength;

    public Words(IEnumerable<KeyValuePair<string, int>> counts, int total)
    {
        sorted = [.. counts.Select(c => new VocabularyWord(c.Key, c.Value, Spelling.Letters(c.Key))).OrderBy(w => w.Term, StringComparer.Ordinal)];
        documents = sorted.ToDictionary(w => w.Term, w => w.Documents, StringComparer.Ordinal);
        byLength = sorted.Where(w => w.Term.Length >= 3 && w.Term.All(char.IsLetter)).ToLookup(w => w.Term.Length);
        Total = total;
    }

    /// <summary>Number of documents.</summary>
    public int Total { get; }

    public IReadOnlyDictionary<string, int> Documents => documents;

    /// <summary>The commonest words that begin so, at most <paramref name="most"/>.</summary>
    public IReadOnlyList<string> Beginning(string prefix, int most)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(sorted[middle].Term, prefix) < 0) low = middle + 1;
            else high = middle;
        }
        return [.. sorted.Skip(low).TakeWhile(w => w.Term.StartsWith(prefix, StringComparison.Ordinal)).Where(w => w.Term.Length > prefix.Length)
            .OrderByDescending(w => w.Documents).ThenBy(w => w.Term, StringComparer.Ordinal).Take(most).Select(w => w.Term)];
    }

    /// <summary>Words at most <paramref name="slips"/> away, nearest and then commonest first.</summary>
    public IReadOnlyList<(string Term, int Distance)> Near(string word, int slips, int most)
    {
        var letters = Spelling.Letters(word);
        var near = new List<(VocabularyWord Word, int Distance)>();
        for (var length = word.Length - slips; length <= word.Length + slips; length++)
            foreach (var w in byLength[length])
            {
                if (BitOperations.PopCount((uint)(letters ^ w.Letters)) > 2 * slips) continue;
                var distance = Spelling.Distance(word, w.Term, slips);
                if (distance > 0 && distance <= slips) near.Add((w, distance));
            }
        return [.. near.OrderBy(n => n.Distance).ThenByDescending(n => n.Word.Documents).ThenBy(n => n.Word.Term, StringComparer.Ordinal)
            .Take(most).Select(n => (n.Word.Term, n.Distance))];
    }
}

/// <summary>
/// This node's copy of the <see cref="Words"/>. Each search asks whether documents changed (one indexed look) and adds the
/// words of what is new, at most once in two seconds, because that copies and sorts all words; a full count is made at most every
/// few seconds. Being late costs suggestions, never exact finds.
/// </summary>
public sealed class Vocabulary(TimeProvider clock) : IDisposable
{
    private const int Few = 200;
    private static readonly TimeSpan FullEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NewerEvery = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim one = new(1);
    private volatile Copy? copy;

    private sealed record Copy(Words Words, int Count, DateTime Newest, DateTime CountedAt, DateTime AddedAt);

    [SystemWork]
    public async Task<Words> CurrentAsync(HubDb db, CancellationToken ct = default)
    {
        var known = copy;
        if (known is not null && clock.Now() - known.AddedAt < NewerEvery) return known.Words;
        var newest = await db.SearchDocuments.MaxAsync(d => (DateTime?)d.ChangedAt, ct) ?? DateTime.MinValue;
        var count = await db.SearchDocuments.CountAsync(ct);
        if (known is not null && known.Newest == newest && known.Count == count) return known.Words;
        // Whoever comes while it is being read uses what there is; only the very first must wait.
        if (!await one.WaitAsync(known is null ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, ct)) return known!.Words;
        try
        {
            if (known is null && copy is { } made) return made.Words;
            copy = known is null ? await FullAsync(db, count, newest, ct) : await NewerAsync(db, known, count, newest, ct);
            return copy.Words;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private async Task<Copy> FullAsync(HubDb db, int count, DateTime newest, CancellationToken ct)
    {
        var counts = await db.SearchPostings.GroupBy(p => p.Term).Select(g => new { g.Key, Documents = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Documents, StringComparer.Ordinal, ct);
        // What was added just after the count is added at once; only then do others wait.
        return new Copy(new Words(counts, count), count, newest, clock.Now(), DateTime.MinValue);
    }

    private async Task<Copy> NewerAsync(HubDb db, Copy known, int count, DateTime newest, CancellationToken ct)
    {
        var due = clock.Now() - known.CountedAt > FullEvery;
        var since = known.Newest == DateTime.MinValue ? known.Newest : known.Newest.AddSeconds(-10);
        var changed = await db.SearchDocuments.CountAsync(d => d.ChangedAt > since, ct);
        if (changed > Few) return due ? await FullAsync(db, count, newest, ct) : known;
        var counts = known.Words.Documents.ToDictionary(StringComparer.Ordinal);
        var terms = await db.SearchDocuments.Where(d => d.ChangedAt > since)
            .SelectMany(d => db.SearchPostings.Where(p => p.Kind == d.Kind && p.DocumentId == d.Id).Select(p => p.Term)).Distinct().ToListAsync(ct);
        foreach (var term in terms) counts.TryAdd(term, 1);
        return new Copy(new Words(counts, count), count, newest, known.CountedAt, clock.Now());
    }
}
