using System.Diagnostics;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;

namespace Hub.Domain.Chat;

/// <summary>A message that has passed every check which needs no lock.</summary>
internal sealed record MessageDraft(Viewer Sender, Guid ConversationId, NewMessage Message, string Html)
{
    /// <summary>What it mentions.</summary>
    public IReadOnlyList<MentionTarget> Mentions { get; init; } = [];

    /// <summary>What of the hub's own it links to.</summary>
    public IReadOnlyList<LinkTarget> Links { get; init; } = LinkTarget.None;

    /// <summary>The span in which it was sent.</summary>
    public ActivityContext Sent { get; } = Activity.Current?.Context ?? default;

    /// <summary>True for a reply that the conversation does not show.</summary>
    public bool InThreadAlone => Message is { ThreadId: not null, AlsoToConversation: false };

    public TaskCompletionSource<Outcome<StoredMessage>> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A message that is committed, with what those who watch must be told; none for one that an earlier call stored.</summary>
internal sealed record StoredMessage(MessageRecord Message, IReadOnlyList<LiveEvent> Events);
