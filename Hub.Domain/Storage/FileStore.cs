using System.Buffers;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Storage;

/// <summary>The one folder in which all nodes keep files, as the database knows it: what another folder is told by.</summary>
public sealed class FilesFolder
{
    /// <summary>Always the same: there is one.</summary>
    public string Name { get; set; } = "files";
    /// <summary>What the file <see cref="FileStore.Mark"/> in the folder says.</summary>
    public Guid Mark { get; set; }
}

/// <summary>The files' folder cannot be used now; the message says why, for administrators.</summary>
public sealed class FilesAwayException : IOException
{
    public FilesAwayException(string message) : base(message)
    {
    }

    public FilesAwayException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public FilesAwayException()
    {
    }
}

/// <summary>How an attempt to receive bytes of a file began.</summary>
public enum Receipt
{
    /// <summary>The bytes from this offset on may come.</summary>
    Open,
    /// <summary>Something else is there than the sender believes.</summary>
    Elsewhere,
    /// <summary>Another request is sending bytes of the same file.</summary>
    Busy,
}

/// <summary>
/// Files as bytes, by id, in the folder that the nodes share. What comes in grows under <c>incoming</c> and is moved to its place when it is whole and on
/// the disk; from then on it never changes. Whatever lies here is only ever bytes: nothing is unpacked or run.
/// </summary>
[SystemWork]
public sealed class FileStore(FileSettings settings, IDbContextFactory<HubDb> hub)
{
    /// <summary>Name of the file in the folder that says which folder it is.</summary>
    public const string Mark = "hub-files";

    /// <summary>Bytes that stay free on the folder's disk.</summary>
    public const long Spare = 200_000_000;

    private Guid? known;

    /// <summary>Bytes that may still be written to the disk of a folder; tests fill it.</summary>
    internal Func<string, long> Free { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Makes sure that the folder is there and is the one that the files lie in: a share that is not mounted is an empty folder of the same name.</summary>
    /// <exception cref="FilesAwayException">It is not.</exception>
    public async Task ReadyAsync(CancellationToken ct = default)
    {
        try
        {
            Directory.CreateDirectory(settings.Folder);
            var here = ReadMark(settings.Folder);
            known ??= await MarkAsync(here, ct);
            here ??= ReadMark(settings.Folder);
            if (here != known) throw new FilesAwayException($"{settings.Folder} is not the folder that the hub's files lie in: its file {Mark} says {here?.ToString() ?? "nothing"}, the database {known}.");
        }
        catch (Exception e) when (Failed(e))
        {
            throw Away(e);
        }
    }

    /// <summary>True if a file of that many bytes fits, with <see cref="Spare"/> left.</summary>
    /// <exception cref="FilesAwayException">The disk cannot be asked.</exception>
    public bool HasRoom(long bytes)
    {
        try
        {
            return Free(settings.Folder) - bytes >= Spare;
        }
        catch (Exception e) when (Failed(e))
        {
            throw Away(e);
        }
    }

    /// <summary>How many bytes of the file are here.</summary>
    public long Received(Guid id) => Locate(id) is { } path ? new FileInfo(path).Length : 0;

    /// <summary>Opens what has come of a file for more, from <paramref name="offset"/> on; while it is open nobody else can.</summary>
    /// <exception cref="FilesAwayException">It cannot be written.</exception>
    public (Receipt Receipt, FileStream? Stream) Receive(Guid id, long offset)
    {
        FileStream? stream = null;
        try
        {
            var path = Locate(id) ?? Incoming(id);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.Asynchronous);
            if (stream.Length == offset)
            {
                stream.Position = offset;
                return (Receipt.Open, stream);
            }
            stream.Dispose();
            return (Receipt.Elsewhere, null);
        }
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020))
        {
            // Locked: EAGAIN of Linux and of macOS, the sharing violation of Windows.
            return (Receipt.Busy, null);
        }
        catch (Exception e) when (Failed(e))
        {
            stream?.Dispose();
            throw Away(e);
        }
    }

    /// <summary>Appends what comes until it ends or more than <paramref name="most"/> bytes are there; what came before an interruption stays.</summary>
    /// <returns>Bytes that are there now; more than <paramref name="most"/> if there were more.</returns>
    /// <exception cref="FilesAwayException">It cannot be written.</exception>
    public static async Task<long> AppendAsync(FileStream to, Stream from, long most, CancellationToken ct = default)
    {
        var part = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            int length;
            while ((length = await from.ReadAsync(part, ct)) > 0)
            {
                if (to.Position + length > most) return to.Position + length;
                try
                {
                    await to.WriteAsync(part.AsMemory(0, length), ct);
                }
                catch (Exception e) when (Failed(e))
                {
                    throw Away(e);
                }
            }
            return to.Position;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(part);
        }
    }

    /// <summary>Puts a whole file in its place, for good; again changes nothing.</summary>
    /// <exception cref="FilesAwayException">It cannot be moved.</exception>
    public void Keep(Guid id) => Move(id, Place(id));

    /// <summary>Puts a whole file where nobody is given it.</summary>
    /// <exception cref="FilesAwayException">It cannot be moved.</exception>
    public void Quarantine(Guid id) => Move(id, Apart(id));

    /// <summary>Where a file's bytes are, for what reads them by path; null if they are not here.</summary>
    public string? PathOf(Guid id) => Locate(id);

    /// <summary>The bytes of a file, or null if they are not here.</summary>
    public Stream? Open(Guid id) => Read(Locate(id));

    /// <summary>Keeps the small picture of a file.</summary>
    /// <exception cref="FilesAwayException">It cannot be written.</exception>
    public async Task KeepThumbnailAsync(Guid id, ReadOnlyMemory<byte> picture, CancellationToken ct = default)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Thumbnail(id))!);
            var part = $"{Incoming(id)}.picture";
            await File.WriteAllBytesAsync(part, picture, ct);
            File.Move(part, Thumbnail(id), overwrite: true);
        }
        catch (Exception e) when (Failed(e))
        {
            throw Away(e);
        }
    }

    public Stream? OpenThumbnail(Guid id) => Read(Thumbnail(id));

    /// <summary>Erases all that is here of a file; again changes nothing.</summary>
    /// <exception cref="FilesAwayException">It cannot be erased.</exception>
    public void Erase(Guid id)
    {
        try
        {
            foreach (var path in (string[])[Incoming(id), Place(id), Apart(id), Thumbnail(id)])
                if (File.Exists(path)) File.Delete(path);
        }
        catch (Exception e) when (Failed(e))
        {
            throw Away(e);
        }
    }

    /// <summary>What the folder says which it is; null if nothing does.</summary>
    public static Guid? ReadMark(string folder) =>
        Path.Combine(folder, Mark) is var file && File.Exists(file) && Guid.TryParse(File.ReadAllText(file).Trim(), out var mark) ? mark : null;

    // The folder says it first, then the database: of two nodes with two folders, the one that comes second is told.
    private async Task<Guid> MarkAsync(Guid? here, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (await db.FilesFolders.Select(f => (Guid?)f.Mark).SingleOrDefaultAsync(ct) is { } there) return there;
        var mark = here ?? WriteMark();
        db.FilesFolders.Add(new FilesFolder { Mark = mark });
        try
        {
            await db.SaveChangesAsync(ct);
            return mark;
        }
        catch (DbUpdateException e) when (!StorageAway.Is(e))
        {
            return await db.FilesFolders.AsNoTracking().Select(f => f.Mark).SingleAsync(ct);
        }
    }

    private Guid WriteMark()
    {
        var (mark, part) = (Guid.NewGuid(), Path.Combine(settings.Folder, $"{Mark}.{Guid.NewGuid():N}"));
        File.WriteAllText(part, mark.ToString());
        try
        {
            File.Move(part, Path.Combine(settings.Folder, Mark), overwrite: false);
            return mark;
        }
        catch (IOException) when (ReadMark(settings.Folder) is { } theirs)
        {
            File.Delete(part);
            return theirs;
        }
    }

    private void Move(Guid id, string to)
    {
        try
        {
            if (Locate(id) is not { } from || from == to) return;
            using (var whole = File.OpenHandle(from, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(whole);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Move(from, to, overwrite: true);
        }
        catch (Exception e) when (Failed(e))
        {
            throw Away(e);
        }
    }

    // A machine that lost its power may have forgotten a move: the bytes are then still where they came in.
    private string? Locate(Guid id) => new[] { Incoming(id), Place(id), Apart(id) }.FirstOrDefault(File.Exists);

    private static FileStream? Read(string? path)
    {
        try
        {
            return path is null || !File.Exists(path) ? null : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (Failed(e))
        {
            throw Away(e);
        }
    }

    private string Incoming(Guid id) => Path.Combine(settings.Folder, "incoming", $"{id:N}");

    // By the id's end, which is chance: its beginning is the time, and would put a day's files into one folder.
    private string Place(Guid id) => Path.Combine(settings.Folder, $"{id:N}"[^2..], $"{id:N}");

    private string Apart(Guid id) => Path.Combine(settings.Folder, "quarantine", $"{id:N}");

    private string Thumbnail(Guid id) => $"{Place(id)}.webp";

    private static bool Failed(Exception e) => e is (IOException or UnauthorizedAccessException) and not FilesAwayException;

    private static FilesAwayException Away(Exception e) => new(e.Message, e);
}
