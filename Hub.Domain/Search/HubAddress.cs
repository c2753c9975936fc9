namespace Hub.Domain.Search;

/// <summary>Where people reach the hub (<c>Hub:Address</c>), so that a link there is known as the hub's own.</summary>
/// <param name="Host">Host, with the port where it is not the scheme's own; null where it is not said.</param>
public sealed record HubAddress(string? Host)
{
    /// <summary>Of an address such as https://hub.example; of what is none, nothing.</summary>
    public static HubAddress Of(string? address) => new(Uri.TryCreate(address, UriKind.Absolute, out var uri) ? HostOf(uri) : null);

    /// <summary>The address within the hub to which a link leads: one that begins with a slash, or at one of these hosts; null for every other.</summary>
    /// <param name="link">As it stands in the text.</param>
    /// <param name="host">Where the writer reaches the hub, if that is known.</param>
    public string? Within(string link, string? host)
    {
        if (link.StartsWith('/')) return link is ['/', '/' or '\\', ..] ? null : link;
        if (!Uri.TryCreate(link, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http")) return null;
        var at = HostOf(uri);
        return at.Equals(host, StringComparison.OrdinalIgnoreCase) || at.Equals(Host, StringComparison.OrdinalIgnoreCase) ? uri.PathAndQuery : null;
    }

    /// <summary>The ids that stand alone after <paramref name="beginning"/> in some of the addresses.</summary>
    internal static IReadOnlyDictionary<string, Guid> Ids(IEnumerable<string> addresses, string beginning)
    {
        var found = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var address in addresses)
        {
            var path = address.Split('?', '#')[0];
            if (path.StartsWith(beginning, StringComparison.OrdinalIgnoreCase) && Guid.TryParse(path[beginning.Length..].TrimEnd('/'), out var id)) found[address] = id;
        }
        return found;
    }

    private static string HostOf(Uri uri) => uri.IsDefaultPort ? uri.Host : $"{uri.Host}:{uri.Port}";
}
