using Hub.Domain.Search;

namespace Hub.Web.Search;

/// <summary>Where a result leads, how it is drawn, and which group of the box it stands in.</summary>
internal static class SearchLinks
{
    public static string Url(this SearchHit hit) => hit.Kind switch
    {
        SearchKind.Fix => $"/fixes/{hit.Ref}",
        SearchKind.Article => $"/articles/{hit.Id}",
        SearchKind.Person => $"/people/{hit.Id}",
        SearchKind.Conversation => $"/chat/{hit.Id}",
        SearchKind.Meeting => $"/meetings/{hit.Id}",
        // A service has no page of its own yet: what the hub has about it.
        _ => $"/search?q={Uri.EscapeDataString(hit.Title)}",
    };

    public static string Icon(this SearchKind kind) => kind switch
    {
        SearchKind.Fix => "wrench",
        SearchKind.Article => "book-open",
        SearchKind.Person => "user",
        SearchKind.Conversation => "messages-square",
        SearchKind.Meeting => "calendar",
        _ => "layers",
    };

    /// <summary>Key of the group's name.</summary>
    public static string Group(this SearchKind kind) => kind switch
    {
        SearchKind.Fix => "Group.Do",
        SearchKind.Article => "Group.Read",
        SearchKind.Person or SearchKind.Conversation => "Group.Ask",
        SearchKind.Meeting => "Group.Meet",
        _ => "Group.Service",
    };

    /// <summary>"article" → Article; null for what is no kind.</summary>
    public static SearchKind? Kind(string? name) =>
        name is not null && !char.IsDigit(name.FirstOrDefault()) && Enum.TryParse<SearchKind>(name, ignoreCase: true, out var kind) && Enum.IsDefined(kind) ? kind : null;
}
