using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Learning.Statistics;

namespace Orchestration.Core.Sweeps;

/// <summary>What a finished (or stopped) sweep says of each judge, added up shard after shard in input order.</summary>
public sealed class JudgeTable
{
    private readonly VerdictColumns[] _verdictColumns;

    /// <summary>An empty table for a sweep's columns.</summary>
    public JudgeTable(SweepDefinition definition)
    {
        Columns = [.. definition.Columns.Select(c => new ColumnSummary(c))];
        _verdictColumns = VerdictColumns.Of(definition.Columns);
        Verdicts = _verdictColumns.ToDictionary(v => v.Name, _ => new VerdictTally(), StringComparer.Ordinal);
        Aggregated = _verdictColumns.Length != 0 && definition.Learned is not null ? new VerdictTally() : null;
    }

    /// <summary>One summary per column.</summary>
    public IReadOnlyList<ColumnSummary> Columns { get; }

    /// <summary>Judges of comparisons against labels, by name; empty for pairs.</summary>
    public IReadOnlyDictionary<string, VerdictTally> Verdicts { get; }

    /// <summary>What a learned aggregator prefers, against labels; null where there is none, and for pairs.</summary>
    public VerdictTally? Aggregated { get; }

    /// <summary>Aggregated scores: of the mean 0–1, of a version on its target's scale, of comparisons in log-odds.</summary>
    public RunningMoments Scores { get; private set; }

    /// <summary>Rows without an aggregated score: too few judges have one. 0 for comparisons without a learned aggregator.</summary>
    public long WithoutScore { get; private set; }

    /// <summary>Rows added.</summary>
    public long Rows { get; private set; }

    internal void Add(DataBlock data, ResultBlock result)
    {
        Rows += data.Rows;
        for (var c = 0; c < Columns.Count; c++) Columns[c].Add(result.Table, c);
        var scores = Scores;
        foreach (var score in result.Scores)
        {
            if (double.IsNaN(score)) WithoutScore++;
            else scores = scores.Add(score);
        }

        Scores = scores;
        if (_verdictColumns.Length == 0) return;
        for (var row = 0; row < data.Rows; row++)
        {
            var category = data.TryGetCategory(row, out var utf8) ? System.Text.Encoding.UTF8.GetString(utf8) : null;
            foreach (var judge in _verdictColumns)
                Verdicts[judge.Name].Add(data.Label(row), judge.AsShown(result.Table, row), judge.Swapped(result.Table, row), category);

            // Swapping the answers flips the sign exactly, so that the other order needs no asking.
            if (result.Scores.Count != 0 && VerdictColumns.Preferred(result.Scores[row]) is var preferred) Aggregated?.Add(data.Label(row), preferred, preferred?.Flip(), category);
        }
    }
}

/// <summary>What one column holds, added up.</summary>
/// <param name="column">The column.</param>
public sealed class ColumnSummary(EvaluationColumn column)
{
    private readonly SortedDictionary<string, long> _unscored = new(StringComparer.Ordinal);
    private RunningMoments _scores;

    /// <summary>The column.</summary>
    public EvaluationColumn Column { get; } = column;

    /// <summary>Scores on the judge's own scale.</summary>
    public RunningMoments Scores => _scores;

    /// <summary>Judgments without a score by reason.</summary>
    public IReadOnlyDictionary<string, long> Unscored => _unscored;

    internal void Add(JudgmentTable table, int index)
    {
        var codes = table.ColumnCodes(index);
        var values = table.ColumnValues(index);
        for (var row = 0; row < codes.Length; row++)
        {
            if (codes[row] == 1)
            {
                _scores = _scores.Add(values[row]);
            }
            else if (table.Reason(row, index) is { } reason)
            {
                _unscored[reason] = _unscored.GetValueOrDefault(reason) + 1;
            }
        }
    }
}
