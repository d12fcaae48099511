using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Orchestration.Backends.Tests.Telemetry;

/// <summary>Listens to what one deployment says, beside all others of this process.</summary>
internal sealed class TelemetryProbe : IDisposable
{
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _activities;

    public TelemetryProbe(string deployment)
    {
        _activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Orchestration.Backends",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("orchestration.deployment") as string == deployment) Spans.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_activities);
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Orchestration.Backends") listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(deployment, instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(deployment, instrument, value, tags));
        _meters.Start();
    }

    public ConcurrentQueue<Activity> Spans { get; } = new();

    public ConcurrentQueue<(string Name, string? Unit, double Value, Dictionary<string, object?> Tags)> Measured { get; } = new();

    /// <summary>Everything that was said, as one text.</summary>
    public string All =>
        string.Join('\n', Spans.Select(span => $"{span.DisplayName} {string.Join(' ', span.TagObjects.Select(tag => $"{tag.Key}={(tag.Value is string[] many ? string.Join(',', many) : tag.Value)}"))} {span.StatusDescription}"))
        + string.Join('\n', Measured.Select(m => $"{m.Name} {string.Join(' ', m.Tags.Select(tag => $"{tag.Key}={tag.Value}"))}"));

    public IReadOnlyList<(double Value, Dictionary<string, object?> Tags)> Of(string name) => [.. Measured.Where(m => m.Name == name).Select(m => (m.Value, m.Tags))];

    public void ReadGauges() => _meters.RecordObservableInstruments();

    public void Dispose()
    {
        _activities.Dispose();
        _meters.Dispose();
    }

    private void Note(string deployment, Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var all = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, tag) in tags) all[key] = tag;
        if (all.GetValueOrDefault("orchestration.deployment") as string == deployment) Measured.Enqueue((instrument.Name, instrument.Unit, value, all));
    }
}
