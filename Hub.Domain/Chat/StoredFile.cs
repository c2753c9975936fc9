using Hub.Domain.People;

namespace Hub.Domain.Chat;

public enum FileState
{
    /// <summary>Its bytes are still coming.</summary>
    Uploading,
    /// <summary>Whole, and nothing was found in it.</summary>
    Stored,
    /// <summary>The virus scanner found something: it is given to nobody.</summary>
    Quarantined,
}

/// <summary>A file that somebody puts into a conversation; its bytes are in <see cref="Storage.FileStore"/>. The row stays when they are erased.</summary>
public sealed class StoredFile
{
    public Guid Id { get; set; }
    public Guid OwnerId { get; set; }
    public Person Owner { get; set; } = null!;
    public Guid ConversationId { get; set; }
    public Conversation Conversation { get; set; } = null!;
    /// <summary>The message it was posted with; null until then.</summary>
    public Guid? MessageId { get; set; }
    public Message? Message { get; set; }
    /// <summary>The message of its owner's that waits with it to be posted (<see cref="LaterMessage"/>).</summary>
    public Guid? LaterId { get; set; }
    /// <summary>Its place among the message's files, from 0.</summary>
    public int Position { get; set; }
    /// <summary>Clean (<see cref="Storage.FileNames.Clean"/>).</summary>
    public required string Name { get; set; }
    /// <summary>What its bytes say, once they are all there.</summary>
    public string ContentType { get; set; } = "";
    /// <summary>Bytes, as announced while they come; 0 where that was not said.</summary>
    public long Length { get; set; }
    public FileState State { get; set; }
    /// <summary>SHA-256 in hexadecimal, once whole.</summary>
    public string Hash { get; set; } = "";
    /// <summary>Of a picture: pixels, as it is seen.</summary>
    public int? Width { get; set; }
    public int? Height { get; set; }
    public bool HasThumbnail { get; set; }
    /// <summary>What the virus scanner calls what it found.</summary>
    public string Finding { get; set; } = "";
    public DateTime StartedAt { get; set; }
    public DateTime? StoredAt { get; set; }
    /// <summary>When the virus scanner answered; null where none is configured.</summary>
    public DateTime? ScannedAt { get; set; }
    /// <summary>Since when nobody is given it: taken back, never posted, or its message deleted.</summary>
    public DateTime? RemovedAt { get; set; }
    /// <summary>When its bytes were erased.</summary>
    public DateTime? ErasedAt { get; set; }
}
