using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>What the chat leaves to be done: that people are told of a message, of what they wanted to be reminded of, or of what could not be posted. The work is a row of the transaction that asks for it.</summary>
internal static class MessageAlerts
{
    /// <summary>Kind of the work; its key is the message.</summary>
    public const string Work = "notifications.message";

    /// <summary>Kind of the work that puts a reminder into the inbox; its key is the reminder.</summary>
    public const string Reminders = "notifications.remind";

    /// <summary>Kind of the work that tells somebody of a message that was to be posted later and was refused; its key is person, message and version.</summary>
    public const string Refusals = "notifications.later";

    public static void Due(HubDb db, TimeProvider clock, Guid messageId) => db.Due(clock, Work, messageId.ToString(), clock.Now());

    public static void Remind(HubDb db, TimeProvider clock, Reminder reminder) => db.Due(clock, Reminders, reminder.Id.ToString(), reminder.At);

    public static Task ForgetAsync(HubDb db, Reminder reminder, CancellationToken ct)
    {
        var key = reminder.Id.ToString();
        return db.DueWork.Where(w => w.Kind == Reminders && w.Key == key).ExecuteDeleteAsync(ct);
    }

    public static void Refused(HubDb db, TimeProvider clock, LaterMessage message) => db.Due(clock, Refusals, $"{message.PersonId}:{message.Id}:{message.Version}", clock.Now());

    /// <summary>Those of the conversations of which somebody wants to be told everything, or in which somebody is who waits for words.</summary>
    public static async Task<IReadOnlySet<Guid>> FollowedAsync(HubDb db, IReadOnlyCollection<Guid> ids)
    {
        var inside = db.ConversationMembers.Where(m => ids.Contains(m.ConversationId) && m.LeftAt == null);
        var waiting = db.PersonPreferences.Where(p => p.AlertWords != "").Select(p => p.PersonId);
        return await inside.Where(m => m.Alerts == MemberAlerts.Everything).Select(m => m.ConversationId)
            .Union(inside.Where(m => waiting.Contains(m.PersonId)).Select(m => m.ConversationId)).ToHashSetAsync();
    }
}
