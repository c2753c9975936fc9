using Hub.Web.Shell;

namespace Hub.Web.Fixes;

/// <summary>Resources of the room: FixText.resx.</summary>
[RoomText]
internal sealed class FixText;
