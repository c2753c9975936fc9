using Hub.Domain.People;
using Hub.Tests.Storage;

namespace Hub.Tests.People;

public sealed class ViewingTests
{
    [Theory, Databases]
    public async Task A_person_of_one_body_does_not_find_those_of_another(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var people = hub.Get<PeopleService>();

        Assert.Equal(["Amara Osei", "Jonas Berg"], (await people.FindAsync(hub.Amara, "")).Value.Items.Select(p => p.Name));
        Assert.False((await people.GetAsync(hub.Amara, hub.Stranger.PersonId)).Ok);

        await hub.Get<DirectoryService>().OpenDirectoryAsync(hub.Transport, hub.Northbridge);
        Assert.True((await people.GetAsync(hub.Amara, hub.Stranger.PersonId)).Ok);
        Assert.False((await people.GetAsync(hub.Stranger, hub.Amara.PersonId)).Ok);
    }

    [Theory, Databases]
    public async Task Nobody_is_called_anything_with_a_NUL_in_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        Assert.Empty((await hub.Get<PeopleService>().FindAsync(hub.Amara, "Jonas\0")).Value.Items);
        Assert.Null(await hub.Get<PeopleService>().ActorByEmailAsync("jonas.berg@northbridge.example\0"));
        var drafts = hub.Get<DraftService>();
        Assert.Null(await drafts.GetAsync(hub.Amara, "message:\0"));
        Assert.Equal("text.nul", (await drafts.SaveAsync(hub.Amara, "message:\0", "text")).Refusal!.Code);
        Assert.Equal("text.nul", (await hub.Get<AccessTokenService>().CreateAsync(hub.Amara, "a\0b", 1)).Refusal!.Code);
    }

    [Theory, Databases]
    public async Task Who_has_left_sees_nothing_any_more(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var drafts = hub.Get<DraftService>();
        Assert.True((await drafts.SaveAsync(hub.Amara, "message", "half a sentence")).Ok);
        Assert.NotNull(await drafts.GetAsync(hub.Amara, "message"));
        await hub.Get<DirectoryService>().LeaveAsync(hub.Amara.PersonId);

        Assert.Null(await drafts.GetAsync(hub.Amara, "message"));
        Assert.False((await hub.Get<PeopleService>().GetAsync(hub.Amara, hub.Amara.PersonId)).Ok);
        Assert.Null(await hub.Get<PeopleService>().MeAsync(hub.Amara));
        Assert.Empty((await hub.Get<PeopleService>().FindAsync(hub.Amara, "jonas")).Value.Items);
    }

    [Theory, Databases]
    public async Task A_role_works_at_once_and_ends_at_once_and_only_an_administrator_gives_it(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (roles, people) = (hub.Get<RoleService>(), hub.Get<PeopleService>());

        Assert.False((await roles.GrantAsync(hub.Jonas, hub.Jonas.PersonId, Role.Compliance, ScopeKind.Hub, null)).Ok);
        await roles.GrantAsync(hub.Amara.PersonId, Role.Administrator, ScopeKind.Organisation, hub.Northbridge);
        Assert.False((await roles.GrantAsync(hub.Amara, hub.Stranger.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Northbridge)).Ok);
        var grant = await roles.GrantAsync(hub.Amara, hub.Jonas.PersonId, Role.KnowledgeManager, ScopeKind.Organisation, hub.Northbridge);
        Assert.Contains((await people.MeAsync(hub.Jonas))!.Roles, r => r.StartsWith("KnowledgeManager", StringComparison.Ordinal));
        Assert.True((await roles.EndAsync(hub.Amara, grant.Value)).Ok);
        Assert.Equal(["Staff"], (await people.MeAsync(hub.Jonas))!.Roles);
    }
}
