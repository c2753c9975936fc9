using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// Files on their way into a conversation, and out of it. Bytes come in one go or in parts; what was interrupted goes on where it stopped, from
/// any node. <see cref="FileInspection"/> looks at what is whole; a message takes it along (<see cref="NewMessage.FileIds"/>).
/// </summary>
public sealed class FileService(IDbContextFactory<HubDb> hub, FileStore store, FileInspection inspection, FileSettings settings, TimeProvider clock)
{
    /// <summary>Files that one person may have uploaded and not posted, beside those that wait with a message.</summary>
    public const int MostWaiting = 30;

    /// <summary>Bytes of a file at most.</summary>
    public long MostBytes => settings.MostBytes;

    /// <summary>Announces a file of 1 to <see cref="MostBytes"/> bytes for a conversation that one is in; its bytes follow (<see cref="AppendAsync"/>).</summary>
    public async Task<Outcome<FileUpload>> BeginAsync(Actor actor, Guid conversationId, string name, long length, CancellationToken ct = default)
    {
        if (length < 1) return Refusal.Invalid("length", "file.empty");
        var made = await AnnounceAsync(actor, conversationId, name, length, ct);
        return made.Refusal is { } refusal ? refusal : new FileUpload(made.Value.Id, 0, length, null);
    }

    /// <summary>
    /// Takes bytes from <paramref name="offset"/> on. With the last one the file is looked at, and the answer has its card. What came before an
    /// interruption is kept; other bytes than those that come next are refused with the offset that stands.
    /// </summary>
    public async Task<Outcome<FileUpload>> AppendAsync(Actor actor, Guid id, long offset, Stream bytes, CancellationToken ct = default)
    {
        var mine = await WaitingAsync(actor, id, ct);
        if (mine.Refusal is { } unknown) return unknown;
        var row = mine.Value;
        if (row.State != FileState.Uploading) return Progress(row);
        if (await ClosedAsync(actor, row.ConversationId, ct) is { } closed) return closed;
        return await WithStoreAsync(() => ReceiveAsync(row, offset, bytes, row.Length, ct), ct);
    }

    /// <summary>Takes a whole file in one go; one that is interrupted has to come again.</summary>
    /// <param name="length">Bytes, if that is known beforehand.</param>
    public async Task<Outcome<FileCard>> UploadAsync(Actor actor, Guid conversationId, string name, Stream bytes, long? length = null, CancellationToken ct = default)
    {
        if (length == 0) return Refusal.Invalid("length", "file.empty");
        var made = await AnnounceAsync(actor, conversationId, name, length ?? 0, ct);
        if (made.Refusal is { } wrong) return wrong;
        Outcome<FileUpload>? received = null;
        try
        {
            received = await WithStoreAsync(() => ReceiveAsync(made.Value, 0, bytes, length ?? settings.MostBytes, ct), ct);
        }
        finally
        {
            // Nobody knows its id: it could never go on.
            if (received is not { Ok: true, Value.File: not null }) await RemoveAsync(actor, made.Value.Id, CancellationToken.None);
        }
        return received.Value.Refusal is { } refusal ? refusal : received.Value.Value.File is { } card ? card : Refusal.Invalid("length", "file.length");
    }

    /// <summary>How far an upload of one's own has come, until it is posted.</summary>
    public async Task<Outcome<FileUpload>> ProgressAsync(Actor actor, Guid id, CancellationToken ct = default) =>
        await WaitingAsync(actor, id, ct) is { Ok: true, Value: var row } ? await WithStoreAsync(() => Task.FromResult<Outcome<FileUpload>>(Progress(row)), ct) : Refusal.NotFound;

    /// <summary>Takes back a file of one's own that is not posted. A posted one goes with its message.</summary>
    public async Task<Outcome<bool>> RemoveAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var now = clock.Now();
        if (await db.StoredFiles.Waiting(viewer).Where(f => f.Id == id).ExecuteUpdateAsync(s => s.SetProperty(f => f.RemovedAt, now), ct) == 0)
            return await db.StoredFiles.VisibleTo(db, viewer).AnyAsync(f => f.Id == id, ct) ? new Refusal(RefusalKind.Forbidden, "file.posted") : Refusal.NotFound;
        // What is quarantined stays for those who look into it; what cannot be erased now, FileRetention does.
        await WithStoreAsync(async () =>
        {
            if (await db.StoredFiles.AnyAsync(f => f.Id == id && f.State == FileState.Quarantined, ct)) return (Outcome<bool>)true;
            store.Erase(id);
            await db.StoredFiles.Where(f => f.Id == id).ExecuteUpdateAsync(s => s.SetProperty(f => f.ErasedAt, now), ct);
            return true;
        }, ct);
        return true;
    }

    /// <summary>Opens a file for whoever may see it now.</summary>
    public Task<Outcome<OpenedFile>> OpenAsync(Actor actor, Guid id, CancellationToken ct = default) =>
        OpenAsync(actor, id, f => new OpenedFile(FileCard.Of(f), f.Hash, f.StoredAt!.Value, FileTypes.Pictures.Contains(f.ContentType), Stream.Null), () => store.Open(id), ct);

    /// <summary>Opens the small picture (WebP) of a file for whoever may see it now.</summary>
    public Task<Outcome<OpenedFile>> ThumbnailAsync(Actor actor, Guid id, CancellationToken ct = default) =>
        OpenAsync(actor, id, f => f.HasThumbnail ? new OpenedFile(FileCard.Of(f) with { ContentType = "image/webp" }, f.Hash + "t", f.StoredAt!.Value, true, Stream.Null) : null, () => store.OpenThumbnail(id), ct);

    private async Task<Outcome<OpenedFile>> OpenAsync(Actor actor, Guid id, Func<StoredFile, OpenedFile?> shown, Func<Stream?> open, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var row = await db.StoredFiles.AsNoTracking().VisibleTo(db, viewer).FirstOrDefaultAsync(f => f.Id == id && f.State != FileState.Uploading, ct);
        if (row is null) return Refusal.NotFound;
        if (row.State == FileState.Quarantined) return new Refusal(RefusalKind.Forbidden, "file.quarantined", row.Finding);
        if (row.ErasedAt is not null || shown(row) is not { } opened) return Refusal.NotFound;
        return await WithStoreAsync(() => Task.FromResult<Outcome<OpenedFile>>(open() is { } content ? opened with { Content = content } : new Refusal(RefusalKind.Away, "file.away")), ct);
    }

    private async Task<Outcome<StoredFile>> AnnounceAsync(Actor actor, Guid conversationId, string name, long length, CancellationToken ct)
    {
        var clean = FileNames.Clean(name);
        if (FileTypes.ProgramEnding(clean) is { } ending) return Refusal.Invalid("name", "file.program.name", ending);
        if (length > settings.MostBytes) return inspection.TooLarge;
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await ClosedAsync(actor, conversationId, ct) is { } closed) return closed;
        if (await db.StoredFiles.Waiting(viewer).CountAsync(f => f.LaterId == null, ct) >= MostWaiting) return Refusal.Invalid("file", "file.waiting", MostWaiting);
        return await WithStoreAsync(async () =>
        {
            if (!store.HasRoom(length)) return new Refusal(RefusalKind.Away, "file.full");
            var row = new StoredFile { Id = clock.NewId(), OwnerId = viewer.PersonId, ConversationId = conversationId, Name = clean, Length = length, State = FileState.Uploading, StartedAt = clock.Now() };
            db.StoredFiles.Add(row);
            await db.SaveChangesAsync(ct);
            return (Outcome<StoredFile>)row;
        }, ct);
    }

    private async Task<Outcome<FileUpload>> ReceiveAsync(StoredFile row, long offset, Stream bytes, long most, CancellationToken ct)
    {
        var (receipt, stream) = store.Receive(row.Id, offset);
        if (receipt == Receipt.Busy) return Refusal.Conflict("file.busy");
        if (stream is null) return Refusal.Stale(Progress(row));
        await using (stream)
        {
            var (head, more) = await FileInspection.HeadAsync(stream, bytes, ct);
            // Before the rest of it has come.
            if (FileTypes.Of(head, row.Name).Program is { } program)
            {
                await inspection.ForgetAsync(row, stream);
                return Refusal.Invalid("file", "file.program.inside", program);
            }
            var received = await FileStore.AppendAsync(stream, more, most, ct);
            if (received > most) return row.Length == 0 ? inspection.TooLarge : Refusal.Invalid("length", "file.length");
            if (received < row.Length) return new FileUpload(row.Id, received, row.Length, null);
            if (received == 0) return Refusal.Invalid("length", "file.empty");
            // To its end, also when the sender has gone or a balancer has lost patience: whoever asks again finds it done.
            var done = await inspection.FinishAsync(row, stream, CancellationToken.None);
            return done.Refusal is { } refusal ? refusal : new FileUpload(row.Id, received, received, done.Value);
        }
    }

    private async Task<Outcome<StoredFile>> WaitingAsync(Actor actor, Guid id, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.StoredFiles.AsNoTracking().Waiting(viewer).FirstOrDefaultAsync(f => f.Id == id, ct) is { } row ? row : Refusal.NotFound;
    }

    // Asked each time: who has left while a file was on its way puts nothing more into the conversation.
    private async Task<Refusal?> ClosedAsync(Actor actor, Guid conversationId, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Conversations.VisibleTo(viewer).AnyAsync(c => c.Id == conversationId, ct)) return Refusal.NotFound;
        return await db.IsMemberAsync(conversationId, viewer.PersonId, ct) ? null : new Refusal(RefusalKind.Forbidden, "chat.join");
    }

    private FileUpload Progress(StoredFile row) => row.State == FileState.Uploading
        ? new FileUpload(row.Id, store.Received(row.Id), row.Length, null) : new FileUpload(row.Id, row.Length, row.Length, FileCard.Of(row));

    private async Task<Outcome<T>> WithStoreAsync<T>(Func<Task<Outcome<T>>> work, CancellationToken ct)
    {
        try
        {
            await store.ReadyAsync(ct);
            return await work();
        }
        catch (FilesAwayException e)
        {
            inspection.Tell(e);
            return new Refusal(RefusalKind.Away, "file.away");
        }
    }
}
