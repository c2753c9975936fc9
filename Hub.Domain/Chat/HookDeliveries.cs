using System.Globalization;
using System.Text.Json;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Delivers what outgoing webhooks have to tell. What is to be told is a row of the message's own transaction; what is told of the message is read when it is sent, so that what was
/// deleted, or marked, meanwhile does not leave any more. The receiver knows a repeat by its id.
/// </summary>
public sealed class HookDeliveries(IDbContextFactory<HubDb> hub, IHookSender sender, HookHosts hosts, TimeProvider clock) : IDueWork
{
    internal const string Work = "chat.hooks";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    string IDueWork.Kind => Work;

    async Task IDueWork.SendAsync(DueItem item, CancellationToken ct)
    {
        var id = Guid.Parse(item.Key);
        HookDelivery? delivery;
        HookParcel? parcel = null;
        HookFailure? silent = null;
        await using (var db = await hub.CreateDbContextAsync(ct))
        {
            delivery = await db.HookDeliveries.AsNoTracking().Include(d => d.Hook.Conversation).Include(d => d.Message.Sender).FirstOrDefaultAsync(d => d.Id == id, ct);
            // It has ended meanwhile.
            if (delivery is null) return;
            silent = await SilentAsync(db, delivery, ct);
            if (hosts.Read(delivery.Hook.Address) is { } address) parcel = new HookParcel(id, clock.Now(), address, delivery.Hook.Secret, Body(delivery));
        }
        if (silent is not null) throw new HookDeliveryException($"{silent} a moment ago");
        var answer = parcel is null ? new HookAnswer(HookFailure.NotAllowed) : await sender.SendAsync(parcel, ct);
        if (answer.Failure is not { } failure) return;
        await using (var db = await hub.CreateDbContextAsync(ct))
        {
            var now = clock.Now();
            await db.HookDeliveries.Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.TriedAt, now).SetProperty(d => d.Failure, failure).SetProperty(d => d.Status, answer.Status), ct);
        }
        throw new HookDeliveryException($"{failure} {answer.Status}".TrimEnd());
    }

    async Task IDueWork.StoreAsync(HubDb db, DueItem item, CancellationToken ct)
    {
        var (id, now) = (Guid.Parse(item.Key), clock.Now());
        await db.Hooks.Where(h => db.HookDeliveries.Any(d => d.Id == id && d.HookId == h.Id)).ExecuteUpdateAsync(s => s.SetProperty(h => h.DeliveredAt, now), ct);
        await db.HookDeliveries.Where(d => d.Id == id).ExecuteDeleteAsync(ct);
    }

    /// <summary>
    /// Has what happened to these messages of people told to the webhooks that want it, in the caller's transaction, in which the conversations' rows are locked; the caller saves. What
    /// bots say goes to no webhook: two programs would answer each other without end.
    /// </summary>
    /// <param name="happened">The messages, and what each says, and said before it was edited or deleted: either may begin with the word.</param>
    internal static async Task DueAsync(HubDb db, TimeProvider clock, HookEvent what, IReadOnlyList<(Message Message, IReadOnlyList<string> Said)> happened, CancellationToken ct)
    {
        var conversations = happened.Select(h => h.Message.ConversationId).Distinct().ToList();
        var hooks = await db.Hooks.AsNoTracking().Where(h => conversations.Contains(h.ConversationId) && h.Kind == HookKind.Outgoing && h.EndedAt == null).OrderBy(h => h.Id).ToListAsync(ct);
        foreach (var (message, said) in happened)
            foreach (var hook in hooks.Where(h => h.ConversationId == message.ConversationId && Events(h).Contains(what) && said.Any(s => Begins(s, h.Word))))
            {
                var delivery = new HookDelivery { Id = clock.NewId(), HookId = hook.Id, Event = what, MessageId = message.Id, CreatedAt = clock.Now() };
                delivery.WorkId = db.Due(clock, Work, delivery.Id.ToString(), delivery.CreatedAt).Id;
                db.HookDeliveries.Add(delivery);
            }
    }

    // A receiver that did not answer another delivery of the webhook a moment ago is left alone: the others do not wait for it, one after the other.
    private async Task<HookFailure?> SilentAsync(HubDb db, HookDelivery delivery, CancellationToken ct)
    {
        var since = clock.Now() - Silence;
        var failure = await db.HookDeliveries.Where(d => d.HookId == delivery.HookId && d.Id != delivery.Id && d.TriedAt > since && (d.Failure == HookFailure.TimedOut || d.Failure == HookFailure.Unreachable)
            && (d.Hook.DeliveredAt == null || d.Hook.DeliveredAt < d.TriedAt)).OrderBy(d => d.Id).Select(d => d.Failure).FirstOrDefaultAsync(ct);
        // Its letter, should it become one, says why; when it was tried itself stays as it was.
        if (failure is not null) await db.HookDeliveries.Where(d => d.Id == delivery.Id).ExecuteUpdateAsync(s => s.SetProperty(d => d.Failure, failure).SetProperty(d => d.Status, (int?)null), ct);
        return failure;
    }

    internal static IEnumerable<HookEvent> Events(Hook hook) => hook.Events.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Enum.Parse<HookEvent>);

    private static bool Begins(string text, string word)
    {
        if (word.Length == 0) return true;
        var said = text.AsSpan().TrimStart();
        return said.StartsWith(word, StringComparison.OrdinalIgnoreCase) && (said.Length == word.Length || !char.IsLetterOrDigit(said[word.Length]) || !char.IsLetterOrDigit(word[^1]));
    }

    // Of a marked conversation no more leaves than that something happened, and to what; of a message that does not, or no longer, begin with the word no text does.
    private static byte[] Body(HookDelivery d)
    {
        var (m, marked) = (d.Message, d.Hook.Conversation.Marking is not null);
        var ids = new Dictionary<string, object?>(StringComparer.Ordinal) { ["id"] = m.Id, ["conversationId"] = m.ConversationId, ["sequence"] = m.Sequence, ["threadId"] = m.ThreadId, ["version"] = m.Version };
        if (!marked)
        {
            ids["author"] = new { id = m.SenderId, name = m.Sender.Name };
            ids["text"] = m.DeletedAt is null && Begins(m.Text, d.Hook.Word) ? m.Text : null;
        }
        (ids["postedAt"], ids["editedAt"], ids["deletedAt"]) = (Time(m.PostedAt), Time(m.EditedAt), Time(m.DeletedAt));
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            type = $"message.{d.Event.ToString().ToLowerInvariant()}", timestamp = Time(d.CreatedAt),
            data = new { conversation = new { id = m.ConversationId, name = marked ? null : d.Hook.Conversation.Name, marked }, message = ids },
        }, Json);
    }

    // As the API writes times.
    private static string? Time(DateTime? time) => time?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A delivery was not made; its row says why.</summary>
public sealed class HookDeliveryException : Exception
{
    /// <summary>Why, in a word, and the receiver's status.</summary>
    public HookDeliveryException(string message) : base(message)
    {
    }
}
