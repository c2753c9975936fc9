namespace Hub.Web.Upkeep;

/// <summary>Room on the disks that the hub writes to, and whether it may.</summary>
internal static class DiskCheck
{
    private const long Little = 1_000_000_000, TooLittle = 100_000_000;

    public static IEnumerable<Finding> Look(Looking at)
    {
        // On PostgreSQL nothing lies in the storage folder, and there need not be one.
        var folder = Path.GetFullPath(at.Settings["Storage:Folder"] ?? "data");
        if (!"PostgreSQL".Equals(at.Settings["Storage:Provider"], StringComparison.OrdinalIgnoreCase)) yield return Room(at, folder);
        yield return Room(at, Path.GetTempPath());
    }

    /// <summary>Whether the folder can be written, and how much room there is.</summary>
    public static Finding Room(Looking at, string folder, string what = "disk")
    {
        try
        {
            using var probe = new FileStream(Path.Combine(folder, $".hub-check-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Wrong(what, $"{folder} cannot be written: {Check.Reason(e)} It has to exist and to belong to the account that the hub runs as.");
        }
        var free = at.Free(folder);
        var said = $"{folder} has {free / 1_000_000_000.0:0.0} GB free.";
        return free < TooLittle ? Finding.Wrong(what, $"{said} Make room now: below that nothing more can be stored.")
            : free < Little ? Finding.Warn(what, $"{said} Make room soon.")
            : Finding.Ok(what, said);
    }
}
