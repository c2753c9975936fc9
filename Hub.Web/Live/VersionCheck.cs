using System.Data.Common;
using System.Globalization;
using Hub.Domain;
using Hub.Domain.Live;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hub.Web.Live;

/// <summary>Runs <see cref="LiveBus.CheckVersionsAsync"/> and <see cref="LiveConnections.CheckAsync"/> every <c>Live:CheckSeconds</c> (2 by default); what it finds missing is <see cref="NodeHealth"/>.</summary>
internal sealed class VersionCheck(LiveBus live, LiveConnections connections, NodeHealth health, IEnumerable<INodeLink> links, TimeSpan every, ILogger<VersionCheck> log)
    : Clockwork(every, log)
{
    /// <summary>The setting as it may be: above 0, at most an hour.</summary>
    /// <exception cref="SettingsException">It is anything else.</exception>
    public static TimeSpan Every(string? text) =>
        string.IsNullOrEmpty(text) ? TimeSpan.FromSeconds(2)
        : double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.001 and <= 3600 ? TimeSpan.FromSeconds(seconds)
        : throw new SettingsException($"Live:CheckSeconds is \"{text}\"; it is a number of seconds above 0, at most 3600.");

    protected override async Task TickAsync(CancellationToken ct)
    {
        var database = true;
        try
        {
            await live.CheckVersionsAsync(ct);
            await connections.CheckAsync(ct);
        }
        catch (Exception e)
        {
            database = e is not (DbException or RetryLimitExceededException or TimeoutException) && e.InnerException is not DbException;
            throw;
        }
        finally
        {
            health.Set(database, links.All(l => l.Connected));
        }
    }
}
