using System.Security.Cryptography;
using Hub.Domain.Audit;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Chat;

/// <summary>
/// Looks at a file before anybody gets it: what it is by its own bytes, whether the virus scanner finds something, what a picture looks like. Archives
/// are not unpacked, so what is packed in them, however large, is only bytes.
/// </summary>
public sealed class FileInspection(IDbContextFactory<HubDb> hub, FileStore store, IFileScanner scanner, Thumbnails thumbnails, FileSettings settings, TimeProvider clock, ILogger<FileInspection> log)
{
    /// <summary>What a file above the limit is refused with.</summary>
    internal Refusal TooLarge => new(RefusalKind.TooLarge, "file.tooLarge", settings.MostBytes / 1_000_000);

    /// <summary>The first bytes of a file that is coming, and all that comes, those first bytes included where they are new.</summary>
    internal static async Task<(byte[] Head, Stream More)> HeadAsync(FileStream there, Stream coming, CancellationToken ct)
    {
        var offset = there.Position;
        if (offset >= FileTypes.HeadLength) return (await ReadAsync(there, offset, ct), coming);
        var old = await ReadAsync(there, offset, ct);
        var head = new byte[FileTypes.HeadLength];
        old.CopyTo(head, 0);
        var length = old.Length + await coming.ReadAtLeastAsync(head.AsMemory(old.Length), head.Length - old.Length, throwOnEndOfStream: false, ct);
        return (head[..length], new JoinedStream(head.AsMemory(old.Length, length - old.Length), coming));
    }

    /// <summary>Forgets what can never be stored: its bytes, not that it came.</summary>
    internal async Task ForgetAsync(StoredFile row, FileStream stream)
    {
        await stream.DisposeAsync();
        store.Erase(row.Id);
        await using var db = await hub.CreateDbContextAsync();
        var now = clock.Now();
        await db.StoredFiles.Where(f => f.Id == row.Id).ExecuteUpdateAsync(s => s.SetProperty(f => f.RemovedAt, now).SetProperty(f => f.ErasedAt, now));
    }

    /// <summary>Looks at a whole file, of which <paramref name="stream"/> is held, and puts it where it belongs; again gives the same.</summary>
    internal async Task<Outcome<FileCard>> FinishAsync(StoredFile row, FileStream stream, CancellationToken ct)
    {
        stream.Position = 0;
        var scan = await scanner.ScanAsync(stream, ct);
        if (scan.Said == Scanned.Away) return new Refusal(RefusalKind.Away, "file.scanner");
        if (scan.Said == Scanned.TooLarge)
        {
            await ForgetAsync(row, stream);
            return new Refusal(RefusalKind.TooLarge, "file.scanner.tooLarge");
        }
        (row.Length, row.StoredAt, row.State) = (stream.Length, clock.Now(), scan.Said == Scanned.Infected ? FileState.Quarantined : FileState.Stored);
        (row.ScannedAt, row.Finding) = (scan.Said == Scanned.Unscanned ? null : row.StoredAt, scan.Finding);
        row.ContentType = FileTypes.Of(await ReadAsync(stream, stream.Length, ct), row.Name).ContentType;
        stream.Position = 0;
        row.Hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct));
        if (row.State == FileState.Stored && FileTypes.Pictures.Contains(row.ContentType)) await PictureAsync(row, ct);
        await stream.DisposeAsync();
        if (row.State == FileState.Stored) store.Keep(row.Id);
        else store.Quarantine(row.Id);
        return await NoteAsync(row, ct);
    }

    internal void Tell(FilesAwayException e) => log.LogError("The files' folder cannot be used: {Reason}", e.Message);

    private async Task PictureAsync(StoredFile row, CancellationToken ct)
    {
        try
        {
            if (await thumbnails.OfAsync(store.PathOf(row.Id)!, ct) is not { } picture) return;
            (row.Width, row.Height) = (picture.Width, picture.Height);
            if (picture.Small is not { } small) return;
            await store.KeepThumbnailAsync(row.Id, small, ct);
            row.HasThumbnail = true;
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException or FilesAwayException))
        {
            // A damaged picture is a file like any other.
            log.LogInformation("No thumbnail of {File}: {Reason}", row.Id, e.GetType().Name);
        }
    }

    private async Task<Outcome<FileCard>> NoteAsync(StoredFile row, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var done = await db.StoredFiles.Where(f => f.Id == row.Id && f.State == FileState.Uploading && f.RemovedAt == null).ExecuteUpdateAsync(s => s
            .SetProperty(f => f.State, row.State).SetProperty(f => f.ContentType, row.ContentType).SetProperty(f => f.Length, row.Length).SetProperty(f => f.Hash, row.Hash)
            .SetProperty(f => f.Width, row.Width).SetProperty(f => f.Height, row.Height).SetProperty(f => f.HasThumbnail, row.HasThumbnail)
            .SetProperty(f => f.Finding, row.Finding).SetProperty(f => f.StoredAt, row.StoredAt).SetProperty(f => f.ScannedAt, row.ScannedAt), ct);
        if (done == 1)
        {
            if (row.State == FileState.Quarantined) db.Audit(clock, null, "file.quarantine", "file", row.Id, row.Finding);
            await db.SaveChangesAsync(ct);
            await tx.CommitAsync(ct);
            return FileCard.Of(row);
        }
        // Another request for the same bytes was first, or it was taken back meanwhile.
        var first = await db.StoredFiles.AsNoTracking().FirstOrDefaultAsync(f => f.Id == row.Id && f.RemovedAt == null, ct);
        return first is null ? Refusal.NotFound : FileCard.Of(first);
    }

    private static async Task<byte[]> ReadAsync(FileStream stream, long there, CancellationToken ct)
    {
        var (at, head) = (stream.Position, new byte[Math.Min(there, FileTypes.HeadLength)]);
        stream.Position = 0;
        await stream.ReadExactlyAsync(head, ct);
        stream.Position = at;
        return head;
    }

    /// <summary>What was read already, and then the rest.</summary>
    private sealed class JoinedStream(ReadOnlyMemory<byte> first, Stream rest) : Stream
    {
        private ReadOnlyMemory<byte> left = first;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (left.IsEmpty) return await rest.ReadAsync(buffer, cancellationToken);
            var length = Math.Min(left.Length, buffer.Length);
            left[..length].CopyTo(buffer);
            left = left[length..];
            return length;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
