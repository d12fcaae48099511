using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Aggregation;

/// <summary>
/// The mean of mapped scores over the judges that a sweep fixed: the honest baseline, aggregator version <c>mean</c>. A judge without a stated
/// scale takes no part; a pair with fewer mapped scores than the stated coverage has no score, because a mean over other judges is another quantity.
/// </summary>
public sealed class MeanScore
{
    /// <summary>The name under which results carry it.</summary>
    public const string Version = "mean";

    private readonly int[] _columns;
    private readonly Scale[] _scales;
    private readonly double _minCoverage;

    /// <summary>Creates it for a sweep's columns.</summary>
    /// <param name="columns">All columns of the sweep; those with a scale take part.</param>
    /// <param name="minCoverage">Least share of the participating judges that must have a score, 0–1.</param>
    public MeanScore(IReadOnlyList<EvaluationColumn> columns, double minCoverage)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minCoverage, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minCoverage, 1);
        _columns = [.. Enumerable.Range(0, columns.Count).Where(i => columns[i] is { Kind: ColumnKind.Score, Scale: not null })];
        _scales = [.. _columns.Select(i => columns[i].Scale!)];
        _minCoverage = minCoverage;
    }

    /// <summary>How many judges take part.</summary>
    public int Judges => _columns.Length;

    /// <summary>Share of the participating judges that have a score for this row; 0 where none takes part.</summary>
    public double Coverage(JudgmentTable table, int row)
    {
        if (_columns.Length == 0) return 0;
        var present = 0;
        foreach (var column in _columns)
        {
            if (table.IsScored(row, column)) present++;
        }

        return (double)present / _columns.Length;
    }

    /// <summary>The mean mapped score of a row, 0–1; NaN below the least coverage.</summary>
    public double Score(JudgmentTable table, int row)
    {
        var sum = 0.0;
        var present = 0;
        for (var i = 0; i < _columns.Length; i++)
        {
            if (!table.IsScored(row, _columns[i])) continue;
            sum += _scales[i].Map(table.Value(row, _columns[i]));
            present++;
        }

        return present == 0 || (double)present / _columns.Length < _minCoverage ? double.NaN : sum / present;
    }

    /// <summary>The mean mapped scores of all rows.</summary>
    public double[] Scores(JudgmentTable table)
    {
        var scores = new double[table.Rows];
        for (var row = 0; row < scores.Length; row++) scores[row] = Score(table, row);
        return scores;
    }
}
