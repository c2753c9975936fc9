using Hub.Domain;
using Hub.Web.Integrations.Push;

namespace Hub.Web.Upkeep;

/// <summary>Notifications to devices: whether the keys are a pair, and where they may go. Nothing is sent: a push service answers only to what a browser subscribed to.</summary>
internal static class PushCheck
{
    public static IEnumerable<Finding> Look(Looking at)
    {
        yield return Said(at);
    }

    private static Finding Said(Looking at)
    {
        try
        {
            return PushSettings.Read(at.Settings) is { } settings ? Finding.Ok("push", $"The keys are a pair; notifications go to {string.Join(", ", settings.Hosts)}.")
                : Finding.Ok("push", "No keys are set (Push:PublicKey): the hub sends no notifications to devices, and people's preferences say so.");
        }
        catch (SettingsException e)
        {
            return Finding.Wrong("push", e.Message);
        }
    }
}
