using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>The chat's word to the live bus and to search: both ask the same <see cref="ChatViewing"/> as everything else.</summary>
public sealed class ChatSources(IDbContextFactory<HubDb> hub) : ITopicSource, ISearchSource
{
    string ITopicSource.Kind => "conversation";

    SearchKind ISearchSource.Kind => SearchKind.Conversation;

    async Task<IReadOnlySet<Guid>> ITopicSource.WatchableAsync(Actor actor, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return (await db.Conversations.VisibleTo(viewer).Where(c => ids.Contains(c.Id)).Select(c => c.Id).ToListAsync(ct)).ToHashSet();
    }

    async Task<IReadOnlyDictionary<Guid, long>> ITopicSource.VersionsAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await db.Conversations.Where(c => ids.Contains(c.Id)).ToDictionaryAsync(c => c.Id, c => c.Version, ct);
    }

    IQueryable<Guid> ISearchSource.Visible(HubDb db, Viewer viewer) =>
        db.Conversations.VisibleTo(viewer).Where(c => c.Kind == ConversationKind.Channel).Select(c => c.Id);
}
