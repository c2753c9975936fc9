using System.Security.Cryptography;
using System.Text;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>What comes in by a webhook: who speaks with its address, and the message that its bot posts, by the way of every other message.</summary>
public sealed class HookReceiver(IDbContextFactory<HubDb> hub, MessageService messages)
{
    // What an unknown webhook's secret is compared with, so that one takes as long as the other.
    private static readonly string Nobody = HookService.Hash("");

    /// <summary>Who speaks; null for a webhook that is unknown, has ended or has another secret, all alike.</summary>
    [SystemWork]
    public async Task<HookBearer?> ResolveAsync(string id, string secret, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var row = !Guid.TryParse(id, out var known) ? null : await db.Hooks.AsNoTracking()
            .Where(h => h.Id == known && h.Kind == HookKind.Incoming && h.EndedAt == null && h.Bot!.LeftAt == null)
            .Select(h => new { h.Id, h.ConversationId, h.BotId, h.Wakes, h.Secret }).FirstOrDefaultAsync(ct);
        var same = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HookService.Hash(secret)), Encoding.ASCII.GetBytes(row?.Secret ?? Nobody));
        return row is not null && same ? new HookBearer(row.Id, row.ConversationId, new Actor(row.BotId!.Value, ActorKind.Bot), row.Wakes) : null;
    }

    /// <summary>Posts it. The same <paramref name="key"/> again gives the first result, for ever; without one each call is a message of its own.</summary>
    /// <param name="bot">The webhook's own.</param>
    /// <param name="to">From <see cref="ResolveAsync"/>.</param>
    /// <param name="text">Markdown.</param>
    /// <param name="key">What the sender knows this message by, if anything.</param>
    /// <param name="host">Where the sender reaches the hub.</param>
    /// <param name="calls">Whom the sender itself calls, if its maker let it: Here or Channel. Whatever else stands in the text may be a stranger's, and wakes nobody.</param>
    public async Task<Outcome<Posted>> PostAsync(Actor bot, HookBearer to, string text, string? key, string? host, MentionKind? calls = null, CancellationToken ct = default)
    {
        var message = new NewMessage(IdOf(key), text)
        {
            Host = host, Calls = !to.Wakes ? [] : calls switch { MentionKind.Channel => [MentionKind.Channel, MentionKind.Here], MentionKind.Here => [MentionKind.Here], _ => [] },
        };
        var posted = await messages.PostAsync(bot, to.ConversationId, message, ct);
        // A program cannot be asked whether it means so many: it is posted, and wakes nobody.
        return posted.Refusal?.Code is "message.wakes" or "message.mentions" ? await messages.PostAsync(bot, to.ConversationId, message with { Calls = [] }, ct) : posted;
    }

    // Any text becomes an id: the first half of its SHA-256, marked as version 8 (RFC 9562 §5.8).
    private static Guid IdOf(string? key)
    {
        if (string.IsNullOrEmpty(key)) return Guid.NewGuid();
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(key))[..16];
        (bytes[6], bytes[8]) = ((byte)((bytes[6] & 0x0F) | 0x80), (byte)((bytes[8] & 0x3F) | 0x80));
        return new Guid(bytes, bigEndian: true);
    }
}
