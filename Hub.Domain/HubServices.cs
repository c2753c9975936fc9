using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Seed;
using Hub.Domain.ServiceDesk;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Domain;

/// <summary>Every room's services. They hold no state: one of each for the whole process.</summary>
public static class HubServices
{
    public static IServiceCollection AddHubRooms(this IServiceCollection services)
    {
        services.AddSingleton<LiveBus>();
        services.AddSingleton<SearchIndex>().AddSingleton<Vocabulary>().AddSingleton<SearchService>();
        services.AddSingleton<ISearchSource, PersonSearch>().AddSingleton<ISearchSource, ServiceSearch>();

        services.AddSingleton<PeopleService>().AddSingleton<ITopicSource>(s => s.GetRequiredService<PeopleService>());
        services.AddSingleton<RoleService>().AddSingleton<AccessTokenService>().AddSingleton<DraftService>().AddSingleton<DirectoryService>();
        services.AddSingleton<ServiceDirectory>();
        services.AddSingleton<DemoSeed>();
        return services;
    }
}
