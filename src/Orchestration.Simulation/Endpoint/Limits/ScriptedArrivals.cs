using Orchestration.Simulation.Endpoint.Limits;

namespace Orchestration.Simulation;

/// <summary>
/// Every request that arrived, with its time by a clock that never jumps: what a caller sent, counted at the endpoint. Refused ones count too, unless a member
/// says otherwise. A window is half-open: what arrives exactly 60 s after another shares no window of 60 s with it.
/// </summary>
public sealed class ScriptedArrivals
{
    private readonly List<ArrivalLog.Arrival> _arrivals;
    private readonly long _frequency;
    private readonly ScriptedLimits? _limits;
    private readonly bool _isComplete;

    internal ScriptedArrivals(List<ArrivalLog.Arrival> arrivals, long frequency, ScriptedLimits? limits, bool isComplete)
    {
        _arrivals = arrivals;
        _frequency = frequency;
        _limits = limits;
        _isComplete = isComplete;
    }

    /// <summary>How many arrived.</summary>
    public int Count => _arrivals.Count;

    /// <summary>False where more arrived than are kept (<see cref="ScriptedEndpointOptions.ArrivalsKept"/>): then the questions below throw.</summary>
    public bool IsComplete => _isComplete;

    /// <summary>How many were let through.</summary>
    public int Accepted => _arrivals.Count(arrival => arrival.IsAccepted);

    /// <summary>How many were answered 429 for a limit.</summary>
    public int Refused => Count - Accepted;

    /// <summary>Share of the arrivals that were answered 429 for a limit, 0–1; 0 without arrivals.</summary>
    public double RefusedShare => Count == 0 ? 0 : (double)Refused / Count;

    /// <summary>Time from the first arrival to the last.</summary>
    public TimeSpan Elapsed => Count == 0 ? TimeSpan.Zero : Since(_arrivals[^1].At);

    /// <summary>The arrivals, in order: time since the first, tokens as the limit charges them, whether let through.</summary>
    public IEnumerable<(TimeSpan At, long Tokens, bool IsAccepted)> All => _arrivals.Select(arrival => (Since(arrival.At), arrival.Tokens, arrival.IsAccepted));

    /// <summary>The most requests that arrived in any window of a length.</summary>
    /// <exception cref="InvalidOperationException">Not all arrivals were kept.</exception>
    public long MostRequestsIn(TimeSpan window) => MostIn(window, static _ => 1);

    /// <summary>The most tokens, as the limit charges them, of the requests that arrived in any window of a length.</summary>
    /// <exception cref="InvalidOperationException">Not all arrivals were kept.</exception>
    public long MostTokensIn(TimeSpan window) => MostIn(window, static arrival => arrival.Tokens);

    /// <summary>The most requests that were let through in any window of a length.</summary>
    /// <exception cref="InvalidOperationException">Not all arrivals were kept.</exception>
    public long MostAcceptedIn(TimeSpan window) => MostIn(window, static arrival => arrival.IsAccepted ? 1 : 0);

    /// <summary>The most tokens, as the limit charges them, that were let through in any window of a length.</summary>
    /// <exception cref="InvalidOperationException">Not all arrivals were kept.</exception>
    public long MostAcceptedTokensIn(TimeSpan window) => MostIn(window, static arrival => arrival.IsAccepted ? arrival.Tokens : 0);

    /// <summary>Requests let through between two times after the first arrival, as a share of what the limit allows in that time.</summary>
    /// <exception cref="InvalidOperationException">There is no limit of requests, or not all arrivals were kept.</exception>
    public double ShareOfRequestsUsed(TimeSpan from, TimeSpan to) =>
        Sum(from, to, static _ => 1) / (Quota(_limits?.RequestsPerMinute) * (to - from).TotalMinutes);

    /// <summary>Tokens let through between two times after the first arrival, as a share of what the limit allows in that time.</summary>
    /// <exception cref="InvalidOperationException">There is no limit of tokens, or not all arrivals were kept.</exception>
    public double ShareOfTokensUsed(TimeSpan from, TimeSpan to) =>
        Sum(from, to, static arrival => arrival.Tokens) / (Quota(_limits?.TokensPerMinute) * (to - from).TotalMinutes);

    private double Sum(TimeSpan from, TimeSpan to, Func<ArrivalLog.Arrival, long> worth)
    {
        Demand();
        double sum = 0;
        foreach (var arrival in _arrivals)
        {
            var at = Since(arrival.At);
            if (arrival.IsAccepted && at >= from && at < to) sum += worth(arrival);
        }

        return sum;
    }

    private long MostIn(TimeSpan window, Func<ArrivalLog.Arrival, long> worth)
    {
        Demand();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        var length = Math.Max(1, (long)Math.Round(window.TotalSeconds * _frequency));
        var (most, sum, first) = (0L, 0L, 0);
        foreach (var arrival in _arrivals)
        {
            sum += worth(arrival);
            while (arrival.At - _arrivals[first].At >= length) sum -= worth(_arrivals[first++]);
            if (sum > most) most = sum;
        }

        return most;
    }

    private static double Quota(long? quota) => quota ?? throw new InvalidOperationException("The endpoint keeps no such limit.");

    private TimeSpan Since(long at) => TimeSpan.FromSeconds((at - _arrivals[0].At) / (double)_frequency);

    private void Demand()
    {
        if (!_isComplete) throw new InvalidOperationException("More requests arrived than are kept; raise ArrivalsKept.");
    }
}
