using Hub.Domain.Seed;
using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Hub.Tests.Storage;

/// <summary>The demonstration on each database, made once for all tests and copied for each: making it costs some twenty seconds of one core.</summary>
internal static class Demonstration
{
    private static readonly Lazy<Task<string>> Sqlite = new(MakeSqliteAsync);
    private static readonly Lazy<Task<(string Database, string Folder)>> Postgres = new(MakePostgresAsync);

    /// <summary>Puts a hub on SQLite into a folder for <c>Storage:Folder</c>.</summary>
    public static async Task CopyAsync(string folder) => Copy(await Sqlite.Value, folder);

    /// <summary>Puts its files into a folder for <c>Storage:Folder</c>; gives the connection string of a PostgreSQL database of its own with the rest.</summary>
    public static async Task<string> CopyPostgresAsync(string folder)
    {
        var (database, files) = await Postgres.Value;
        Copy(files, folder);
        return await TestHub.PostgresCopyAsync($"web_{Guid.NewGuid():N}", database);
    }

    private static async Task<string> MakeSqliteAsync()
    {
        var folder = Directory.CreateTempSubdirectory("hub-demonstration-").FullName;
        await MakeAsync(new() { ["Storage:Folder"] = folder });
        SqliteConnection.ClearAllPools();
        return folder;
    }

    private static async Task<(string Database, string Folder)> MakePostgresAsync()
    {
        var (name, folder) = ($"demonstration_{Guid.NewGuid():N}", Directory.CreateTempSubdirectory("hub-demonstration-").FullName);
        await MakeAsync(new() { ["Storage:Provider"] = "PostgreSQL", ["Storage:Folder"] = folder, ["ConnectionStrings:Hub"] = await TestHub.PostgresEmptyAsync(name) });
        // A database that somebody is connected to is no template.
        NpgsqlConnection.ClearAllPools();
        return (name, folder);
    }

    private static async Task MakeAsync(Dictionary<string, string?> settings)
    {
        await using var services = TestHub.Build(settings);
        await HubStorage.MigrateAsync(services.GetRequiredService<IDbContextFactory<HubDb>>());
        Assert.True(await services.GetRequiredService<DemoSeed>().MakeAsync());
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
