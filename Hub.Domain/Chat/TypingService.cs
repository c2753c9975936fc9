using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>That somebody is writing. Passing: of no version, stored nowhere, allowed to be lost.</summary>
public sealed record Typing(Guid PersonId, string Name) : ILivePayload;

/// <summary>Tells those who have a conversation open that one of its members is writing; what is told passes after six seconds.</summary>
public sealed class TypingService(IDbContextFactory<HubDb> hub, LiveBus live)
{
    /// <summary>So long it holds, unless it is told again or the message comes.</summary>
    public static readonly TimeSpan Holds = TimeSpan.FromSeconds(6);

    /// <summary>To be called at most every three seconds while somebody writes.</summary>
    public async Task<Outcome<bool>> TellAsync(Actor actor, Guid conversationId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == conversationId, ct)) return Refusal.NotFound;
        if (!await db.IsMemberAsync(conversationId, actor.PersonId, ct)) return new Refusal(RefusalKind.Forbidden, "chat.join");
        live.Publish(new LiveEvent(Topic.Typing(conversationId), 0, "typing", new Typing(actor.PersonId, viewer.Name)));
        return true;
    }
}

/// <summary>The topics <c>typing:{conversation}</c>: for whoever sees the conversation.</summary>
internal sealed class TypingTopics(IDbContextFactory<HubDb> hub) : ITopicSource
{
    string ITopicSource.Kind => "typing";

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.Conversations.VisibleTo(viewer).Where(c => ids.Contains(c.Id)).Select(c => c.Id).ToHashSetAsync(ct);
    }

    Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<Guid, long>>(ids.ToDictionary(id => id, _ => 0L));
}
