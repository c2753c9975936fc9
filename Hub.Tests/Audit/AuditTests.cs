using System.Data.Common;
using System.Net;
using Hub.Domain.Audit;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Audit;

/// <summary>Who came in and who was given what is in the audit trail, on both databases.</summary>
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

    [Theory, Databases]
    public async Task Signing_in_is_audited_and_being_refused_is_no_sign_in(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        (await web.BrowserAsync("amara.osei@northbridge.example")).Dispose();
        var amara = await web.Services.GetRequiredService<PeopleService>().ActorByEmailAsync("amara.osei@northbridge.example");
        await using var db = await web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var entry = Assert.Single(await db.AuditEntries.Where(a => a.Action == "sign-in").ToListAsync());
        Assert.Equal((amara!.PersonId, "person", amara.PersonId, "persona"), (entry.PersonId!.Value, entry.SubjectKind, entry.SubjectId!.Value, entry.Detail));
        Assert.InRange(entry.At, DateTimeOffset.UnixEpoch.UtcDateTime, TimeProvider.System.GetUtcNow().UtcDateTime);

        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["person"] = amara.PersonId.ToString() });
        Assert.Equal(HttpStatusCode.BadRequest, (await web.Stranger().PostAsync("/signin/persona", form)).StatusCode);
        Assert.Equal(1, await db.AuditEntries.CountAsync(a => a.Action == "sign-in"));
    }

    [Theory, Databases]
    public async Task Granting_and_ending_a_role_is_audited_with_who_did_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var roles = hub.Get<RoleService>();
        await roles.GrantAsync(hub.Jonas.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var grant = (await roles.GrantAsync(hub.Jonas, hub.Amara.PersonId, Role.FixAuthor, ScopeKind.Organisation, hub.Northbridge)).Value;
        // The same again changes nothing, and one who may not is refused: neither is a change of permission.
        await roles.GrantAsync(hub.Jonas, hub.Amara.PersonId, Role.FixAuthor, ScopeKind.Organisation, hub.Northbridge);
        Assert.False((await roles.GrantAsync(hub.Amara, hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null)).Ok);
        Assert.True((await roles.EndAsync(hub.Jonas, grant)).Ok);
        Assert.False((await roles.EndAsync(hub.Jonas, grant)).Ok);

        await using var db = await hub.Hub.CreateDbContextAsync();
        var entries = await db.AuditEntries.Where(a => a.Action.StartsWith("role.")).OrderBy(a => a.At).ThenBy(a => a.Id).ToListAsync();
        Assert.Equal(
            [
                ((Guid?)null, "role.grant", (Guid?)hub.Jonas.PersonId, "Administrator Hub"),
                (hub.Jonas.PersonId, "role.grant", hub.Amara.PersonId, $"FixAuthor Organisation {hub.Northbridge}"),
                (hub.Jonas.PersonId, "role.end", hub.Amara.PersonId, $"FixAuthor Organisation {hub.Northbridge}"),
            ],
            entries.Select(a => (a.PersonId, a.Action, a.SubjectId, a.Detail.TrimEnd())));
    }

    [Theory, Databases]
    public async Task Making_and_ending_a_token_is_audited_without_the_token(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var tokens = hub.Get<AccessTokenService>();
        var token = (await tokens.CreateAsync(hub.Amara, "robot", 7, ["chat:read", "articles:read"])).Value;
        Assert.Equal(hub.Amara.PersonId, (await tokens.ResolveAsync(token))!.Actor.PersonId);
        Assert.Equal(1, await tokens.RevokeAllAsync(hub.Amara.PersonId));
        Assert.Equal(0, await tokens.RevokeAllAsync(hub.Amara.PersonId));
        Assert.Null(await tokens.ResolveAsync(token));

        await using var db = await hub.Hub.CreateDbContextAsync();
        var entries = await db.AuditEntries.Where(a => a.SubjectKind == "token").OrderBy(a => a.At).ThenBy(a => a.Id).ToListAsync();
        Assert.Equal([((Guid?)hub.Amara.PersonId, "token.create", "7 days articles:read chat:read"), (null, "token.revoke", "robot")], entries.Select(a => (a.PersonId, a.Action, a.Detail)));
        Assert.DoesNotContain(entries, a => a.Detail.Contains("hub_", StringComparison.Ordinal));
        db.RemoveRange(entries);
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync());
    }
}
