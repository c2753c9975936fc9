using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Fixes;

/// <summary>Cards of fixes that are linked to.</summary>
internal sealed partial class FixCards : ICardSource
{
    // A published version never changes, and reading its document is what costs.
    private readonly ConcurrentDictionary<(Guid Fix, int Number), int> steps = new();

    public CardKind Kind => CardKind.Fix;

    public string Room => "fixes";

    public async Task<IReadOnlyDictionary<string, Guid>> FindAsync(HubDb db, Viewer viewer, IReadOnlyCollection<string> addresses, CancellationToken ct = default)
    {
        var slugs = addresses.Select(a => (Address: a, Match: Place().Match(a))).Where(a => a.Match.Success).ToDictionary(a => a.Address, a => a.Match.Groups["slug"].Value, StringComparer.Ordinal);
        if (slugs.Count == 0) return new Dictionary<string, Guid>();
        var asked = slugs.Values.Distinct(StringComparer.Ordinal).ToList();
        var known = await db.Fixes.VisibleTo(viewer).Where(f => asked.Contains(f.Slug)).Select(f => new { f.Slug, f.Id }).ToDictionaryAsync(f => f.Slug, f => f.Id, StringComparer.Ordinal, ct);
        return slugs.Where(s => known.ContainsKey(s.Value)).ToDictionary(s => s.Key, s => known[s.Value], StringComparer.Ordinal);
    }

    public async Task<IReadOnlyList<LinkCard>> CardsAsync(HubDb db, Viewer viewer, IReadOnlyCollection<Guid> ids, CancellationToken ct = default)
    {
        var rows = await db.Fixes.AsNoTracking().VisibleTo(viewer).Where(f => ids.Contains(f.Id))
            .Select(f => new { f.Id, f.Slug, f.Title, f.Summary, Number = f.PublishedNumber!.Value, Service = f.Service.Name }).ToListAsync(ct);
        var unread = rows.Where(r => !steps.ContainsKey((r.Id, r.Number))).Select(r => r.Id).ToList();
        if (unread.Count > 0)
            foreach (var version in await db.FixVersions.AsNoTracking().Where(v => unread.Contains(v.FixId) && db.Fixes.Any(f => f.Id == v.FixId && f.PublishedNumber == v.Number)).ToListAsync(ct))
                steps[(version.FixId, version.Number)] = RunViews.Path(FixDocument.Parse(version.Document)).Count;
        return rows.ConvertAll(f => new LinkCard(CardKind.Fix, f.Id, $"/fixes/{f.Slug}", f.Title) { Text = f.Summary, Place = f.Service, Steps = steps.GetValueOrDefault((f.Id, f.Number)) });
    }

    [GeneratedRegex("^/fixes/(?<slug>[a-z0-9-]+)/?([?#]|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Place();
}

/// <summary>Cards of runs that are linked to, for those who may read them. Readings and answers are in none.</summary>
internal sealed class RunCards : ICardSource
{
    public CardKind Kind => CardKind.Run;

    public string Room => "fixes";

    public Task<IReadOnlyDictionary<string, Guid>> FindAsync(HubDb db, Viewer viewer, IReadOnlyCollection<string> addresses, CancellationToken ct = default) =>
        Task.FromResult(HubAddress.Ids(addresses, "/fixes/runs/"));

    public async Task<IReadOnlyList<LinkCard>> CardsAsync(HubDb db, Viewer viewer, IReadOnlyCollection<Guid> ids, CancellationToken ct = default)
    {
        var rows = await db.FixRuns.AsNoTracking().VisibleTo(viewer).Where(r => ids.Contains(r.Id))
            .Select(r => new { r.Id, r.Fix.Title, Steps = r.Steps.Count(s => s.Kind != "outcome"), r.State, r.Verified, r.OutcomeTitle, r.Person.Name, r.Version }).ToListAsync(ct);
        return rows.ConvertAll(r => new LinkCard(CardKind.Run, r.Id, $"/fixes/runs/{r.Id}", r.Title)
        {
            Text = r.OutcomeTitle, By = r.Name, State = LinkCard.Word(r.State), Verified = r.Verified, Steps = r.Steps, Version = r.Version,
        });
    }
}
