using Hub.Web.Shell;

namespace Hub.Web.Notifications;

/// <summary>Resources of the inbox: NotificationsText.resx.</summary>
[RoomText]
internal sealed class NotificationsText;
