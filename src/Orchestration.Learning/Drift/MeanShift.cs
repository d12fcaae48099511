using Orchestration.Learning.Statistics;

namespace Orchestration.Learning.Drift;

/// <summary>
/// Notices, one number at a time and in constant memory, that the mean of numbers on [0, 1] has risen or fallen by more than a tolerance from what it was in a
/// reference. Needs no distribution: rates, scores and rewards alike. Works on one feed in its order; feeds of several processes are merged first. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// While the mean stays within the tolerance of the true reference mean, at least <see cref="DriftOptions.FalseAlarmEvery"/> observations pass on average before the first
/// alarm, provided that the reference's own mean is off by no more than <see cref="DriftOptions.ReferenceErrors"/> standard errors. After a shift is noticed it keeps that and looks on
/// at no other until a new one is made.
/// </remarks>
public sealed class MeanShift
{
    private readonly DriftOptions _options;
    private RunningMoments _reference;
    private BettingSide? _up;
    private BettingSide? _down;

    /// <summary>A detector whose first observations are the reference.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public MeanShift(DriftOptions options)
    {
        DriftOptions.Check(options);
        _options = options;
    }

    /// <summary>A detector whose reference is known already.</summary>
    /// <param name="options">How soon; <see cref="DriftOptions.Reference"/> is ignored.</param>
    /// <param name="mean">The usual mean, 0–1.</param>
    /// <param name="error">Its standard error, at least 0.</param>
    public MeanShift(DriftOptions options, double mean, double error)
        : this(options)
    {
        if (!(mean is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(mean), mean, "A mean lies between 0 and 1.");
        if (!(error >= 0 && double.IsFinite(error))) throw new ArgumentOutOfRangeException(nameof(error), error, "A standard error is at least 0.");
        Begin(mean, error);
    }

    /// <summary>Numbers seen, the reference included.</summary>
    public long Count { get; private set; }

    /// <summary>Mean of the reference; NaN while it is being gathered.</summary>
    public double ReferenceMean { get; private set; } = double.NaN;

    /// <summary>What speaks for a shift now: 1 about nothing, alarm at twice <see cref="DriftOptions.FalseAlarmEvery"/> for each side.</summary>
    public double Evidence => _up is null ? 0 : Math.Max(_up.Evidence, _down!.Evidence);

    /// <summary>The shift that was noticed; null while none is.</summary>
    public Shift? Noticed { get; private set; }

    /// <summary>Takes the next number.</summary>
    /// <param name="value">0–1.</param>
    /// <returns>True where a shift is noticed with just this one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number that is not on [0, 1].</exception>
    public bool Add(double value)
    {
        if (!(value is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(value), value, "Numbers lie between 0 and 1.");
        var number = Count++;
        if (_up is null)
        {
            _reference = _reference.Add(value);
            if (_reference.Count < _options.Reference) return false;

            // A reference without spread (no failure in 500) is not without error: as if one in it had been otherwise.
            double n = _reference.Count;
            Begin(_reference.Mean, Math.Sqrt(Math.Max(_reference.PopulationVariance, (1 - 1 / n) / n) / n));
            return false;
        }

        if (Noticed is not null) return false;
        _up.Add(value, number);
        _down!.Add(1 - value, number);

        // Two sides, each with half of the false alarms.
        var side = _up.Evidence >= _down.Evidence ? _up : _down;
        if (side.Evidence < 2 * _options.FalseAlarmEvery) return false;
        var (since, mean) = side.Strongest;
        Noticed = new Shift(since, number, ReferenceMean, side == _up ? mean : 1 - mean, side.Evidence);
        return true;
    }

    private void Begin(double mean, double error)
    {
        var margin = _options.Tolerance + _options.ReferenceErrors * error;
        ReferenceMean = mean;
        (_up, _down) = (new BettingSide(mean + margin), new BettingSide(1 - mean + margin));
    }
}
