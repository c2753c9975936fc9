namespace Hub.Domain.Notifications;

/// <summary>What somebody has not read, to be sent by mail.</summary>
/// <remarks>
/// Id: The same however often the sending is tried.
/// Email: Where it goes.
/// </remarks>
public sealed record Digest(Guid Id, string Name, string Email, DateTime At, IReadOnlyList<DigestPart> Parts);

/// <summary>What is unread of one conversation, or one reminder, or one message of theirs that was refused.</summary>
/// <remarks>
/// Title: The channel's name, or who wrote; empty for a marked conversation, of which nothing but a number leaves the hub.
/// Address: Where it is, from the root of the hub.
/// </remarks>
public sealed record DigestPart(string Title, bool Marked, string Address, int Count, IReadOnlyList<InboxEntry> Entries)
{
    /// <summary>What it is, where it is of no conversation.</summary>
    public NotificationKind? Own { get; init; }
}

/// <summary>The way out for mail.</summary>
public interface IDigestMail
{
    /// <summary>False while no mail is configured: then nothing is sent, and pages say so.</summary>
    bool Configured { get; }

    /// <summary>Hands it to the mail server. What it throws is a failure, tried again later.</summary>
    /// <returns>False if the server will never take a mail to this address.</returns>
    Task<bool> SendAsync(Digest digest, CancellationToken ct);
}

/// <summary>No mail.</summary>
internal sealed class NoMail : IDigestMail
{
    public bool Configured => false;

    public Task<bool> SendAsync(Digest digest, CancellationToken ct) => throw new InvalidOperationException("No mail is configured.");
}
