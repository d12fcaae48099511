using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Ranking;

/// <summary>A comparison, or an order of several models, that is worth making next.</summary>
/// <param name="Models">Two or more models.</param>
/// <param name="Drop">By how much it is expected to lower the mean variance of a difference of two strengths, in squared log-odds, those before it in the list made already.</param>
/// <param name="Share">The same as a share of the mean variance before it.</param>
public sealed record NextSet(IReadOnlyList<int> Models, double Drop, double Share);

/// <summary>
/// Which comparisons most shrink the intervals of a ranking. Strengths by Bradley and Terry have, near their greatest likelihood, the inverse of Fisher's information as covariance Σ; another comparison
/// of i and j adds p(1 − p)·dd′ to the information, d being +1 at i and −1 at j, and lowers the sum of the variances of all differences by a term that Σ gives in closed form (Sherman and
/// Morrison). The one with the largest term comes first, is taken as made, and the next one is looked for: greedy A-optimality (Atkinson, Donev and Tobias 2007, chapters 10–11; for paired
/// comparisons Glickman and Jensen 2005). An order of k models counts by Plackett and Luce's information, exactly. Ties take their share from it.
/// </summary>
public sealed class NextComparisons
{
    /// <summary>Models in one order at most: its information is a sum over their subsets.</summary>
    public const int MostTogether = 8;

    private readonly double[] _strengths;
    private readonly double _decisive;
    private readonly int _models;
    private double[] _covariance;

    /// <summary>Begins from what is known.</summary>
    /// <param name="wins">Models × models, ties half, as <see cref="ModelComparisons.Wins()"/> has them; all zero where nothing is known yet.</param>
    /// <param name="models">Number of models, at least 2.</param>
    /// <param name="tieShare">Share of comparisons that end in a tie, 0 to below 1.</param>
    /// <param name="spread">
    /// Times that the strengths' true variance is that of independent rows, at least 1: more where prompts make rows alike. It divides what each further comparison is worth as well.
    /// </param>
    public NextComparisons(ReadOnlySpan<double> wins, int models, double tieShare = 0, double spread = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(models, 2);
        if (wins.Length != models * models) throw new ArgumentException($"{wins.Length} numbers are no table of {models} models.", nameof(wins));
        if (!(tieShare >= 0 && tieShare < 1)) throw new ArgumentOutOfRangeException(nameof(tieShare), tieShare, "A share of ties lies from 0 to below 1.");
        if (!(spread >= 1)) throw new ArgumentOutOfRangeException(nameof(spread), spread, "Rows of one prompt tell no more than independent ones.");
        _models = models;
        _strengths = BradleyTerry.Fit(wins, models).Strengths;
        _decisive = (1 - tieShare) / spread;
        var information = Prior(models);
        for (var i = 0; i < models; i++)
        {
            for (var j = 0; j < i; j++) Add(information, i, j, (wins[i * models + j] + wins[j * models + i]) * Worth(i, j));
        }

        _covariance = Cholesky.Factor(information, models).Inverse();
    }

    /// <summary>The strengths, in log-odds, of mean 0.</summary>
    public IReadOnlyList<double> Strengths => _strengths;

    /// <summary>Mean variance of the difference of two strengths, as things stand.</summary>
    public double MeanVariance => MeanVarianceOf(_covariance);

    /// <summary>Half the width of the 95% interval that a difference of two strengths has on average (root of the mean square).</summary>
    public double MeanReach => 1.959963984540054 * Math.Sqrt(MeanVariance);

    /// <summary>Takes sets as made: what they are expected to tell is known from now on.</summary>
    /// <param name="models">The models compared or ordered.</param>
    public void Take(IReadOnlyList<int> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        _covariance = With(InformationOf(models));
    }

    /// <summary>What a comparison or an order would be worth now.</summary>
    /// <param name="models">Two to <see cref="MostTogether"/> different models.</param>
    public NextSet Value(IReadOnlyList<int> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count < 2 || models.Count > MostTogether || models.Distinct().Count() != models.Count || models.Any(m => (uint)m >= (uint)_models))
            throw new ArgumentException($"Two to {MostTogether} different models of {_models}.", nameof(models));
        var before = MeanVariance;
        var drop = models.Count == 2 ? PairDrop(models[0], models[1]) : before - MeanVarianceOf(With(InformationOf(models)));
        return new NextSet(models, drop, drop / before);
    }

    /// <summary>The best so many sets, each chosen with those before it taken as made. They are not taken: that is the caller's to say.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="together">Models in each, 2 to <see cref="MostTogether"/> and no more than there are.</param>
    /// <param name="isAllowed">Says whether a set can be made, so many times as it stands in the list already; null for all.</param>
    /// <param name="cancellationToken">Gives up between sets.</param>
    /// <returns>As many, or fewer where no more are allowed.</returns>
    public IReadOnlyList<NextSet> Best(int count, int together = 2, Func<IReadOnlyList<int>, int, bool>? isAllowed = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(together, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(together, Math.Min(MostTogether, _models));
        var (kept, found) = (_covariance, new List<NextSet>());
        var times = new Dictionary<string, int>(StringComparer.Ordinal);
        while (found.Count < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (BestOne(together, set => isAllowed?.Invoke(set, times.GetValueOrDefault(Key(set))) ?? true) is not { } best) break;
            found.Add(best);
            times[Key(best.Models)] = times.GetValueOrDefault(Key(best.Models)) + 1;
            Take(best.Models);
        }

        _covariance = kept;
        return found;
    }

    private static string Key(IReadOnlyList<int> set) => string.Join(',', set);

    /// <summary>The best pair, or the best pair with the models that add most to it, one after the other.</summary>
    private NextSet? BestOne(int together, Func<IReadOnlyList<int>, bool> isAllowed)
    {
        NextSet? best = null;
        if (together == 2)
        {
            for (var i = 0; i < _models; i++)
            {
                for (var j = i + 1; j < _models; j++)
                {
                    if (PairDrop(i, j) is var drop && (best is null || drop > best.Drop) && isAllowed([i, j])) best = new NextSet([i, j], drop, drop / MeanVariance);
                }
            }

            return best;
        }

        // Every pair may begin a set; only the most promising do, so that the work stays that of a few sets.
        var begins = Enumerable.Range(0, _models).SelectMany(i => Enumerable.Range(i + 1, _models - i - 1).Select(j => (I: i, J: j))).OrderByDescending(p => PairDrop(p.I, p.J)).ThenBy(static p => p.I).ThenBy(static p => p.J).Take(_models);
        foreach (var (i, j) in begins)
        {
            List<int> set = [i, j];
            while (set.Count < together)
            {
                var added = Enumerable.Range(0, _models).Where(m => !set.Contains(m)).MaxBy(m => Value([.. set, m]).Drop);
                set.Add(added);
            }

            set.Sort();
            if (Value(set) is { } value && (best is null || value.Drop > best.Drop) && isAllowed(set)) best = value;
        }

        return best;
    }

    private static double[] Prior(int models)
    {
        // The prior that holds strengths which nothing else does; it makes the matrix whole along the common shift too.
        var matrix = new double[models * models];
        for (var m = 0; m < models; m++) matrix[m * models + m] = 1 / (BradleyTerry.HoldingDeviation * BradleyTerry.HoldingDeviation);
        return matrix;
    }

    private double Worth(int i, int j)
    {
        var chance = BradleyTerry.Chance(_strengths[i], _strengths[j]);
        return _decisive * chance * (1 - chance);
    }

    private void Add(double[] information, int i, int j, double weight)
    {
        information[i * _models + i] += weight;
        information[j * _models + j] += weight;
        information[i * _models + j] -= weight;
        information[j * _models + i] -= weight;
    }

    private double PairDrop(int i, int j)
    {
        var worth = Worth(i, j);
        var (column, mean) = (new double[_models], 0.0);
        for (var m = 0; m < _models; m++) mean += (column[m] = _covariance[m * _models + i] - _covariance[m * _models + j]) / _models;
        var squares = 0.0;
        foreach (var one in column) squares += (one - mean) * (one - mean);

        // The sum over all differences is the number of models times the sum about the mean; twice for the two ends, over the number of differences.
        return 2.0 / (_models - 1) * worth * squares / (1 + worth * (column[i] - column[j]));
    }

    private double MeanVarianceOf(double[] covariance)
    {
        var (trace, all) = (0.0, 0.0);
        for (var i = 0; i < _models; i++)
        {
            trace += covariance[i * _models + i];
            for (var j = 0; j < _models; j++) all += covariance[i * _models + j];
        }

        return 2.0 / (_models - 1) * (trace - all / _models);
    }

    private double[] With(double[] added)
    {
        var information = Cholesky.Factor(_covariance, _models).Inverse();
        for (var i = 0; i < information.Length; i++) information[i] += added[i];
        return Cholesky.Factor(information, _models).Inverse();
    }

    /// <summary>Plackett and Luce's information of one order: at each stage that of the first choice among those left, over the chances of who is left.</summary>
    private double[] InformationOf(IReadOnlyList<int> set)
    {
        var information = new double[_models * _models];
        if (set.Count == 2)
        {
            Add(information, set[0], set[1], Worth(set[0], set[1]));
            return information;
        }

        var left = new double[1 << set.Count];
        left[^1] = 1;
        for (var mask = left.Length - 1; mask > 0; mask--)
        {
            if (left[mask] == 0 || int.PopCount(mask) < 2) continue;
            var total = 0.0;
            for (var a = 0; a < set.Count; a++) total += (mask >> a & 1) == 1 ? Math.Exp(_strengths[set[a]]) : 0;
            for (var a = 0; a < set.Count; a++)
            {
                if ((mask >> a & 1) == 0) continue;
                var first = Math.Exp(_strengths[set[a]]) / total;
                left[mask & ~(1 << a)] += left[mask] * first;
                for (var b = 0; b < a; b++)
                {
                    if ((mask >> b & 1) == 1) Add(information, set[a], set[b], _decisive * left[mask] * first * Math.Exp(_strengths[set[b]]) / total);
                }
            }
        }

        return information;
    }
}
