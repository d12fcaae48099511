using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Valuing;

/// <summary>
/// What policies would have earned, by decisions that another policy made with known chances. The outcome model is fitted once for all policies.
/// Immutable and safe for concurrent use.
/// </summary>
public sealed class OffPolicyStudy
{
    private readonly LoggedDecisions _log;
    private readonly ValueOptions _options;
    private readonly int[] _groupOf;
    private readonly int _groups;
    private readonly OutcomeModel? _model;
    private readonly double _quantile;

    /// <summary>Fits the outcome model.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public OffPolicyStudy(LoggedDecisions log, ValueOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Folds, 2, nameof(options));
        if (!(options.Ridge > 0)) throw new ArgumentOutOfRangeException(nameof(options), options.Ridge, "A ridge is above 0.");
        if (!(options.Level is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(options), options.Level, "The level lies between 0 and 1.");
        (_log, _options) = (log, options);
        var numbers = new Dictionary<int, int>();
        _groupOf = new int[log.Rows];
        for (var i = 0; i < log.Rows; i++)
        {
            var group = log.GroupOf?[i] ?? i;
            if (!numbers.TryGetValue(group, out _groupOf[i])) numbers.Add(group, _groupOf[i] = numbers.Count);
        }

        _groups = numbers.Count;
        _quantile = _groups < 2 ? double.NaN : Quantile(_groups);
        _model = _groups < 2 * options.Folds ? null : OutcomeModel.Fit(log, _groupOf, options);
    }

    /// <summary>Values a policy.</summary>
    /// <param name="target">Rows × arms: the chance, 0–1, that the policy would choose each arm with; a row adds up to 1.</param>
    /// <exception cref="ArgumentException">Another length, or chances that are none; the message names the row.</exception>
    public Valuation Value(ReadOnlySpan<double> target)
    {
        var weights = Weights(target);
        var overlap = OverlapOf(target, weights);
        var refusal = Refuse(overlap);
        if (refusal != ValueRefusal.None) return new Valuation { Rows = _log.Rows, Overlap = overlap, Refusal = refusal };
        var (ips, snips, robust) = (new double[_log.Rows], new double[_log.Rows], Robust(target, weights));
        var ratio = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            ips[i] = weights[i] * _log.Rewards[i];
            ratio += ips[i];
        }

        ratio /= overlap.MeanWeight * _log.Rows;
        for (var i = 0; i < weights.Length; i++) snips[i] = ratio + weights[i] * (_log.Rewards[i] - ratio) / overlap.MeanWeight;
        var direct = _model!.Direct(target, out var value);
        return new Valuation
        {
            Rows = _log.Rows,
            Overlap = overlap,
            Direct = Interval(direct, value),
            Ips = Interval(ips),
            Snips = Interval(snips),
            DoublyRobust = Interval(robust),
        };
    }

    /// <summary>How much more one policy is worth than another, doubly robust, in pairs: what both share cancels out. NaN where either is refused.</summary>
    /// <param name="target">See <see cref="Value"/>.</param>
    /// <param name="other">What is taken off.</param>
    public Estimate Difference(ReadOnlySpan<double> target, ReadOnlySpan<double> other)
    {
        var (weights, otherWeights) = (Weights(target), Weights(other));
        if (Refuse(OverlapOf(target, weights)) != ValueRefusal.None || Refuse(OverlapOf(other, otherWeights)) != ValueRefusal.None) return Estimate.Of(double.NaN);
        var (terms, less) = (Robust(target, weights), Robust(other, otherWeights));
        for (var i = 0; i < terms.Length; i++) terms[i] -= less[i];
        return Interval(terms);
    }

    /// <summary>
    /// Every arm's value had it always been chosen, corrected for what it was sent, beside the mean of what it was sent. An arm that was not always on offer is valued on the rows in which it was.
    /// </summary>
    public IReadOnlyList<ArmValue> Arms()
    {
        var result = new ArmValue[_log.Arms];
        for (var arm = 0; arm < result.Length; arm++)
        {
            int[] within = [.. Enumerable.Range(0, _log.Rows).Where(i => !_log.IsOutOfReach(i, arm))];
            int[] sent = [.. within.Where(i => _log.ArmOf[i] == arm)];
            var study = within.Length == _log.Rows || within.Length == 0 ? this : new OffPolicyStudy(_log.Only(within), _options);
            var target = new double[study._log.Rows * _log.Arms];
            for (var i = 0; i < study._log.Rows; i++) target[i * _log.Arms + arm] = 1;
            result[arm] = new ArmValue
            {
                Chosen = sent.Length,
                OnOffer = (double)within.Length / _log.Rows,
                OfWhatItWasSent = Interval([.. sent.Select(i => _log.Rewards[i])], double.NaN, [.. sent.Select(i => _groupOf[i])]),
                Corrected = study.Value(target),
            };
        }

        return result;
    }

    private double Quantile(int groups) => StudentQuantile.Of(1 - (1 - _options.Level) / 2, groups - 1);

    private double[] Weights(ReadOnlySpan<double> target)
    {
        var arms = _log.Arms;
        if (target.Length != (long)_log.Rows * arms) throw new ArgumentException($"{target.Length} chances for {_log.Rows} rows of {arms} arms.", nameof(target));
        var weights = new double[_log.Rows];
        for (var i = 0; i < weights.Length; i++)
        {
            var sum = 0.0;
            foreach (var chance in target.Slice(i * arms, arms))
            {
                if (!(chance is >= 0 and <= 1 + 1e-9)) throw new ArgumentException($"Row {i} has a chance that is none.", nameof(target));
                sum += chance;
            }

            if (Math.Abs(sum - 1) > 1e-6) throw new ArgumentException($"The chances of row {i} do not add up to 1.", nameof(target));
            weights[i] = target[i * arms + _log.ArmOf[i]] / _log.Chances[i];
        }

        return weights;
    }

    private Overlap OverlapOf(ReadOnlySpan<double> target, double[] weights)
    {
        var (sum, squares, largest, unsupported, least) = (0.0, 0.0, 0.0, 0.0, 1.0);
        for (var i = 0; i < weights.Length; i++)
        {
            sum += weights[i];
            squares += weights[i] * weights[i];
            largest = Math.Max(largest, weights[i]);
            if (weights[i] > 0) least = Math.Min(least, _log.Chances[i]);
            for (var k = 0; k < _log.Arms; k++)
            {
                if (_log.IsOutOfReach(i, k)) unsupported += target[i * _log.Arms + k] / weights.Length;
            }
        }

        var mean = Interval(weights);
        return new Overlap(squares > 0 ? sum * sum / squares : 0, sum / weights.Length, mean.StandardError, sum > 0 ? largest / sum : 1, _log.AllChances is null ? double.NaN : unsupported, least);
    }

    private ValueRefusal Refuse(Overlap overlap)
    {
        if (_model is null) return ValueRefusal.TooFewRows;
        if (overlap.Unsupported > _options.MostUnsupported) return ValueRefusal.Unsupported;
        if (!(overlap.EffectiveRows >= _options.LeastEffective)) return ValueRefusal.TooFewEffective;
        return overlap.MeanWeight is < 0.5 or > 2 && Math.Abs(overlap.MeanWeight - 1) > 4 * overlap.MeanWeightError ? ValueRefusal.WrongChances : ValueRefusal.None;
    }

    private double[] Robust(ReadOnlySpan<double> target, double[] weights)
    {
        var (arms, predicted) = (_log.Arms, _model!.OutOfFold);
        var terms = new double[_log.Rows];
        for (var i = 0; i < terms.Length; i++)
        {
            for (var k = 0; k < arms; k++) terms[i] += target[i * arms + k] * predicted[i * arms + k];
            terms[i] += weights[i] * (_log.Rewards[i] - predicted[i * arms + _log.ArmOf[i]]);
        }

        return terms;
    }

    private Estimate Interval(double[] terms, double value = double.NaN) => Interval(terms, value, _groupOf);

    /// <summary>Mean of the terms with Student's t over groups: the terms of a group less the mean are added up before they are squared.</summary>
    private Estimate Interval(double[] terms, double value, int[] groupOf)
    {
        if (terms.Length == 0) return Estimate.Of(double.NaN);
        var mean = 0.0;
        foreach (var term in terms) mean += term / terms.Length;
        var sums = new Dictionary<int, double>();
        for (var i = 0; i < terms.Length; i++) sums[groupOf[i]] = sums.GetValueOrDefault(groupOf[i]) + terms[i] - mean;
        var squares = 0.0;
        foreach (var sum in sums.Values) squares += sum * sum;
        if (double.IsNaN(value)) value = mean;
        if (sums.Count < 2) return Estimate.Of(value);
        var error = Math.Sqrt(squares * sums.Count / (sums.Count - 1)) / terms.Length;
        var half = (sums.Count == _groups ? _quantile : Quantile(sums.Count)) * error;
        return new Estimate(value, value - half, value + half, error);
    }
}
