using Hub.Domain;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.People;

public sealed class RoleTests
{
    [Theory, Databases]
    public async Task The_same_grant_by_many_in_the_same_moment_is_one_grant(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var roles = hub.Get<RoleService>();
        await using var db = await hub.Hub.CreateDbContextAsync();
        var before = await db.People.Where(p => p.Id == hub.Jonas.PersonId).Select(p => p.Version).SingleAsync();

        var grants = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() =>
            roles.GrantAsync(hub.Jonas.PersonId, Role.KnowledgeManager, ScopeKind.Organisation, hub.Northbridge))));

        Assert.Single(grants.Distinct());
        Assert.Equal(1, await db.RoleGrants.CountAsync());
        Assert.Equal(before + 1, await db.People.Where(p => p.Id == hub.Jonas.PersonId).Select(p => p.Version).SingleAsync());
        Assert.Equal(1, await db.AuditEntries.CountAsync(a => a.Action == "role.grant"));
    }

    [Theory, Databases]
    public async Task To_end_a_grant_ends_every_equal_one_and_no_other(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var roles = hub.Get<RoleService>();
        await roles.GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        await roles.GrantAsync(hub.Jonas.PersonId, Role.FixAuthor, ScopeKind.Organisation, hub.Northbridge);
        var grant = await roles.GrantAsync(hub.Jonas.PersonId, Role.KnowledgeManager, ScopeKind.Organisation, hub.Northbridge);
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            // As an earlier version of the hub could leave it.
            db.RoleGrants.Add(new RoleGrant { Id = Guid.CreateVersion7(), PersonId = hub.Jonas.PersonId, Role = Role.KnowledgeManager, Scope = ScopeKind.Organisation, ScopeId = hub.Northbridge, GrantedAt = hub.Clock.Now() });
            await db.SaveChangesAsync();
        }

        Assert.True((await roles.EndAsync(hub.Amara, grant)).Ok);

        Assert.Equal(["Staff", $"FixAuthor@organisation:{hub.Northbridge}"], (await hub.Get<PeopleService>().MeAsync(hub.Jonas))!.Roles);
        Assert.Equal(RefusalKind.NotFound, (await roles.EndAsync(hub.Amara, grant)).Refusal!.Kind);
    }

    [Theory, Databases]
    public async Task From_the_machine_itself_a_role_ends_in_every_scope_and_no_other_role_with_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var roles = hub.Get<RoleService>();
        await roles.GrantAsync(hub.Jonas.PersonId, Role.FixAuthor, ScopeKind.Organisation, hub.Northbridge);
        await roles.GrantAsync(hub.Amara.PersonId, Role.Compliance, ScopeKind.Hub, null);
        foreach (var body in new[] { hub.Northbridge, hub.Transport }) await roles.GrantAsync(hub.Jonas.PersonId, Role.Compliance, ScopeKind.Organisation, body);

        Assert.True(await roles.EndAsync(hub.Jonas.PersonId, Role.Compliance));
        Assert.False(await roles.EndAsync(hub.Jonas.PersonId, Role.Compliance));

        Assert.Equal(["Staff", $"FixAuthor@organisation:{hub.Northbridge}"], (await hub.Get<PeopleService>().MeAsync(hub.Jonas))!.Roles);
        Assert.Contains("Compliance", (await hub.Get<PeopleService>().MeAsync(hub.Amara))!.Roles);
        await using var db = await hub.Hub.CreateDbContextAsync();
        var told = await db.AuditEntries.Where(a => a.Action == "role.end").ToListAsync();
        Assert.Equal(2, told.Count);
        Assert.All(told, a => Assert.Equal((null, hub.Jonas.PersonId), (a.PersonId, a.SubjectId)));
        Assert.Equal(2, await db.RoleGrants.CountAsync(r => r.EndedAt != null && r.EndedById == null));
    }

    [Theory, Databases]
    public async Task Nobody_is_granted_anything_who_is_not_there(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Hub, null);
        Assert.Equal(RefusalKind.NotFound, (await hub.Get<RoleService>().GrantAsync(hub.Amara, Guid.NewGuid(), Role.FixAuthor, ScopeKind.Hub, null)).Refusal!.Kind);
    }
}
