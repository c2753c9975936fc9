using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>Who may know how somebody is: whoever finds the person at all. Who left is offline, whatever is still open.</summary>
public sealed class PresenceService(IDbContextFactory<HubDb> hub, PresenceBoard board)
{
    /// <summary>People that one question may name.</summary>
    public const int Most = 200;

    /// <summary>One colleague, or oneself.</summary>
    public async Task<Outcome<PersonPresence>> GetAsync(Actor actor, Guid id, CancellationToken ct = default) =>
        await FindAsync(actor, [id], ct) is [var one] ? one : Refusal.NotFound;

    /// <summary>At most <see cref="Most"/> people, in the order asked for; who cannot be found is missing.</summary>
    public async Task<Outcome<Page<PersonPresence>>> ListAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct = default) =>
        ids.Count > Most ? Refusal.Invalid("ids", "presence.most", Most) : new Page<PersonPresence>(await FindAsync(actor, ids, ct), null);

    private async Task<List<PersonPresence>> FindAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var found = await db.People.VisibleTo(viewer).Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.LeftAt is not null, ct);
        return [.. ids.Distinct().Where(found.ContainsKey).Select(id => found[id] ? new PersonPresence(id, PresenceState.Offline, []) : board.Of(id))];
    }
}
