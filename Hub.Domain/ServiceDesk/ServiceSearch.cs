using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;

namespace Hub.Domain.ServiceDesk;

/// <summary>Services are the same for everybody who works here.</summary>
public sealed class ServiceSearch : ISearchSource
{
    SearchKind ISearchSource.Kind => SearchKind.Service;

    IQueryable<Guid> ISearchSource.Visible(HubDb db, Viewer viewer)
    {
        var known = viewer.Known;
        return db.Services.Where(_ => known).Select(s => s.Id);
    }
}
