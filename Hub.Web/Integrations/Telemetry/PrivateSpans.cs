using System.Diagnostics;
using OpenTelemetry;

namespace Hub.Web.Integrations.Telemetry;

/// <summary>
/// Leaves in a span only what is known to be about the hub: the instrumentation of others may tell an address with its query, a browser's name or an
/// exception's words, and tomorrow something new. An address is told as its route.
/// </summary>
internal sealed class PrivateSpans : BaseProcessor<Activity>
{
    private static readonly HashSet<string> Told = new(StringComparer.Ordinal)
    {
        "http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.version", "error.type",
        "db.system.name", "db.operation.name", "hub.topic.kind",
        "aspnetcore.components.type", "aspnetcore.components.method", "aspnetcore.components.attribute.name", "aspnetcore.components.route",
    };

    public override void OnEnd(Activity data)
    {
        foreach (var (name, _) in data.TagObjects.Where(t => !Told.Contains(t.Key) && !(data.Kind == ActivityKind.Client && t.Key is "server.address" or "server.port")).ToList())
            data.SetTag(name, null);
        if (data.StatusDescription is not null) data.SetStatus(data.Status);
    }
}
