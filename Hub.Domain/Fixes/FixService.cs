using Hub.Domain.Devices;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Fixes;

/// <summary>Fixes as people meet them: find one, see what it will do, see what is unfinished.</summary>
public sealed class FixService(IDbContextFactory<HubDb> hub, IDeviceManagement devices, TimeProvider clock) : ISearchSource
{
    SearchKind ISearchSource.Kind => SearchKind.Fix;

    IQueryable<Guid> ISearchSource.Visible(HubDb db, Viewer viewer) => db.Fixes.VisibleTo(viewer).Select(f => f.Id);

    /// <summary>All fixes one may run, by category and title.</summary>
    public async Task<IReadOnlyList<FixCard>> ListAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await CardsAsync(db, viewer, db.Fixes.VisibleTo(viewer), ct);
    }

    /// <summary>One fix before it starts.</summary>
    public async Task<Outcome<FixDetail>> GetAsync(Actor actor, string slug, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await CardsAsync(db, viewer, db.Fixes.VisibleTo(viewer).Where(f => f.Slug == slug), ct) is not [var card]) return Refusal.NotFound;
        var version = await db.FixVersions.Where(v => v.FixId == card.Id && db.Fixes.Any(f => f.Id == v.FixId && f.PublishedNumber == v.Number)).AsNoTracking().SingleAsync(ct);
        var d = FixDocument.Parse(version.Document);
        var service = await db.Fixes.Where(f => f.Id == card.Id).Select(f => f.Service.Name).SingleAsync(ct);
        return new FixDetail(card, version.Number, service, RunViews.Touches(d), RunViews.Path(d), devices.Simulated);
    }

    /// <summary>The actor's unfinished runs, newest first.</summary>
    public async Task<IReadOnlyList<UnfinishedRun>> UnfinishedAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.FixRuns.VisibleTo(viewer).Where(r => r.PersonId == viewer.PersonId && r.EndedAt == null)
            .OrderByDescending(r => r.StartedAt).ThenBy(r => r.Id)
            .Select(r => new UnfinishedRun(r.Id, r.Fix.Slug, r.Fix.Title, r.State, r.Steps.Count, r.Steps.OrderByDescending(s => s.Number).Select(s => s.Title).First(), r.StartedAt))
            .ToListAsync(ct);
    }

    private async Task<IReadOnlyList<FixCard>> CardsAsync(HubDb db, Viewer viewer, IQueryable<Fix> fixes, CancellationToken ct)
    {
        var since = clock.Now().AddDays(-30);
        var rows = await fixes.OrderBy(f => f.Service.Category.Name).ThenBy(f => f.Title).ThenBy(f => f.Id)
            .Select(f => new { f.Id, f.Slug, f.Title, f.Summary, f.Minutes, Category = f.Service.Category.Name }).ToListAsync(ct);
        var ids = rows.Select(r => r.Id).ToList();
        var figures = await db.FixRuns.Where(r => ids.Contains(r.FixId) && r.EndedAt >= since && r.State != RunState.Abandoned).GroupBy(r => r.FixId)
            .Select(g => new
            {
                g.Key, Runs = g.Count(), Proved = g.Count(r => r.State == RunState.Fixed && r.Verified),
                Word = g.Count(r => r.State == RunState.Fixed && !r.Verified), Passed = g.Count(r => r.HandedOverAt != null),
            }).ToDictionaryAsync(g => g.Key, ct);
        var open = await db.FixRuns.VisibleTo(viewer).Where(r => r.PersonId == viewer.PersonId && r.EndedAt == null && ids.Contains(r.FixId))
            .GroupBy(r => r.FixId).Select(g => new { g.Key, Id = g.OrderByDescending(r => r.StartedAt).Select(r => r.Id).First() }).ToDictionaryAsync(g => g.Key, g => g.Id, ct);
        return [.. rows.Select(r => new FixCard(r.Id, r.Slug, r.Title, r.Summary, r.Minutes, r.Category,
            figures.TryGetValue(r.Id, out var f) ? new FixFigures(f.Runs, f.Proved, f.Word, f.Passed) : new FixFigures(0, 0, 0, 0),
            open.TryGetValue(r.Id, out var run) ? run : null))];
    }
}
