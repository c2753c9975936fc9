using Hub.Domain.Search;
using Hub.Domain.Storage;

namespace Hub.Domain.People;

/// <summary>Active colleagues of one's own body and of those that opened their directory.</summary>
public sealed class PersonSearch : ISearchSource
{
    SearchKind ISearchSource.Kind => SearchKind.Person;

    IQueryable<Guid> ISearchSource.Visible(HubDb db, Viewer viewer) =>
        db.People.VisibleTo(viewer).Where(p => p.LeftAt == null && p.Kind == ActorKind.Person).Select(p => p.Id);
}
