using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>What the chat leaves to be done once a message is stored: that people are told of it. The work is a row of the post's own transaction.</summary>
internal static class MessageAlerts
{
    /// <summary>Kind of the work; its key is the message.</summary>
    public const string Work = "notifications.message";

    public static void Due(HubDb db, TimeProvider clock, Guid messageId) => db.Due(clock, Work, messageId.ToString(), clock.Now());

    /// <summary>Those of the conversations of which somebody wants to be told everything, or in which somebody is who waits for words.</summary>
    public static async Task<IReadOnlySet<Guid>> FollowedAsync(HubDb db, IReadOnlyCollection<Guid> ids)
    {
        var inside = db.ConversationMembers.Where(m => ids.Contains(m.ConversationId) && m.LeftAt == null);
        var waiting = db.PersonPreferences.Where(p => p.AlertWords != "").Select(p => p.PersonId);
        return await inside.Where(m => m.Alerts == MemberAlerts.Everything).Select(m => m.ConversationId)
            .Union(inside.Where(m => waiting.Contains(m.PersonId)).Select(m => m.ConversationId)).ToHashSetAsync();
    }
}
