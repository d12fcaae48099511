using System.Buffers;
using Orchestration.Core.Aggregation.Versions;

namespace Orchestration.Core.Aggregation.Serving;

/// <summary>
/// How a version reads a batch's columns: which column is which judge, and how its scores are mapped to 0–1. A judge without a column is missing.
/// A column whose rubric, or whose judge, is another one than the version was trained on makes the version refuse.
/// </summary>
public sealed class VersionBinding
{
    private const int RowsAtOnce = 512;

    private readonly LoadedVersion _version;
    private readonly int[] _columns;
    private readonly AggregatorJudge[] _judges;
    private readonly bool _isOfComparisons;
    private readonly int _width;

    private VersionBinding(LoadedVersion version, AggregatorColumns columns, int[] places, string? refusal)
    {
        _version = version;
        _columns = places;
        _judges = [.. version.Judges];
        _isOfComparisons = version.Version.Manifest.Basis.LearnedFrom == LearnedFrom.Comparisons;
        _width = columns.Columns.Count;
        Refusal = refusal;
    }

    /// <summary>Why the version will not score these columns, with the cure; null where it does.</summary>
    public string? Refusal { get; }

    /// <summary>The version's judges that have a column.</summary>
    public int Present => _columns.Count(static c => c >= 0);

    /// <summary>The version's judges without a column.</summary>
    public IReadOnlyList<string> Absent => [.. _judges.Where((_, j) => _columns[j] < 0).Select(static j => j.Name)];

    /// <summary>Works out the binding.</summary>
    public static VersionBinding Of(LoadedVersion version, AggregatorColumns columns)
    {
        ArgumentNullException.ThrowIfNull(version);
        ArgumentNullException.ThrowIfNull(columns);
        var places = new int[version.Judges.Count];
        string? refusal = null;
        if (version.Version.Manifest.Basis.LearnedFrom != columns.Hold)
        {
            refusal = columns.Hold == LearnedFrom.Scores
                ? $"{version} was learned from verdicts on comparisons and makes no sense of scores of single answers. Train one on human scores."
                : $"{version} was learned from scores of single answers and makes no sense of verdicts on comparisons. Train one on labelled comparisons.";
        }

        for (var j = 0; j < places.Length; j++)
        {
            var judge = version.Judges[j];
            places[j] = IndexOf(columns.Columns, judge.Name);
            if (places[j] < 0) continue;
            var column = columns.Columns[places[j]];
            refusal ??= Difference(version, judge, column);
        }

        if (refusal is null && !places.Any(static p => p >= 0))
            refusal = $"{version} was trained on {List(version.Judges.Select(static j => j.Name))}, and none of these judges is here (here: {List(columns.Columns.Select(static c => c.Name))}). Judge with those, or train a version on these.";
        return new VersionBinding(version, columns, places, refusal);
    }

    /// <summary>Maps a batch to the model's inputs.</summary>
    /// <param name="scores">Rows × columns on the judges' own scales.</param>
    /// <param name="mapped">Rows × the version's judges: 0–1, NaN where one is missing.</param>
    public void Map(ReadOnlySpan<double> scores, Span<double> mapped)
    {
        var rows = scores.Length / _width;
        for (var j = 0; j < _judges.Length; j++)
        {
            var judge = _judges[j];
            var column = _columns[j];
            for (var row = 0; row < rows; row++) mapped[row * _judges.Length + j] = column < 0 ? double.NaN : judge.Map(scores[row * _width + column]);
        }
    }

    /// <summary>Scores a batch.</summary>
    /// <param name="scores">Rows × columns on the judges' own scales; NaN where a judge is missing.</param>
    /// <param name="results">One place a row; NaN where there is no score.</param>
    /// <param name="coverage">One place a row: the share of the version's judges with a score.</param>
    /// <param name="minCoverage">Least share for a row to get a score.</param>
    /// <param name="lower">Lower ends of the intervals, NaN where there is none; empty where none is wanted.</param>
    /// <param name="upper">Upper ends.</param>
    /// <exception cref="InvalidOperationException">The version refuses these columns.</exception>
    public void Predict(ReadOnlySpan<double> scores, Span<double> results, Span<double> coverage, double minCoverage, Span<double> lower = default, Span<double> upper = default)
    {
        if (Refusal is not null) throw new InvalidOperationException(Refusal);
        var judges = _judges.Length;
        var mapped = ArrayPool<double>.Shared.Rent(RowsAtOnce * judges);
        try
        {
            for (var start = 0; start < results.Length; start += RowsAtOnce)
            {
                var rows = Math.Min(RowsAtOnce, results.Length - start);
                var inputs = mapped.AsSpan(0, rows * judges);
                Map(scores.Slice(start * _width, rows * _width), inputs);
                var part = results.Slice(start, rows);
                _version.Model.Predict(inputs, part);
                if (_isOfComparisons) Subtract(inputs, part);
                for (var row = 0; row < rows; row++)
                {
                    var present = 0;
                    foreach (var value in inputs.Slice(row * judges, judges)) present += double.IsNaN(value) ? 0 : 1;
                    coverage[start + row] = (double)present / judges;
                    if (present == 0 || coverage[start + row] < minCoverage) part[row] = double.NaN;
                    if (!lower.IsEmpty) (lower[start + row], upper[start + row]) = Ends(inputs.Slice(row * judges, judges), part[row]);
                }
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(mapped);
        }
    }

    // What is said of a comparison is f(A) − f(B), and B's mapped verdicts mirror A's.
    private void Subtract(ReadOnlySpan<double> mapped, Span<double> results)
    {
        var mirrored = ArrayPool<double>.Shared.Rent(mapped.Length);
        var other = ArrayPool<double>.Shared.Rent(results.Length);
        try
        {
            for (var i = 0; i < mapped.Length; i++) mirrored[i] = 1 - mapped[i];
            _version.Model.Predict(mirrored.AsSpan(0, mapped.Length), other.AsSpan(0, results.Length));
            for (var row = 0; row < results.Length; row++) results[row] -= other[row];
        }
        finally
        {
            ArrayPool<double>.Shared.Return(mirrored);
            ArrayPool<double>.Shared.Return(other);
        }
    }

    // An interval without end says nothing, and no number of a file could hold it.
    private (double Lower, double Upper) Ends(ReadOnlySpan<double> mapped, double score)
    {
        if (double.IsNaN(score)) return (double.NaN, double.NaN);
        var interval = _version.Intervals!.Predict(mapped, LoadedVersion.IntervalLevel);
        return double.IsFinite(interval.Low) && double.IsFinite(interval.High) ? (interval.Low, interval.High) : (double.NaN, double.NaN);
    }

    private static string? Difference(LoadedVersion version, AggregatorJudge judge, AggregatorColumn column)
    {
        if (judge.Rubric is { } rubric && column.Rubric is { } other && rubric != other)
        {
            return $"{version} was trained on judge '{judge.Name}' with rubric {rubric[..12]}, which is now {Start(other)}: its scores mean something else. Put the rubric back as it was, or train a version on scores under the new one.";
        }

        if (judge.Version is { } trained && column.Version is { } now && trained != now)
        {
            return $"{version} was trained on judge '{judge.Name}' in version {Start(trained)}, which is now {Start(now)} (another model, other parameters or another build): its scores mean something else. Put the judge back as it was, or train a version on its new scores.";
        }

        return null;
    }

    private static int IndexOf(IReadOnlyList<AggregatorColumn> columns, string name)
    {
        for (var c = 0; c < columns.Count; c++)
        {
            if (columns[c].Name == name) return c;
        }

        return -1;
    }

    private static string Start(string hash) => hash.Length > 12 ? hash[..12] : hash;

    private static string List(IEnumerable<string> names)
    {
        var all = names.ToArray();
        return all.Length <= 6 ? string.Join(", ", all) : $"{string.Join(", ", all[..5])} and {all.Length - 5} more";
    }
}
