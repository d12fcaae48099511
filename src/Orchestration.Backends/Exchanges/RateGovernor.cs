namespace Orchestration.Backends.Exchanges;

/// <summary>
/// Finds the rate of an endpoint that does not say its limit. Nothing is held back until it first answers 429; then calls are paced at the rate that
/// it was taking, a little below. The rate grows slowly, faster the longer nothing is refused, and only while calls wait for it. Refusals of calls that
/// were sent before a cut belong to the same episode and do not cut again. Safe for concurrent use.
/// </summary>
internal sealed class RateGovernor(TimeProvider time)
{
    /// <summary>A cut goes to this share of what was being taken: enough to let a bucket fill again, little enough to lose nearly nothing.</summary>
    private const double CutTo = 0.97;

    /// <summary>One refusal, or two, within some ten seconds are no limit yet: a call's own wait has to do.</summary>
    private const int FewestRefusals = 3;

    /// <summary>Seconds that a cut is given to show: what is refused of calls sent in that time belongs to the episode that was cut for.</summary>
    private const double Settling = 0.5;

    /// <summary>Up to this share of calls may be refused without a cut.</summary>
    private const double RareShare = 1.0 / 12;

    private const int EnoughToTell = 200;

    private const double LowestRate = 0.2;
    private const double GrowthPerSecond = 0.004;
    private const double FastestGrowth = 0.25;
    private const int BinsPerSecond = 10;
    private const int Bins = 128;
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly int[] _accepted = new int[Bins];
    private readonly int[] _refused = new int[Bins];
    private long _bin = long.MinValue;
    private long _firstBin = long.MinValue;
    private double _rate = double.PositiveInfinity;
    private double _level;
    private double _next;
    private long _cutAt = long.MinValue;
    private long _grownAt;
    private volatile bool _isActive;

    /// <summary>Calls a second, as found; infinite where nothing was ever refused.</summary>
    public double Rate
    {
        get { lock (_lock) return _rate; }
    }

    /// <summary>Waits for a call's turn at the rate found; at once where none is.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (!_isActive) return ValueTask.CompletedTask;
        TimeSpan wait;
        lock (_lock)
        {
            var now = Seconds(time.GetTimestamp());
            var due = Math.Max(now, _next);
            Grow(now, isSaturated: due - now > Lead.TotalSeconds);
            _next = due + (1 / _rate);
            wait = TimeSpan.FromSeconds(due - now);
        }

        return wait < TimeSpan.FromMilliseconds(1) ? ValueTask.CompletedTask : new ValueTask(Task.Delay(wait, time, cancellationToken));
    }

    /// <summary>The endpoint took a call.</summary>
    public void Accept()
    {
        lock (_lock)
        {
            Advance();
            _accepted[Index(_bin)]++;
        }
    }

    /// <summary>The endpoint refused a call for its rate.</summary>
    /// <param name="sentAt">When the call was sent, by the clock's timestamp.</param>
    /// <returns>False where it belongs to an episode that was answered with a cut already.</returns>
    public bool Refuse(long sentAt)
    {
        lock (_lock)
        {
            Advance();
            _refused[Index(_bin)]++;
            if (_cutAt != long.MinValue && Seconds(sentAt) <= Seconds(_cutAt) + Settling) return false;
            var now = time.GetTimestamp();
            if (IsRare())
            {
                // A refusal now and then is no limit of ours, or a step too far: back to the level that was found, and never below it for that.
                if (double.IsInfinity(_rate)) return true;
                (_cutAt, _grownAt) = (now, now);
                _rate = Math.Min(_rate, Math.Max(_level, _rate * CutTo));
                return true;
            }

            var rate = Taken() * CutTo;
            (_cutAt, _grownAt) = (now, now);

            // Where nothing was taken nothing is known: the call's own wait has to do.
            if (rate == 0 && double.IsInfinity(_rate)) return true;
            _rate = double.IsInfinity(_rate) ? rate : Math.Min(_rate * CutTo, Math.Max(rate, _rate / 2));
            _rate = Math.Max(_rate, LowestRate);
            _level = _rate;
            _next = Seconds(now);
            _isActive = true;
            return true;
        }
    }

    private void Grow(double now, bool isSaturated)
    {
        var elapsed = now - Seconds(_grownAt);
        if (elapsed < 0.05) return;
        _grownAt = time.GetTimestamp();
        if (!isSaturated) return;
        var calm = now - Seconds(_cutAt);
        var growth = Math.Min(FastestGrowth, GrowthPerSecond * Math.Pow(2, Math.Floor(calm / 10)));
        _rate *= 1 + (growth * Math.Min(elapsed, 1));
    }

    /// <summary>
    /// True where no more than one call in twelve was refused lately: over the last second, and as far back as it takes to tell. What is refused at
    /// random, whatever the rate, would otherwise cut it again and again.
    /// </summary>
    private bool IsRare()
    {
        int taken = 0, refused = 0;
        for (var bin = _bin; bin > _bin - Bins && bin >= _firstBin && (bin > _bin - BinsPerSecond || taken + refused < EnoughToTell); bin--)
        {
            taken += _accepted[Index(bin)];
            refused += _refused[Index(bin)];
        }

        // Significantly more than the share, by two standard deviations: a few of a few say nothing.
        var calls = taken + refused;
        return refused < FewestRefusals || refused - (calls * RareShare) <= 2 * Math.Sqrt(calls * RareShare * (1 - RareShare));
    }

    /// <summary>Calls a second taken lately: over a second where there was one, and as long as it takes to count some.</summary>
    private double Taken()
    {
        var count = 0;
        var seconds = 0.0;
        for (var i = 1; i < Bins; i++)
        {
            var bin = _bin - i;
            if (bin < _firstBin) break;
            count += _accepted[Index(bin)];
            seconds = (double)i / BinsPerSecond;
            if (i >= BinsPerSecond && count >= 50) break;
        }

        count += _accepted[Index(_bin)];
        return count / (seconds + (0.5 / BinsPerSecond));
    }

    private void Advance()
    {
        var bin = (long)(Seconds(time.GetTimestamp()) * BinsPerSecond);
        if (_bin == long.MinValue || bin - _bin >= Bins)
        {
            Array.Clear(_accepted);
            Array.Clear(_refused);
            _bin = bin;
            _firstBin = bin;
        }

        while (_bin < bin)
        {
            _accepted[Index(++_bin)] = 0;
            _refused[Index(_bin)] = 0;
        }
    }

    private double Seconds(long timestamp) => (double)timestamp / time.TimestampFrequency;

    private static int Index(long bin) => (int)(((bin % Bins) + Bins) % Bins);
}
