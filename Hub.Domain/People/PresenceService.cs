using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Who may know how somebody is: whoever finds the person at all. Who left is offline, whatever is still open.</summary>
public sealed class PresenceService(IDbContextFactory<HubDb> hub, PresenceBoard board, CircumstanceReader circumstances)
{
    /// <summary>People that one question may name.</summary>
    public const int Most = 200;

    /// <summary>One colleague, or oneself.</summary>
    public async Task<Outcome<PersonPresence>> GetAsync(Actor actor, Guid id, CancellationToken ct = default) =>
        await FindAsync(actor, [id], ct) is [var one] ? one : Refusal.NotFound;

    /// <summary>At most <see cref="Most"/> people, in the order asked for; who cannot be found is missing.</summary>
    public async Task<Outcome<Page<PersonPresence>>> ListAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct = default) =>
        ids.Count > Most ? Refusal.Invalid("ids", "presence.most", Most) : new Page<PersonPresence>(await FindAsync(actor, ids, ct), null);

    /// <summary>Reads again what has changed of those who are watched on this node; to be called every second.</summary>
    [SystemWork]
    public async Task RefreshAsync(CancellationToken ct = default)
    {
        if (board.Doubtful(Most) is not { Count: > 0 } doubtful) return;
        var asked = board.Expect(doubtful);
        await using var db = await hub.CreateDbContextAsync(ct);
        foreach (var (id, facts) in await circumstances.ReadAsync(db, doubtful, ct)) board.Learn(id, facts, asked);
    }

    private async Task<List<PersonPresence>> FindAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var found = await db.People.VisibleTo(viewer).Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.LeftAt is not null, ct);
        var here = found.Where(f => !f.Value).Select(f => f.Key).ToList();
        var asked = board.Expect(here);
        var facts = await circumstances.ReadAsync(db, here, ct);
        return [.. ids.Distinct().Where(found.ContainsKey).Select(id => found[id] ? new PersonPresence(id, PresenceState.Offline, []) : board.Learn(id, facts[id], asked))];
    }
}
