using Hub.Web.Shell;

namespace Hub.Web.Chat;

/// <summary>Resources of the chat: ChatText.resx.</summary>
[RoomText]
internal sealed class ChatText;
