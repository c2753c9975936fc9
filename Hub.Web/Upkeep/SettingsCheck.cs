namespace Hub.Web.Upkeep;

/// <summary>Whether the hub can be put together from its settings.</summary>
internal static class SettingsCheck
{
    public static IEnumerable<Finding> Look(Looking at)
    {
        if (at.NoStart is { } why) yield return Finding.Wrong("settings", why);
        else yield return Finding.Ok("settings", "The hub can be put together from them.");
    }
}
