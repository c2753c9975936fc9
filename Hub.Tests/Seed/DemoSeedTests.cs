using Hub.Domain.People;
using Hub.Domain.Seed;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Seed;

public sealed class DemoSeedTests
{
    [Theory, Databases]
    public async Task The_demonstration_fills_an_empty_hub_once(string provider)
    {
        await using var hub = await TestHub.StartEmptyAsync(provider);

        Assert.True(await hub.Get<DemoSeed>().MakeAsync());
        Assert.False(await hub.Get<DemoSeed>().MakeAsync());

        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal(3, await db.Organisations.CountAsync());
        Assert.Equal(60, await db.People.CountAsync());
        Assert.Equal(5, await db.Suppliers.CountAsync());
        var amara = await hub.Get<PeopleService>().ActorByEmailAsync("amara.osei@northbridge.example");
        Assert.NotNull(await hub.Get<PeopleService>().MeAsync(amara!));
    }
}
