using Hub.Web.Shell;

namespace Hub.Web.Live;

/// <summary>Resources of nodes and queues: LiveText.resx.</summary>
[RoomText]
internal sealed class LiveText;
