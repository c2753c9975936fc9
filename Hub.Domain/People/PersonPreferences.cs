namespace Hub.Domain.People;

/// <summary>What somebody chose for themselves; who has no row has chosen nothing.</summary>
public sealed class PersonPreferences
{
    public Guid PersonId { get; set; }
    /// <summary>Words in messages that count as a mention of them, a line each; empty for none.</summary>
    public string AlertWords { get; set; } = "";
    /// <summary>Whether what is unread comes by mail after a while.</summary>
    public bool Mail { get; set; } = true;
    /// <summary>Whether their devices tell of what comes.</summary>
    public bool Push { get; set; } = true;
}
