using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Calibrating;

/// <summary>One policy's scores and labels with what each prompt moves in their means.</summary>
internal sealed class PolicyParts
{
    private readonly PolicyRows _rows;
    private readonly double[] _outOfFold;
    private readonly int _policy;
    private readonly GroupedPart _scores;
    private readonly GroupedPart _own;
    private readonly GroupedPart _calibrating;
    private readonly GroupedPart _others;
    private readonly double _outside;

    public PolicyParts(PolicyRows rows, IsotonicCalibrator calibrator, double[] outOfFold, int[] calibrating, int policy)
    {
        (_rows, _outOfFold, _policy) = (rows, outOfFold, policy);
        int[] scored = [.. Enumerable.Range(0, rows.Rows).Where(i => rows.PolicyOf[i] == policy && !rows.IsProbe[i])];
        _scores = new GroupedPart(scored, rows.GroupOf, i => calibrator.Of(rows.Scores[i]));
        _own = Residuals(Enumerable.Range(0, rows.Rows).Where(i => rows.PolicyOf[i] == policy && !double.IsNaN(rows.Labels[i])));
        _calibrating = Residuals(calibrating);
        _others = Residuals(calibrating.Where(i => rows.PolicyOf[i] != policy));
        _outside = scored.Length == 0 ? double.NaN : (double)scored.Count(i => calibrator.IsOutside(rows.Scores[i])) / scored.Length;
    }

    public PolicyValue Value(PolicyOptions options, TransferProbe? probe)
    {
        var basis = _own.Groups >= options.OwnLabels ? CorrectionBasis.OwnLabels : CorrectionBasis.Borrowed;
        var correction = basis == CorrectionBasis.OwnLabels ? _own : _calibrating;
        var refusal = _outside >= options.OutsideLimit ? LevelRefusal.OutsideRange : probe is { Transfers: false } ? LevelRefusal.DoesNotTransfer : LevelRefusal.None;
        var residual = new Figure(_own.Mean, _own.StandardError);
        var (value, error, width) = (_scores.Mean + correction.Mean, _scores.With(correction, 1), double.NaN);
        var degrees = Math.Min(_scores.Groups, correction.Groups) - 1;
        if (refusal == LevelRefusal.OutsideRange) (value, error) = (double.NaN, double.NaN);
        else if (degrees >= 1) width = StudentQuantile.Of((1 + options.Level) / 2, degrees) * error;
        return new PolicyValue(
            _policy, _scores.Rows, _scores.Groups, _own.Rows, _scores.Mean, residual, basis, value, error, value - width, value + width, _outside, probe, refusal);
    }

    /// <summary>The value alone, corrected by the labels that are said; NaN where there are none.</summary>
    public double Point(CorrectionBasis basis) => _scores.Mean + (basis == CorrectionBasis.OwnLabels ? _own : _calibrating).Mean;

    public TransferProbe? Probe(PolicyOptions options)
    {
        if (_own.Groups < options.OwnLabels || _others.Groups < 2) return null;
        var (difference, error) = (_own.Mean - _others.Mean, _own.With(_others, -1));

        // Residuals that are all the same leave no doubt: either there is no difference, or it is certain.
        var t = error > 0 ? difference / error : difference == 0 ? 0 : difference > 0 ? double.PositiveInfinity : double.NegativeInfinity;
        return new TransferProbe(difference, error, t, StudentQuantile.TwoSided(t, Math.Min(_own.Groups, _others.Groups) - 1), true);
    }

    private GroupedPart Residuals(IEnumerable<int> rows) => new([.. rows], _rows.GroupOf, i => _rows.Labels[i] - _outOfFold[i]);
}

/// <summary>A mean over some rows and what each group moves in it.</summary>
internal sealed class GroupedPart
{
    private readonly SortedDictionary<int, double> _influence = [];

    public GroupedPart(int[] rows, int[] groupOf, Func<int, double> number)
    {
        Rows = rows.Length;
        Mean = double.NaN;
        if (rows.Length == 0) return;
        double[] numbers = [.. rows.Select(number)];
        var sum = 0.0;
        foreach (var one in numbers) sum += one;
        Mean = sum / rows.Length;
        for (var k = 0; k < rows.Length; k++)
        {
            var group = groupOf[rows[k]];
            _influence[group] = _influence.GetValueOrDefault(group) + (numbers[k] - Mean) / rows.Length;
        }
    }

    public int Rows { get; }

    public int Groups => _influence.Count;

    /// <summary>NaN without rows.</summary>
    public double Mean { get; }

    /// <summary>Of the mean, by group; NaN below two groups.</summary>
    public double StandardError => Groups < 2 ? double.NaN : Math.Sqrt(_influence.Values.Sum(v => v * v) * Factor);

    private double Factor => Groups / (Groups - 1.0);

    /// <summary>The standard error of this mean plus <paramref name="sign"/> times another, groups that are in both counted together; NaN where one has fewer than two.</summary>
    public double With(GroupedPart other, int sign)
    {
        if (Groups < 2 || other.Groups < 2) return double.NaN;
        var squares = 0.0;
        var (own, others) = (Math.Sqrt(Factor), sign * Math.Sqrt(other.Factor));
        foreach (var (group, value) in _influence)
        {
            var moved = own * value + others * other._influence.GetValueOrDefault(group);
            squares += moved * moved;
        }

        foreach (var (group, value) in other._influence)
        {
            if (!_influence.ContainsKey(group)) squares += others * value * (others * value);
        }

        return Math.Sqrt(squares);
    }
}
