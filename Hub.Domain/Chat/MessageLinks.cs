using Hub.Domain.Search;

namespace Hub.Domain.Chat;

/// <summary>What a message links to as its row keeps it: kinds and ids, found when it was written. What a card shows is never in it.</summary>
internal static class MessageLinks
{
    /// <summary>Characters at most: three targets.</summary>
    public const int MostCharacters = 200;

    public static string? Write(IReadOnlyList<LinkTarget> targets) => targets.Count == 0 ? null : string.Join(' ', targets.Select(t => $"{t.Kind}:{t.Id:N}"));

    /// <summary>A kind that this program does not know is left out: a newer one may have written it, and a message is no worse without a card.</summary>
    public static IReadOnlyList<LinkTarget> Read(string? links)
    {
        if (links is null) return LinkTarget.None;
        var targets = new List<LinkTarget>();
        foreach (var word in links.Split(' '))
            if (word.Split(':') is [var name, var id] && Enum.TryParse<CardKind>(name, out var kind) && Guid.TryParseExact(id, "N", out var target)) targets.Add(new LinkTarget(kind, target));
        return targets;
    }
}
