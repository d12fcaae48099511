using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Sweeps;

/// <summary>
/// The columns of one judge of comparisons, and the verdicts they hold. A judge that scores each answer prefers the better score, by its scale's
/// direction, and sees no order; a recorded judge may hold verdicts and scores, and then its verdicts count.
/// </summary>
public sealed class VerdictColumns
{
    private readonly int _asShown;
    private readonly int _swapped;
    private readonly bool _lowerIsBetter;

    private VerdictColumns(string name, int asShown, int swapped, int scoreA, int scoreB, bool lowerIsBetter)
    {
        Name = name;
        _asShown = asShown;
        _swapped = swapped;
        ScoreA = scoreA;
        ScoreB = scoreB;
        _lowerIsBetter = lowerIsBetter;
    }

    /// <summary>The judge's name in results.</summary>
    public string Name { get; }

    /// <summary>True where the judge gave scores of its own.</summary>
    public bool HasScores => ScoreA >= 0 && ScoreB >= 0;

    /// <summary>Column of answer A's score; −1 for none.</summary>
    public int ScoreA { get; }

    /// <summary>Column of answer B's score; −1 for none.</summary>
    public int ScoreB { get; }

    private bool HasVerdicts => _asShown >= 0 && _swapped >= 0;

    /// <summary>Groups a sweep's columns by judge, in order of first appearance. Empty for a sweep of pairs.</summary>
    public static VerdictColumns[] Of(IReadOnlyList<EvaluationColumn> columns)
    {
        return [.. columns.Select((column, index) => (column, index)).Where(c => c.column.Kind != ColumnKind.Score)
            .GroupBy(c => c.column.Name, StringComparer.Ordinal)
            .Select(judge => new VerdictColumns(
                judge.Key,
                Find(judge, ColumnKind.VerdictAsShown),
                Find(judge, ColumnKind.VerdictSwapped),
                Find(judge, ColumnKind.ScoreA),
                Find(judge, ColumnKind.ScoreB),
                judge.First().column.Scale?.Direction == Direction.LowerIsBetter))];

        static int Find(IEnumerable<(EvaluationColumn column, int index)> judge, ColumnKind kind) =>
            judge.Where(c => c.column.Kind == kind).Select(c => c.index).DefaultIfEmpty(-1).First();
    }

    /// <summary>The verdict in the order shown; null where there is none.</summary>
    public Preference? AsShown(JudgmentTable table, int row) => HasVerdicts ? Verdict(table, row, _asShown) : ByScores(table, row);

    /// <summary>The verdict with the answers exchanged, as said then; null where there is none.</summary>
    public Preference? Swapped(JudgmentTable table, int row) => HasVerdicts ? Verdict(table, row, _swapped) : ByScores(table, row)?.Flip();

    /// <summary>Both verdicts as one number for answer A, −1 to 1 (<see cref="VerdictFeatures.Mean"/>); NaN where neither can be read.</summary>
    public double Mean(JudgmentTable table, int row) => VerdictValue.Of(AsShown(table, row), Swapped(table, row));

    /// <summary>Why a verdict is missing, for both orders.</summary>
    public (string? AsShown, string? Swapped) Reasons(JudgmentTable table, int row)
    {
        if (HasVerdicts) return (table.Reason(row, _asShown), table.Reason(row, _swapped));
        var reason = table.Reason(row, ScoreA) ?? table.Reason(row, ScoreB);
        return (reason, reason);
    }

    /// <summary>What log-odds that A is the better answer prefer: A above 0, B below, neither at 0; null for NaN.</summary>
    public static Preference? Preferred(double score) => double.IsNaN(score) ? null : (Preference)Math.Sign(score);

    private static Preference? Verdict(JudgmentTable table, int row, int column) =>
        table.IsScored(row, column) ? (Preference)Math.Sign(table.Value(row, column)) : null;

    private Preference? ByScores(JudgmentTable table, int row)
    {
        if (!HasScores || !table.IsScored(row, ScoreA) || !table.IsScored(row, ScoreB)) return null;
        var order = table.Value(row, ScoreA).CompareTo(table.Value(row, ScoreB));
        return (Preference)Math.Sign(_lowerIsBetter ? -order : order);
    }
}
