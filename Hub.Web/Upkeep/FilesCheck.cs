using System.Runtime.CompilerServices;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web.Upkeep;

/// <summary>The folder of what people upload: whether it can be written and has room, and whether it is the one that every node has.</summary>
internal static class FilesCheck
{
    private const int Newest = 50;

    private static readonly TimeSpan Heard = TimeSpan.FromSeconds(15);

    public static async IAsyncEnumerable<Finding> LookAsync(Looking at, [EnumeratorCancellation] CancellationToken ct)
    {
        var files = FileSettings.From(at.Settings);
        await using var services = at.Storage();
        var hub = services.GetRequiredService<IDbContextFactory<HubDb>>();
        await using var db = await hub.CreateDbContextAsync(ct);
        var known = (await db.Database.GetPendingMigrationsAsync(ct)).Any() ? null : await db.FilesFolders.Select(f => (Guid?)f.Mark).SingleOrDefaultAsync(ct);
        if (!Directory.Exists(files.Folder))
        {
            yield return known is null
                ? Finding.Ok("files", $"{files.Folder} is not there yet; the first file makes it.")
                : Finding.Wrong("files", $"{files.Folder} is not there, and files were stored: mount the nodes' shared folder there, or name it in Files:Folder.");
            yield break;
        }
        var room = DiskCheck.Room(at, files.Folder, "files");
        yield return room;
        if (room.Verdict == Verdict.Wrong) yield break;
        yield return await SharedAsync(db, new FileStore(files, hub), files.Folder, known, at.Settings["Files:Folder"] is { Length: > 0 }, at.Clock.Now() - Heard, ct);
    }

    // A share that is not mounted is an empty folder; a copy of it has the same mark, and lacks what came after the copy.
    private static async Task<Finding> SharedAsync(HubDb db, FileStore store, string folder, Guid? known, bool named, DateTime since, CancellationToken ct)
    {
        const string What = "shared files";
        var here = FileStore.ReadMark(folder);
        if (known is not null && here != known)
            return Finding.Wrong(What, $"{folder} is not the folder that the hub's files lie in: its file {FileStore.Mark} {(here is null ? "is missing" : $"says {here}")}, the database says {known}. "
                + $"Mount the nodes' shared folder there. If that folder is lost for good, write {known} into {Path.Combine(folder, FileStore.Mark)}: files stored until now are then gone.");
        var stored = known is null ? [] : await db.StoredFiles.AsNoTracking().Where(f => f.State == FileState.Stored && f.RemovedAt == null).OrderByDescending(f => f.Id).Take(Newest).Select(f => f.Id).ToListAsync(ct);
        var missing = stored.Count(id => store.PathOf(id) is null);
        if (missing > 0)
            return Finding.Wrong(What, $"{missing} of the newest {stored.Count} files are not in {folder}: it is not the folder that the other nodes have, or a copy was restored that is older than the database.");
        var nodes = known is null ? 0 : await db.Nodes.CountAsync(n => n.State != NodeState.Ended && n.SeenAt > since, ct);
        return nodes > 1 && !named
            ? Finding.Warn(What, $"{nodes} nodes run, and Files:Folder is not set: name the folder that all of them have.")
            : Finding.Ok(What, known is null ? "No file was stored yet." : $"It is the folder that the database knows; the newest {stored.Count} files are in it.");
    }
}
