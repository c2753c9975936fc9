using System.Globalization;
using System.Threading.RateLimiting;
using Hub.Domain;
using Hub.Web.Api;

namespace Hub.Web.Chat;

/// <summary>
/// How often an incoming webhook may post: <c>Hooks:PerSecond</c> (1) a second after bursts of <c>Hooks:Burst</c> (20), on each node. Counted once it is known who speaks, so that
/// nobody uses up what is another's; what comes from one network address is limited before that, as for the API.
/// </summary>
internal sealed class HookLimits : IDisposable
{
    private readonly PartitionedRateLimiter<Guid> hooks;
    private readonly PartitionedRateLimiter<string> addresses = PartitionedRateLimiter.Create<string, string>(a => RateLimitPartition.GetTokenBucketLimiter(a, _ => ApiSetup.PerPerson));

    /// <exception cref="SettingsException">A setting is no such number.</exception>
    public HookLimits(IConfiguration configuration)
    {
        var (perSecond, burst) = (Read(configuration, "Hooks:PerSecond", 1), Read(configuration, "Hooks:Burst", 20));
        hooks = PartitionedRateLimiter.Create<Guid, Guid>(hook => RateLimitPartition.GetTokenBucketLimiter(hook, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = Math.Max(burst, perSecond), TokensPerPeriod = perSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0, AutoReplenishment = true,
        }));
    }

    public bool Address(string? address)
    {
        using var lease = addresses.AttemptAcquire(address ?? "");
        return lease.IsAcquired;
    }

    public bool Hook(Guid id)
    {
        using var lease = hooks.AttemptAcquire(id);
        return lease.IsAcquired;
    }

    public void Dispose()
    {
        hooks.Dispose();
        addresses.Dispose();
    }

    private static int Read(IConfiguration configuration, string name, int usual) =>
        configuration[name] is not { Length: > 0 } text ? usual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 10_000 ? n
        : throw new SettingsException($"{name} is \"{text}\"; it is a whole number from 1 to 10000.");
}
