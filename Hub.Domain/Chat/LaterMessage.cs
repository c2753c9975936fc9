namespace Hub.Domain.Chat;

/// <summary>A message that is to be posted later. It waits here, its files with it; what is refused when its time has come stays, with the reason, until its writer decides.</summary>
public sealed class LaterMessage
{
    public Guid PersonId { get; set; }
    /// <summary>The <see cref="Message.ClientMessageId"/> that it is posted with, so that it is posted once whoever tries; unique for each writer.</summary>
    public Guid Id { get; set; }
    public Guid ConversationId { get; set; }
    /// <summary>The message in whose thread it will stand; null for one of the conversation itself.</summary>
    public Guid? ThreadId { get; set; }
    public bool AlsoToConversation { get; set; }
    /// <summary>Markdown as typed; empty for one that is files alone.</summary>
    public required string Text { get; set; }
    /// <summary>How many people its writer knows that it wakes.</summary>
    public int Confirmed { get; set; }
    /// <summary>When it is to be posted.</summary>
    public DateTime At { get; set; }
    public DateTime CreatedAt { get; set; }
    /// <summary>1 when it was scheduled, one more with each change.</summary>
    public int Version { get; set; }
    /// <summary>When a node last began to post it: for a while (<see cref="LaterWork.Patience"/>) nobody changes it then.</summary>
    public DateTime? SendingAt { get; set; }
    /// <summary>When it was refused; null while it waits.</summary>
    public DateTime? RefusedAt { get; set; }
    /// <summary>Code of that refusal.</summary>
    public string? Reason { get; set; }
    /// <summary>How many people it would have woken, where that is the reason.</summary>
    public int Wakes { get; set; }
}

/// <summary>Something that a person wants to be reminded of: a message, or a note alone.</summary>
public sealed class Reminder
{
    public Guid Id { get; set; }
    public Guid PersonId { get; set; }
    public Guid? MessageId { get; set; }
    /// <summary>In the person's own words; may be empty where there is a message.</summary>
    public string Note { get; set; } = "";
    public DateTime At { get; set; }
    public DateTime CreatedAt { get; set; }
    /// <summary>1 when it was made, one more with each change.</summary>
    public int Version { get; set; }
    /// <summary>When it came into the inbox; null while it waits.</summary>
    public DateTime? RemindedAt { get; set; }
}
