using Hub.Web.Shell;

namespace Hub.Web.Meetings;

/// <summary>Resources of the meetings room: MeetingsText.resx.</summary>
[RoomText]
internal sealed class MeetingsText;
