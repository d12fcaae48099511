namespace Orchestration.Simulation.Endpoint.Limits;

/// <summary>Every arrival with its time and tokens, up to a bound. Safe for concurrent use.</summary>
internal sealed class ArrivalLog(TimeProvider time, int bound)
{
    private readonly Lock _lock = new();
    private readonly List<Arrival> _arrivals = [];
    private long _accepted;
    private long _refused;
    private bool _isCut;

    public bool IsKept => bound > 0;

    public long Accepted => Interlocked.Read(ref _accepted);

    public long Refused => Interlocked.Read(ref _refused);

    public void Add(long at, double tokens, bool isAccepted, int group)
    {
        lock (_lock)
        {
            if (isAccepted) _accepted++;
            else _refused++;
            if (_arrivals.Count < bound) _arrivals.Add(new Arrival(at, (long)tokens, isAccepted, group));
            else _isCut = true;
        }
    }

    public ScriptedArrivals Read(int group, ScriptedLimits? limits)
    {
        lock (_lock)
        {
            var own = new List<Arrival>(_arrivals.Count);
            foreach (var arrival in _arrivals)
            {
                if (arrival.Group == group) own.Add(arrival);
            }

            // Groups have locks of their own, so that entries of one group are in order and the whole list is nearly so.
            return new ScriptedArrivals(own, time.TimestampFrequency, limits, isComplete: !_isCut);
        }
    }

    internal readonly record struct Arrival(long At, long Tokens, bool IsAccepted, int Group);
}
