using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Hub.Domain;

/// <summary>
/// Where the hub's own measurements and traces begin: one meter and one source for each running hub, both named <see cref="Name"/>. Instruments
/// are made by the class in which the thing happens. Names and units follow OpenTelemetry's semantic conventions; attributes are words of the
/// hub's own (a kind, an operation), never what people wrote, who they are, or an id.
/// </summary>
public sealed class Telemetry : IDisposable
{
    /// <summary>Name of the meter and of the source.</summary>
    public const string Name = "Hub";

    // From half a millisecond, a read of a warm SQLite, to ten seconds, where people have given up.
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    public Meter Meter { get; } = new(Name);

    public ActivitySource Traces { get; } = new(Name);

    /// <summary>A histogram of durations in seconds.</summary>
    public Histogram<double> Seconds(string name, string description) => Meter.CreateHistogram(name, "s", description, tags: null, advice: Buckets);

    public void Dispose()
    {
        Meter.Dispose();
        Traces.Dispose();
    }
}
