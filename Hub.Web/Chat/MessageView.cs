namespace Hub.Web.Chat;

/// <summary>How messages are seen by whom they are shown to.</summary>
/// <param name="Today">The viewer's day.</param>
/// <param name="Viewer">Whose own messages are marked; null where nobody's are.</param>
/// <param name="Writes">True for who may write here, and so change what they wrote.</param>
/// <param name="Keeper">True for who keeps order here: what a hidden message says is one step away.</param>
/// <param name="FirstNew">Sequence of the message above which the line of what is new stands.</param>
/// <param name="Target">Sequence of the message that the address names.</param>
/// <param name="Answer">The reply that resolved the question of this thread.</param>
public sealed record MessageView(DateOnly Today, Guid? Viewer = null, bool Writes = false, bool Keeper = false, long? FirstNew = null, long? Target = null, Guid? Answer = null)
{
    /// <summary>Out of their place, where no day's name stands.</summary>
    public static MessageView Elsewhere { get; } = new(default(DateOnly));
}
