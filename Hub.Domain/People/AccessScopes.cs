namespace Hub.Domain.People;

/// <summary>What an access token can be limited to: reading or writing in one room.</summary>
public static class AccessScopes
{
    /// <summary>The rooms that programs reach, by the word that their scopes begin with.</summary>
    public static readonly IReadOnlyList<string> Rooms = ["admin", "articles", "chat", "fixes", "inbox", "meetings", "people", "search"];

    /// <summary>How the hub itself does, beside the rooms: it can only be read, by an administrator (<c>metrics:read</c>).</summary>
    public const string Metrics = "metrics";

    /// <summary>Every scope there is, <c>admin:read</c> to <c>search:write</c>, and <c>metrics:read</c>.</summary>
    public static readonly IReadOnlySet<string> All = Rooms.SelectMany(r => new[] { Of(r, true), Of(r, false) }).Append(Of(Metrics, true)).ToHashSet(StringComparer.Ordinal);

    /// <summary><c>{room}:read</c> to read, <c>{room}:write</c> for all else.</summary>
    public static string Of(string room, bool read) => $"{room}:{(read ? "read" : "write")}";
}
