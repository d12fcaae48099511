using System.Collections.Concurrent;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Sweeps;

namespace Orchestration.Silo.Judging;

/// <summary>What each judge's column came to at this silo since its start, in requests. Safe for concurrent use.</summary>
/// <param name="compared">Told of each comparison with both verdicts: the judge, and whether they prefer different answers.</param>
internal sealed class JudgeTally(Action<string, bool> compared)
{
    private readonly ConcurrentDictionary<string, Cells> _counts = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Compared, long Flipped)> _verdicts = new(StringComparer.Ordinal);

    /// <summary>Counts by column, in ordinal order of names.</summary>
    public IReadOnlyList<(string Judge, long Scored, IReadOnlyDictionary<string, long> Unscored)> List() =>
        [.. _counts.OrderBy(static c => c.Key, StringComparer.Ordinal).Select(static c => (c.Key, c.Value.Scored, c.Value.Snapshot()))];

    /// <summary>Verdicts on comparisons by judge: how many comparisons with both, and of how many the two prefer different answers.</summary>
    public IReadOnlyDictionary<string, (long Compared, long Flipped)> Verdicts()
    {
        lock (_lock) return new Dictionary<string, (long, long)>(_verdicts, StringComparer.Ordinal);
    }

    /// <summary>Adds the verdicts of a request.</summary>
    public void AddVerdicts(IReadOnlyList<VerdictColumns> judges, JudgmentTable table)
    {
        lock (_lock)
        {
            foreach (var judge in judges)
            {
                var (both, flipped) = _verdicts.GetValueOrDefault(judge.Name);
                for (var row = 0; row < table.Rows; row++)
                {
                    if (judge.AsShown(table, row) is not { } shown || judge.Swapped(table, row) is not { } swapped) continue;
                    var isFlipped = (int)shown * (int)swapped.Flip() == -1;
                    both++;
                    if (isFlipped) flipped++;
                    compared(judge.Name, isFlipped);
                }

                _verdicts[judge.Name] = (both, flipped);
            }
        }
    }

    /// <summary>Adds the cells of a request.</summary>
    public void Add(IReadOnlyList<EvaluationColumn> columns, JudgmentTable table)
    {
        for (var column = 0; column < columns.Count; column++)
        {
            var counts = _counts.GetOrAdd(columns[column].Name, static _ => new Cells());
            for (var row = 0; row < table.Rows; row++) counts.Add(table.Reason(row, column));
        }
    }

    private sealed class Cells
    {
        private readonly ConcurrentDictionary<string, long> _unscored = new(StringComparer.Ordinal);
        private long _scored;

        public long Scored => Interlocked.Read(ref _scored);

        public IReadOnlyDictionary<string, long> Snapshot() => new SortedDictionary<string, long>(_unscored, StringComparer.Ordinal);

        public void Add(string? reason)
        {
            if (reason is null) Interlocked.Increment(ref _scored);
            else _unscored.AddOrUpdate(reason, 1, static (_, count) => count + 1);
        }
    }
}
