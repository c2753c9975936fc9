using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Live;

/// <summary>A node for administrators.</summary>
/// <param name="Silent">It did not say that it ended, and has not been heard of for <see cref="NodeService.Unheard"/>.</param>
public sealed record NodeView(Guid Id, string Name, string Version, NodeState State, bool Silent, DateTime StartedAt, DateTime SeenAt, int Pages, NodeLink Link);

/// <summary>The nodes that were there during the last day, living ones first, and the database they share.</summary>
/// <param name="Database"><c>PostgreSQL</c> or <c>SQLite</c>.</param>
public sealed record NodeList(string Database, IReadOnlyList<NodeView> Items);

/// <summary>Which nodes there are: each says every few seconds that it lives, administrators of the hub read it.</summary>
public sealed class NodeService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>A node that has said nothing for so long is shown as not heard of.</summary>
    public static readonly TimeSpan Unheard = TimeSpan.FromSeconds(15);

    private const int Most = 200;

    /// <summary>All nodes, for an administrator of the whole hub; for anybody else there is nothing here.</summary>
    public async Task<Outcome<NodeList>> ListAsync(Actor actor, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!(await db.EnterAsync(actor, ct)).Has(Role.Administrator)) return Refusal.NotFound;
        var since = clock.Now() - Unheard;
        var nodes = await db.Nodes.AsNoTracking().OrderByDescending(n => n.SeenAt).Take(Most).ToListAsync(ct);
        return new NodeList(db is SqliteHubDb ? "SQLite" : "PostgreSQL",
            [.. nodes.Select(n => new NodeView(n.Id, n.Name, n.Version, n.State, n.State != NodeState.Ended && n.SeenAt < since, n.StartedAt, n.SeenAt, n.Pages, n.Link))
                .OrderBy(n => n.State == NodeState.Ended).ThenBy(n => n.Silent).ThenBy(n => n.Name, StringComparer.Ordinal).ThenByDescending(n => n.StartedAt)]);
    }

    /// <summary>Says how a node stands now. One whose row was forgotten while it could not be heard has a row again.</summary>
    [SystemWork]
    public async Task BeatAsync(Node node, CancellationToken ct = default)
    {
        node.SeenAt = clock.Now();
        await using var db = await hub.CreateDbContextAsync(ct);
        var known = await db.Nodes.Where(n => n.Id == node.Id).ExecuteUpdateAsync(s => s.SetProperty(n => n.SeenAt, node.SeenAt).SetProperty(n => n.Name, node.Name)
            .SetProperty(n => n.State, node.State).SetProperty(n => n.Pages, node.Pages).SetProperty(n => n.Link, node.Link), ct);
        if (known > 0) return;
        db.Nodes.Add(node);
        await db.SaveChangesAsync(ct);
    }
}
