using System.Data.Common;
using Hub.Domain.Audit;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Audit;

public sealed class AuditTests
{
    [Theory, Databases]
    public async Task Rows_are_only_ever_added_whoever_asks_and_however(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        // As every start does: it changes nothing that stands.
        await HubStorage.MigrateAsync(hub.Hub);
        await using var db = await hub.Hub.CreateDbContextAsync();
        db.Audit(hub.Clock, hub.Amara, "test");
        await db.SaveChangesAsync();
        var before = await db.AuditEntries.AsNoTracking().CountAsync();

        await Assert.ThrowsAnyAsync<DbException>(() => db.AuditEntries.ExecuteUpdateAsync(s => s.SetProperty(a => a.Action, "other")));
        await Assert.ThrowsAnyAsync<DbException>(() => db.AuditEntries.ExecuteDeleteAsync());
        foreach (var sql in new[] { """UPDATE "AuditEntries" SET "Action" = 'other'""", """DELETE FROM "AuditEntries" """, provider == "Sqlite" ? """REPLACE INTO "AuditEntries" SELECT * FROM "AuditEntries" """ : """TRUNCATE "AuditEntries" """ })
            await Assert.ThrowsAnyAsync<DbException>(() => db.Database.ExecuteSqlRawAsync(sql));
        db.AuditEntries.Remove(await db.AuditEntries.FirstAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync());

        await using var again = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(before, await again.AuditEntries.CountAsync());
        Assert.Equal("test", (await again.AuditEntries.OrderBy(a => a.Id).LastAsync()).Action);
    }
}
