using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Hub.Domain;

namespace Hub.Tests.Integrations;

/// <summary>What one hub's meter has measured since this was made; other hubs of the same process are not heard.</summary>
internal sealed class Measured : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<Measurement> all = [];
    private readonly SemaphoreSlim arrived = new(0);

    public Measured(Telemetry telemetry)
    {
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == telemetry.Meter) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Take(i, value, tags));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Take(i, value, tags));
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Take(i, value, tags));
        listener.Start();
    }

    /// <summary>Every attribute that was told, as <c>name=value</c>.</summary>
    public IEnumerable<string> Tags => all.SelectMany(m => m.Tags).Distinct(StringComparer.Ordinal);

    /// <summary>Values of one instrument, of those that carry all of <paramref name="tags"/> (<c>name=value</c>), oldest first.</summary>
    public IReadOnlyList<double> Of(string name, params string[] tags) => [.. all.Where(m => m.Name == name && tags.All(m.Tags.Contains)).Select(m => m.Value)];

    /// <summary>As <see cref="Of"/>, once there is one.</summary>
    public async Task<IReadOnlyList<double>> OnceAsync(string name, params string[] tags)
    {
        while (Of(name, tags).Count == 0) Assert.True(await arrived.WaitAsync(Patience), $"{name} was not measured");
        return Of(name, tags);
    }

    /// <summary>Asks what is only told when asked.</summary>
    public void Observe() => listener.RecordObservableInstruments();

    public void Dispose()
    {
        listener.Dispose();
        arrived.Dispose();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        all.Enqueue(new Measurement(instrument.Name, value, [.. tags.ToArray().Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key}={t.Value}"))]));
        arrived.Release();
    }

    private sealed record Measurement(string Name, double Value, IReadOnlyList<string> Tags);
}
