namespace Hub.Web.Shell;

/// <summary>Resources of the shell: ShellText.resx.</summary>
[RoomText]
internal sealed class ShellText;
