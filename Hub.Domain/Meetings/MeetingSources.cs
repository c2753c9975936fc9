using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Meetings;

/// <summary>Who may watch and find a meeting: its people. Apart from the service, which needs the bus that asks this.</summary>
public sealed class MeetingSources(IDbContextFactory<HubDb> hub) : ITopicSource, ISearchSource
{
    string ITopicSource.Kind => "meeting";

    SearchKind ISearchSource.Kind => SearchKind.Meeting;

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return (await db.Meetings.VisibleTo(viewer).Where(m => ids.Contains(m.Id)).Select(m => m.Id).ToListAsync(ct)).ToHashSet();
    }

    async Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.Meetings.Where(m => ids.Contains(m.Id)).ToDictionaryAsync(m => m.Id, m => m.Version, ct);
    }

    IQueryable<Guid> ISearchSource.Visible(HubDb db, Viewer viewer) => db.Meetings.VisibleTo(viewer).Where(m => m.CancelledAt == null).Select(m => m.Id);
}
