namespace Orchestration.Backends.Exchanges;

/// <summary>
/// Finds the rate of an endpoint that does not say its limit. Nothing is held back until it first answers 429; then calls are paced at the rate that
/// it was taking, a little below. A cut is also a trial: where it does not help, the refusals have nothing to do with the rate (an overloaded
/// machine behind the endpoint, a fault), and the rate comes back. After a cut the rate returns quickly to the one that was known to be taken, and from
/// there grows slowly, faster the longer nothing is refused; only while calls wait for it. Refusals of calls that were sent before a cut belong to the same
/// episode and do not cut again. Safe for concurrent use.
/// </summary>
internal sealed class RateGovernor(TimeProvider time)
{
    /// <summary>A cut goes to this share of what was being taken: enough to let a bucket fill again, little enough to lose nearly nothing.</summary>
    private const double CutTo = 0.97;

    /// <summary>One refusal, or two, within some ten seconds are no limit yet: a call's own wait has to do.</summary>
    private const int FewestRefusals = 3;

    /// <summary>Seconds that a cut is given to show: what is refused of calls sent in that time belongs to the episode that was cut for.</summary>
    private const double Settling = 0.5;

    /// <summary>Up to this share of calls may be refused without a cut, where nothing else was learnt.</summary>
    private const double RareShare = 1.0 / 100;

    private const int EnoughToTell = 200;

    /// <summary>Calls after a cut that show whether it helped.</summary>
    private const int EnoughToTry = 60;

    /// <summary>Cuts in a row after which a share that stays is no matter of the rate: the first may still have gone by what a full bucket let through.</summary>
    private const int CutsInVain = 3;

    /// <summary>More than this share is never taken for chance.</summary>
    private const double MostAtRandom = 0.4;

    /// <summary>Seconds until refusals that cuts did not help against are tried again; doubled each time that it is in vain again.</summary>
    private const double FirstTrial = 20;

    private const double LastTrial = 320;

    /// <summary>Seconds: turns are given no further ahead.</summary>
    private const double Foresight = 1;

    private const double LowestRate = 0.2;
    private const double GrowthPerSecond = 0.004;
    private const double FastestGrowth = 0.25;
    private const double ReturnPerSecond = 1;
    private const int BinsPerSecond = 10;
    private const int Bins = 128;
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly int[] _accepted = new int[Bins];
    private readonly int[] _refused = new int[Bins];
    private long _bin = long.MinValue;
    private long _firstBin = long.MinValue;
    private double _rate = double.PositiveInfinity;
    private double _known;
    private int _inVain;
    private double _firstRate;
    private double _firstShare;
    private double _tolerated = RareShare;
    private double _trialAfter = FirstTrial;
    private long _toleratedAt;
    private double _next;
    private long _cutAt = long.MinValue;
    private long _steppedAt = long.MinValue / 2;
    private long _grownAt;
    private volatile bool _isActive;

    /// <summary>Calls a second, as found; infinite where nothing was ever refused.</summary>
    public double Rate
    {
        get { lock (_lock) return _rate; }
    }

    /// <summary>Waits for a call's turn at the rate found; at once where none is.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var isTurn = TryTakeTurn(out var wait);
            if (wait >= TimeSpan.FromMilliseconds(1)) await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            if (isTurn) return;
        }
    }

    /// <summary>Takes a call's turn, where it comes soon: a turn far ahead would be waited for at a rate that no longer holds.</summary>
    /// <param name="wait">How long it is until then, or until it is worth asking again.</param>
    public bool TryTakeTurn(out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        if (!_isActive) return true;
        lock (_lock)
        {
            var now = Seconds(time.GetTimestamp());
            Grow(now, isSaturated: _next - now > Lead.TotalSeconds);
            var due = Math.Max(now, Math.Min(_next, now + Foresight + (1 / _rate)));
            wait = TimeSpan.FromSeconds(Math.Min(due - now, Foresight));
            if (due - now > Foresight) return false;
            _next = due + (1 / _rate);
            return true;
        }
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
            var now = time.GetTimestamp();
            if (_cutAt != long.MinValue && Seconds(sentAt) <= Seconds(_cutAt) + Settling) return false;
            if (_tolerated > RareShare && Seconds(now) - Seconds(_toleratedAt) > _trialAfter) _tolerated = RareShare;
            var (taken, refused) = Lately();

            // Significantly more than the share, by two standard deviations: a few of a few say nothing.
            double calls = taken + refused;
            if (refused < FewestRefusals || refused - (calls * _tolerated) <= 2 * Math.Sqrt(calls * _tolerated * (1 - _tolerated)))
            {
                // A step too far: back to the rate that was known, and never below it for that. What comes at random asks for no step.
                if (double.IsInfinity(_rate) || _tolerated > RareShare || Seconds(sentAt) <= Seconds(_steppedAt) + Settling) return true;
                (_steppedAt, _grownAt) = (now, now);
                _rate = Math.Min(_rate, Math.Max(_known, _rate * CutTo));
                return true;
            }

            var share = refused / calls;
            if (_inVain > 0 && calls < EnoughToTry && share <= MostAtRandom) return true;
            if (share > MostAtRandom || share < _firstShare / 2 || HasHelped(now))
            {
                if (_inVain > 0 && share <= MostAtRandom) _trialAfter = FirstTrial;
                _inVain = 0;
            }

            if (_inVain < CutsInVain)
            {
                if (_inVain++ == 0) (_firstRate, _firstShare) = (_rate, share);
                Cut(now, wasTaken: taken > 0);
                return true;
            }

            (_tolerated, _inVain) = (Math.Min(1.25 * share, MostAtRandom), 0);
            _trialAfter = Math.Min(2 * _trialAfter, LastTrial);
            (_toleratedAt, _cutAt, _grownAt) = (now, now, now);
            _rate = _firstRate;
            _isActive = !double.IsInfinity(_rate);
            return true;
        }
    }

    // For a while after the last cut nothing much was refused, or this would have been asked sooner.
    private bool HasHelped(long now) => Seconds(now) - Seconds(_cutAt) > Settling + Math.Max(2, 2 * EnoughToTry / _rate);

    private void Cut(long now, bool wasTaken)
    {
        var taken = Taken(BinsPerSecond);
        (_cutAt, _grownAt) = (now, now);
        if (double.IsInfinity(_rate))
        {
            // Where nothing was taken nothing is known: the call's own wait has to do.
            if (taken == 0) return;
            _known = taken;
            _rate = taken * CutTo;
            _next = Seconds(now);
        }
        else
        {
            // What was known holds over a moment in which nothing is taken at all; it is lowered by what is refused on the way back to it.
            if (_rate >= _known * CutTo) _known = Math.Min(_rate, Math.Max(taken, Taken(10 * BinsPerSecond)));
            else if (wasTaken) _known = Math.Max(Math.Min(_known, taken), _known / 2);
            _rate = Math.Min(_rate * CutTo, Math.Max(taken * CutTo, _rate / 2));
        }

        _rate = Math.Max(_rate, LowestRate);
        _isActive = true;
    }

    private void Grow(double now, bool isSaturated)
    {
        var elapsed = now - Seconds(_grownAt);
        if (elapsed < 0.05) return;
        _grownAt = time.GetTimestamp();
        if (!isSaturated) return;
        elapsed = Math.Min(elapsed, 1);
        var calm = now - Seconds(Math.Max(_cutAt, _steppedAt));
        if (_rate < _known * CutTo)
        {
            // Quickly back, but only while something is taken.
            if (calm > Settling && Lately().Taken > 0) _rate = Math.Min(_known * CutTo, _rate * (1 + (ReturnPerSecond * elapsed)));
            return;
        }

        var growth = Math.Min(FastestGrowth, GrowthPerSecond * Math.Pow(2, Math.Floor(calm / 10)));
        _rate *= 1 + (growth * elapsed);
    }

    /// <summary>Calls taken and refused over the last second, and as far back as it takes to tell, but not from before the last cut.</summary>
    private (int Taken, int Refused) Lately()
    {
        int taken = 0, refused = 0;
        var first = _cutAt == long.MinValue ? _firstBin : Math.Max(_firstBin, (long)Math.Ceiling((Seconds(_cutAt) + Settling) * BinsPerSecond));
        for (var bin = _bin; bin > _bin - Bins && bin >= first && (bin > _bin - BinsPerSecond || taken + refused < EnoughToTell); bin--)
        {
            taken += _accepted[Index(bin)];
            refused += _refused[Index(bin)];
        }

        return (taken, refused);
    }

    /// <summary>Calls a second taken lately: over some bins where there were as many, and as long as it takes to count some.</summary>
    private double Taken(int bins)
    {
        var count = 0;
        var seconds = 0.0;
        for (var i = 1; i < Bins; i++)
        {
            var bin = _bin - i;
            if (bin < _firstBin) break;
            count += _accepted[Index(bin)];
            seconds = (double)i / BinsPerSecond;
            if (i >= bins && count >= 50) break;
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
