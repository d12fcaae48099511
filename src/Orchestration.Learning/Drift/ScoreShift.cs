namespace Orchestration.Learning.Drift;

/// <summary>
/// Notices that scores on [0, 1] are distributed otherwise than in a reference: higher or lower, or more or less spread out, in ranks of the reference, whatever their scale.
/// A score's rank is the share of reference scores below it plus half of those equal; its mean is ½ while nothing shifts, and |2 rank − 1| has the mean that it has in
/// the reference. Constant memory. Not safe for concurrent use.
/// </summary>
public sealed class ScoreShift
{
    private const int Bins = 10;

    /// <summary>Numbers over which the recent distribution forgets half.</summary>
    private const double HalfLife = 500;

    private readonly DriftOptions _options;
    private readonly double[] _reference;
    private readonly double[] _usual = new double[Bins];
    private readonly double[] _recent = new double[Bins];
    private double[] _edges = [];
    private MeanShift? _level;
    private MeanShift? _spread;

    /// <summary>A detector whose first scores are the reference.</summary>
    public ScoreShift(DriftOptions options)
    {
        DriftOptions.Check(options);

        // Two detectors: each has half of the false alarms.
        (_options, _reference) = (options with { FalseAlarmEvery = 2 * options.FalseAlarmEvery }, new double[options.Reference]);
    }

    /// <summary>Scores seen, the reference included.</summary>
    public long Count { get; private set; }

    /// <summary>A shift of the scores up or down; means are ranks. Null while none is noticed.</summary>
    public Shift? Level => Whole(_level);

    /// <summary>A shift towards the ends (up) or the middle (down) of the reference; null while none is noticed.</summary>
    public Shift? Spread => Whole(_spread);

    /// <summary>
    /// Population stability index of the recent scores (half forgotten over 500) against the reference, over ten bins of equal share where scores do not tie: Σ (q − p) ln(q / p), half a
    /// score added to each bin. Below 0.1 is called stable, above 0.25 shifted. NaN while the reference is being gathered.
    /// </summary>
    public double Stability
    {
        get
        {
            if (_level is null) return double.NaN;
            var (before, now, index) = (_usual.Sum() + Bins / 2.0, _recent.Sum() + Bins / 2.0, 0.0);
            for (var k = 0; k < Bins; k++)
            {
                var (p, q) = ((_usual[k] + 0.5) / before, (_recent[k] + 0.5) / now);
                index += (q - p) * Math.Log(q / p);
            }

            return index;
        }
    }

    /// <summary>Takes the next score.</summary>
    /// <param name="score">0–1.</param>
    /// <returns>True where a shift is noticed with just this one.</returns>
    public bool Add(double score)
    {
        if (!(score is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(score), score, "Scores lie between 0 and 1.");
        if (Count < _reference.Length)
        {
            _reference[Count++] = score;
            if (Count == _reference.Length) Begin();
            return false;
        }

        Count++;
        foreach (ref var count in _recent.AsSpan()) count *= Forget;
        _recent[Bin(score)]++;
        var rank = Rank(score);
        var level = _level!.Add(rank);
        return _spread!.Add(Math.Abs(2 * rank - 1)) || level;
    }

    private static double Forget { get; } = Math.Pow(2, -1 / HalfLife);

    /// <summary>The two detectors count from the end of the reference.</summary>
    private Shift? Whole(MeanShift? part) =>
        part?.Noticed is { } shift ? shift with { Since = shift.Since + _reference.Length, NoticedAt = shift.NoticedAt + _reference.Length } : null;

    private void Begin()
    {
        Array.Sort(_reference);
        _edges = [.. Enumerable.Range(1, Bins - 1).Select(k => _reference[k * _reference.Length / Bins])];
        var (sum, squares, levels) = (0.0, 0.0, 0.0);
        foreach (var score in _reference)
        {
            _usual[Bin(score)]++;
            var rank = Rank(score);
            var spread = Math.Abs(2 * rank - 1);
            sum += spread;
            squares += spread * spread;
            levels += (rank - 0.5) * (rank - 0.5);
        }

        // What recent scores are compared with begins as the reference, so that the index begins at 0.
        var share = HalfLife / Math.Log(2) / _reference.Length;
        for (var k = 0; k < Bins; k++) _recent[k] = _usual[k] * share;
        double n = _reference.Length;
        var mean = sum / n;
        _level = new MeanShift(_options, 0.5, Math.Sqrt(Math.Max(levels / n, 1 / n) / n));
        _spread = new MeanShift(_options, Math.Clamp(mean, 0, 1), Math.Sqrt(Math.Max(squares / n - mean * mean, 1 / n) / n));
    }

    private double Rank(double score)
    {
        var (below, notAbove) = (Place(score, orEqual: false), Place(score, orEqual: true));
        return (below + notAbove) / (2.0 * _reference.Length);
    }

    /// <summary>Reference scores below a score, or not above it.</summary>
    private int Place(double score, bool orEqual)
    {
        var (low, high) = (0, _reference.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_reference[middle] < score || (orEqual && _reference[middle].Equals(score))) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private int Bin(double score)
    {
        var bin = 0;
        while (bin < _edges.Length && score >= _edges[bin]) bin++;
        return bin;
    }
}
