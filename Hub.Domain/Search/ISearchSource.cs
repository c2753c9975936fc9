using Hub.Domain.People;
using Hub.Domain.Storage;

namespace Hub.Domain.Search;

/// <summary>A room's word on what of it may be found: permission is part of the search query itself.</summary>
public interface ISearchSource
{
    SearchKind Kind { get; }

    /// <summary>Ids of all that the viewer may find, as a query that is joined into the search.</summary>
    IQueryable<Guid> Visible(HubDb db, Viewer viewer);
}
