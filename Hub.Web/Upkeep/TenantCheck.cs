using Hub.Domain.Devices;

namespace Hub.Web.Upkeep;

/// <summary>The outside system behind fixes: accounts and managed devices.</summary>
internal static class TenantCheck
{
    public static IEnumerable<Finding> Look(Looking at)
    {
        if (at.Hub is null) yield break;
        const string What = "device management";
        yield return at.Hub.GetRequiredService<IDeviceManagement>() switch
        {
            UnconfiguredTenant => Finding.Warn(What, "None is connected: fixes read and change no account and no device, and hand over to the desk."),
            { Simulated: true } => Finding.Ok(What, "Simulated, as Development has it: no real account or device is touched."),
            _ => Finding.Ok(What, "Connected."),
        };
    }
}
