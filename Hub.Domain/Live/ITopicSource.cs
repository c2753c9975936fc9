using Hub.Domain.People;

namespace Hub.Domain.Live;

/// <summary>A room's word on its topics: who may watch, and which versions stand in the database.</summary>
public interface ITopicSource
{
    /// <summary>First word of the topics, for example <c>conversation</c>.</summary>
    string Kind { get; }

    /// <summary>Those of <paramref name="ids"/> that the actor may watch now.</summary>
    Task<IReadOnlySet<Guid>> WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct = default);

    /// <summary>Versions as stored; ids that are gone are missing.</summary>
    [SystemWork]
    Task<IReadOnlyDictionary<Guid, long>> VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct = default);
}
