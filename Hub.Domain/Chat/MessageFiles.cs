using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>Files and the messages that take them along.</summary>
internal static class MessageFiles
{
    /// <summary>Files of a message at most.</summary>
    public const int Most = 10;

    // Words, not numbers: a reader of another version fails at one that it does not know, and takes it for no other.
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) } };

    public static Refusal? Check(NewMessage message) =>
        message.FileIds.Count > Most || message.FileIds.Distinct().Count() < message.FileIds.Count ? Refusal.Invalid("fileIds", "message.files.most", Most) : null;

    public static string? Write(IReadOnlyList<FileCard> files) => files.Count == 0 ? null : JsonSerializer.Serialize(files, Json);

    // None is always the same list: records are compared by value, lists are not.
    public static IReadOnlyList<FileCard> Read(string? files) => files is null ? Array.Empty<FileCard>() : JsonSerializer.Deserialize<List<FileCard>>(files, Json)!;

    /// <summary>The files of the messages that are to be stored, as they stand: each its sender's own, for its conversation, whole and not posted.</summary>
    public static async Task<Found> FindAsync(HubDb db, IReadOnlyList<MessageDraft> batch)
    {
        var ids = batch.SelectMany(d => d.Message.FileIds).Distinct().ToList();
        if (ids.Count == 0) return new Found([]);
        return new Found(await db.StoredFiles.AsNoTracking().Where(f => ids.Contains(f.Id) && f.MessageId == null && f.RemovedAt == null && f.State != FileState.Uploading).ToDictionaryAsync(f => f.Id));
    }

    /// <summary>Gives a stored message its files. Until now each of them could be taken back, or be taken along by another message.</summary>
    /// <exception cref="DbUpdateConcurrencyException">One of them was: the message must not be stored.</exception>
    public static async Task BindAsync(HubDb db, NewMessage message, Guid id)
    {
        foreach (var (position, file) in message.FileIds.Index())
            if (await db.StoredFiles.Where(f => f.Id == file && f.MessageId == null && f.RemovedAt == null)
                .ExecuteUpdateAsync(s => s.SetProperty(f => f.MessageId, id).SetProperty(f => f.Position, position)) == 0)
                throw new DbUpdateConcurrencyException("A file is not there any more.");
    }

    /// <summary>From now on nobody is given the files of this message; <see cref="FileRetention"/> erases them.</summary>
    public static Task RemoveAsync(HubDb db, Guid messageId, DateTime now, CancellationToken ct) =>
        db.StoredFiles.Where(f => f.MessageId == messageId && f.RemovedAt == null).ExecuteUpdateAsync(s => s.SetProperty(f => f.RemovedAt, now), ct);

    public sealed class Found(Dictionary<Guid, StoredFile> files)
    {
        /// <summary>True if a file of the message is not there for it.</summary>
        public bool Lack(MessageDraft draft) =>
            draft.Message.FileIds.Any(id => !files.TryGetValue(id, out var f) || f.OwnerId != draft.Sender.PersonId || f.ConversationId != draft.ConversationId);

        public IReadOnlyList<FileCard> Of(MessageDraft draft) => draft.Message.FileIds.Count == 0 ? Array.Empty<FileCard>() : [.. draft.Message.FileIds.Select(id => FileCard.Of(files[id]))];
    }
}
