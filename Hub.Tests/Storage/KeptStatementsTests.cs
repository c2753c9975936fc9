using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Storage;

/// <summary>Queries that SQLite has compiled are used again, and nothing of that is seen but the time it saves.</summary>
public sealed class KeptStatementsTests
{
    [Fact]
    public async Task A_query_that_nobody_read_to_its_end_sees_what_was_stored_since_and_holds_up_nobody()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"Amara Osei{(i > 0 ? $" {i}" : "")}", await FirstAsync());
            await using var db = await hub.Hub.CreateDbContextAsync();
            var name = $"Amara Osei {i + 1}";
            await db.People.Where(p => p.Id == hub.Amara.PersonId).ExecuteUpdateAsync(s => s.SetProperty(p => p.Name, name));
        }
        // Two at once, each with its own values.
        await using var one = await hub.Hub.CreateDbContextAsync();
        await using var two = await hub.Hub.CreateDbContextAsync();
        await foreach (var person in Named(one, hub.Jonas.PersonId).AsAsyncEnumerable())
        {
            Assert.Equal("Jonas Berg", person);
            Assert.Equal("Sol Strange", await Named(two, hub.Stranger.PersonId).SingleAsync());
        }

        async Task<string> FirstAsync()
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            await foreach (var name in db.People.OrderBy(p => p.Name).Select(p => p.Name).AsAsyncEnumerable()) return name;
            return "";
        }
    }

    [Fact]
    public async Task A_query_that_failed_and_a_schema_that_was_changed_are_met_again()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            Assert.Equal("Jonas Berg", await Named(db, hub.Jonas.PersonId).SingleAsync());
            await Assert.ThrowsAsync<OperationCanceledException>(() => Named(db, hub.Jonas.PersonId).SingleAsync(new CancellationToken(canceled: true)));
            await Assert.ThrowsAsync<InvalidOperationException>(() => Named(db, Guid.NewGuid()).SingleAsync());
        }
        // As the newer of two builds does.
        await using (var other = new SqliteConnection($"Data Source={await FileAsync(hub)};Pooling=False"))
        {
            await other.OpenAsync();
            await using var change = other.CreateCommand();
            change.CommandText = """ALTER TABLE "People" ADD COLUMN "New" TEXT; CREATE INDEX "IX_New" ON "People" ("New")""";
            await change.ExecuteNonQueryAsync();
        }
        await using var again = await hub.Hub.CreateDbContextAsync();
        Assert.Equal("Jonas Berg", await Named(again, hub.Jonas.PersonId).SingleAsync());
    }

    [Fact]
    public async Task A_hub_that_ends_leaves_no_file_open()
    {
        string file;
        await using (var hub = await TestHub.StartAsync("Sqlite"))
        {
            file = await FileAsync(hub);
            await using var db = await hub.Hub.CreateDbContextAsync();
            Assert.Equal("Jonas Berg", await Named(db, hub.Jonas.PersonId).SingleAsync());
            Assert.Contains(Open(), f => f.StartsWith(file, StringComparison.Ordinal));
        }
        Assert.DoesNotContain(Open(), f => f.StartsWith(file, StringComparison.Ordinal));
    }

    private static IQueryable<string> Named(HubDb db, Guid id) => db.People.Where(p => p.Id == id).Select(p => p.Name);

    private static async Task<string> FileAsync(TestHub hub)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        return db.Database.GetDbConnection().DataSource;
    }

    private static List<string> Open() => [.. Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget ?? "")];
}
