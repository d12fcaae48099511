namespace Orchestration.Simulation.Endpoint.Limits;

/// <summary>Finds the limits that a model stands under, and keeps the arrivals.</summary>
internal sealed class LimitBook
{
    /// <summary>Arrivals kept where limits are set and nothing else is said: 24 bytes each.</summary>
    private const int DefaultArrivals = 1 << 22;

    private readonly Dictionary<string, EndpointLimits> _byModel = new(StringComparer.Ordinal);
    private readonly EndpointLimits? _others;
    private readonly List<string> _groups = [""];

    public LimitBook(ScriptedEndpointOptions options, TimeProvider time)
    {
        var isLimited = options.Limits is not null || options.ModelLimits.Count > 0;
        Log = new ArrivalLog(time, Math.Max(0, options.ArrivalsKept ?? (isLimited ? DefaultArrivals : 0)));
        foreach (var (model, limits) in options.ModelLimits)
        {
            _byModel[model] = new EndpointLimits(limits, time, Log, _groups.Count);
            _groups.Add(model);
        }

        // Without a limit the meter still keeps the arrivals, where that is asked for.
        if (options.Limits is not null || Log.IsKept) _others = new EndpointLimits(options.Limits ?? new ScriptedLimits(), time, Log, 0);
    }

    public ArrivalLog Log { get; }

    /// <summary>The limits of a model; null for none.</summary>
    public EndpointLimits? Of(string model) => _byModel.Count > 0 && _byModel.TryGetValue(model, out var own) ? own : _others;

    /// <summary>The arrivals under the limits of a model, or under those of all models without limits of their own.</summary>
    public ScriptedArrivals Arrivals(string? model)
    {
        var group = model is null ? 0 : _groups.IndexOf(model);
        if (group < 0) throw new ArgumentException($"The model {model} has no limits of its own.", nameof(model));
        var limits = group == 0 ? _others?.Limits : _byModel[model!].Limits;
        return Log.Read(group, limits);
    }
}
