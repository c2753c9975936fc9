using Hub.Web.Shell;

namespace Hub.Web.People;

/// <summary>Resources of people: PeopleText.resx.</summary>
[RoomText]
internal sealed class PeopleText;
