using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Selection;

/// <summary>A row that is worth a label next.</summary>
/// <param name="Row">Its number.</param>
/// <param name="Variance">Variance of the prediction at the row before it is labelled, in units of the labels' noise.</param>
/// <param name="Share">By which share its label is expected to lower the mean variance of all rows' predictions, those before it in the list labelled already.</param>
public sealed record NextLabel(int Row, double Variance, double Share);

/// <summary>
/// Which rows to label next for a model of judges' scores. A label of row x adds xx′ to the information of a linear model, and lowers the mean variance of the predictions at all rows by
/// x′ΣGΣx/(1 + x′Σx), G being the mean of all rows' xx′: greedy V-optimality (Fedorov 1972; Atkinson, Donev and Tobias 2007, chapter 10). The features are the judges' scores, for each with a bend at its lower and upper third,
/// so that curves are provided for; a missing score counts as its judge's mean. What the labels will say plays no part, so choosing by this does not bias what is learned from them, as choosing by disagreement would
/// — but the chosen rows are no random sample: means over them are not means over all rows.
/// </summary>
public sealed class LabelDesign
{
    /// <summary>The prior's share in the information: that of a fiftieth of a label at a typical row.</summary>
    private const double Ridge = 0.02;

    private readonly double[] _features;
    private readonly int _width;
    private readonly double[] _spread;
    private readonly int[] _groupOf;
    private readonly bool[] _labelled;
    private double[] _covariance;

    /// <summary>Begins from the rows that are labelled.</summary>
    /// <param name="scores">Rows × judges, NaN where missing.</param>
    /// <param name="judges">Number of judges, at least 1.</param>
    /// <param name="groupOf">The prompt of each row.</param>
    /// <param name="labelled">True for rows that have a label.</param>
    public LabelDesign(double[] scores, int judges, int[] groupOf, bool[] labelled)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(groupOf);
        ArgumentNullException.ThrowIfNull(labelled);
        ArgumentOutOfRangeException.ThrowIfLessThan(judges, 1);
        if (groupOf.Length == 0 || labelled.Length != groupOf.Length || scores.Length != judges * groupOf.Length) throw new ArgumentException("Every row has a score or NaN of each judge, a prompt, and a label or none.", nameof(scores));
        (_groupOf, _labelled, _width) = (groupOf, labelled, 1 + 3 * judges);
        _features = Features(scores, judges, groupOf.Length);
        _spread = new double[_width * _width];
        for (var i = 0; i < groupOf.Length; i++) Accumulate(_spread, Row(i), 1.0 / groupOf.Length);
        var information = new double[_width * _width];
        for (var f = 0; f < _width; f++) information[f * _width + f] = Ridge;
        for (var i = 0; i < groupOf.Length; i++)
        {
            if (labelled[i]) Accumulate(information, Row(i), 1);
        }

        _covariance = Cholesky.Factor(information, _width).Inverse();
    }

    /// <summary>Mean variance of the predictions at all rows, in units of the labels' noise.</summary>
    public double MeanVariance
    {
        get
        {
            var sum = 0.0;
            for (var i = 0; i < _covariance.Length; i++) sum += _covariance[i] * _spread[i];
            return sum;
        }
    }

    /// <summary>The best so many rows without a label, each chosen with those before it taken as labelled.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="perPrompt">Rows of one prompt at most, those of the list counted.</param>
    /// <param name="cancellationToken">Gives up between rows.</param>
    public IReadOnlyList<NextLabel> Best(int count, int perPrompt = int.MaxValue, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(perPrompt, 1);
        var (kept, found, taken, byPrompt) = (_covariance, new List<NextLabel>(), (bool[])_labelled.Clone(), new Dictionary<int, int>());
        while (found.Count < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (best, drop, variance) = (-1, 0.0, 0.0);
            var weighted = Multiply(Multiply(_covariance, _spread), _covariance);
            for (var i = 0; i < taken.Length; i++)
            {
                if (taken[i] || byPrompt.GetValueOrDefault(_groupOf[i]) >= perPrompt) continue;
                var own = Form(_covariance, Row(i));
                var gain = Form(weighted, Row(i)) / (1 + own);
                if (best < 0 || gain > drop) (best, drop, variance) = (i, gain, own);
            }

            if (best < 0) break;
            found.Add(new NextLabel(best, variance, drop / MeanVariance));
            taken[best] = true;
            byPrompt[_groupOf[best]] = byPrompt.GetValueOrDefault(_groupOf[best]) + 1;
            _covariance = With(Row(best), variance);
        }

        _covariance = kept;
        return found;
    }

    private ReadOnlySpan<double> Row(int row) => _features.AsSpan(row * _width, _width);

    private double[] With(ReadOnlySpan<double> x, double variance)
    {
        var (projected, next) = (new double[_width], (double[])_covariance.Clone());
        for (var a = 0; a < _width; a++)
        {
            for (var b = 0; b < _width; b++) projected[a] += _covariance[a * _width + b] * x[b];
        }

        for (var a = 0; a < _width; a++)
        {
            for (var b = 0; b < _width; b++) next[a * _width + b] -= projected[a] * projected[b] / (1 + variance);
        }

        return next;
    }

    private double[] Multiply(double[] left, double[] right)
    {
        var product = new double[left.Length];
        for (var a = 0; a < _width; a++)
        {
            for (var k = 0; k < _width; k++)
            {
                var one = left[a * _width + k];
                for (var b = 0; b < _width; b++) product[a * _width + b] += one * right[k * _width + b];
            }
        }

        return product;
    }

    private double Form(double[] matrix, ReadOnlySpan<double> x)
    {
        var sum = 0.0;
        for (var a = 0; a < _width; a++)
        {
            var inner = 0.0;
            for (var b = 0; b < _width; b++) inner += matrix[a * _width + b] * x[b];
            sum += x[a] * inner;
        }

        return sum;
    }

    private void Accumulate(double[] matrix, ReadOnlySpan<double> x, double weight)
    {
        for (var a = 0; a < _width; a++)
        {
            for (var b = 0; b < _width; b++) matrix[a * _width + b] += weight * x[a] * x[b];
        }
    }

    /// <summary>An intercept, and for each judge its standardised score and how far it is past its lower and its upper third.</summary>
    private static double[] Features(double[] scores, int judges, int rows)
    {
        var width = 1 + 3 * judges;
        var features = new double[rows * width];
        for (var j = 0; j < judges; j++)
        {
            double[] known = [.. Enumerable.Range(0, rows).Select(i => scores[i * judges + j]).Where(static s => !double.IsNaN(s)).Order()];
            var mean = known.Length == 0 ? 0 : known.Average();
            var deviation = known.Length < 2 ? 0 : Math.Sqrt(known.Sum(s => (s - mean) * (s - mean)) / known.Length);
            var (lower, upper) = known.Length == 0 ? (0, 0) : (known[known.Length / 3], known[2 * known.Length / 3]);
            for (var i = 0; i < rows; i++)
            {
                features[i * width] = 1;
                var score = scores[i * judges + j];
                if (double.IsNaN(score)) score = mean;
                if (!(deviation > 0)) continue;
                features[i * width + 1 + 3 * j] = (score - mean) / deviation;
                features[i * width + 2 + 3 * j] = Math.Max(0, score - lower) / deviation;
                features[i * width + 3 + 3 * j] = Math.Max(0, score - upper) / deviation;
            }
        }

        return features;
    }
}
