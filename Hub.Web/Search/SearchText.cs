using Hub.Web.Shell;

namespace Hub.Web.Search;

/// <summary>Resources of search: SearchText.resx.</summary>
[RoomText]
internal sealed class SearchText;
