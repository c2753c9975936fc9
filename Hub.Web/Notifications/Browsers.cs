using Hub.Domain.People;

namespace Hub.Web.Notifications;

/// <summary>What a browser says it is (<c>User-Agent</c>), so that people know their devices from one another. Nothing is decided by it.</summary>
internal static class Browsers
{
    // What is built on another names that one too, so it stands before it.
    private static readonly (string Word, string Name)[] Known =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari"),
    ];

    /// <summary>What kind of device it is on, and its name; empty for one that is not known.</summary>
    public static (PresenceDevice Kind, string Name) Of(string said)
    {
        var kind = Says("iPad") || Says("Tablet") || (Says("Android") && !Says("Mobile")) ? PresenceDevice.Tablet : Says("Mobile") ? PresenceDevice.Phone : PresenceDevice.Desktop;
        return (kind, Array.Find(Known, k => Says(k.Word)).Name ?? "");

        bool Says(string word) => said.Contains(word, StringComparison.Ordinal);
    }
}
