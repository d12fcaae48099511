using Orchestration.Core;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Orleans.Contracts;

namespace Orchestration.Orleans.Clients;

/// <summary>Evaluations by the cluster: each row of a batch by the grain of its pair, all at once. Cells that are set already are kept and not asked for, as everywhere.</summary>
internal sealed class GrainEvaluation(GrainPairs grains, IActors actors, TimeProvider time) : IPairEvaluation
{
    public async ValueTask<EvaluationReply> EvaluateAsync(EvaluationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Dictionary<string, Asked> sets = new(StringComparer.Ordinal);
        var rows = new (Asked Asked, Task<EvaluationAnswer> Answer)?[request.Table.Rows];
        for (var row = 0; row < rows.Length; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (SetOf(request, row, sets) is not { } asked) continue;
            var question = new EvaluationQuestion
            {
                Pair = request.Pairs.Count != 0 ? request.Pairs[row] : null,
                Comparison = request.Comparisons.Count != 0 ? request.Comparisons[row] : null,
                Payer = request.Payer,
                Within = Within(request.Deadline),
            };
            rows[row] = (asked, grains.AskAsync(question, asked.Judges));
        }

        var (totals, fromStore) = (CallTotals.None, 0L);
        for (var row = 0; row < rows.Length; row++)
        {
            if (rows[row] is not { } question) continue;
            var answer = await question.Answer;
            (totals, fromStore) = (totals + answer.Totals, fromStore + answer.FromStore);
            var unscored = 0;
            for (var i = 0; i < question.Asked.Columns.Length; i++)
            {
                var (column, judgment) = (question.Asked.Columns[i], answer.Judgments[i]);
                if (!judgment.IsScored)
                {
                    unscored++;
                    if (request.Observer is { } observer) await observer.UnscoredAsync(row, column, judgment.Reason!);
                }

                request.Table.Set(row, column, judgment);
            }

            request.Observer?.Judged(question.Asked.Columns.Length - unscored, unscored, (int)answer.FromStore, answer.Totals);
        }

        return new EvaluationReply(totals, fromStore);
    }

    /// <summary>The judges of the cells that a row has no judgment of; null where it has all. Rows with the same cells share a set.</summary>
    private Asked? SetOf(EvaluationRequest request, int row, Dictionary<string, Asked> sets)
    {
        var open = string.Create(request.Table.Columns, (request.Table, row), static (cells, place) =>
        {
            for (var column = 0; column < cells.Length; column++) cells[column] = place.Table.IsSet(place.row, column) ? '-' : '?';
        });
        if (sets.TryGetValue(open, out var known)) return known;
        int[] columns = [.. Enumerable.Range(0, open.Length).Where(column => open[column] == '?')];
        return columns.Length == 0 ? null : sets[open] = new Asked(columns, JudgeSet.Of([.. columns.Select(column => request.Columns[column])], id => actors.Judge(id).Descriptor));
    }

    private TimeSpan Within(DateTimeOffset? deadline)
    {
        if (deadline is not { } until) return TimeSpan.Zero;
        var left = until - time.GetUtcNow();

        // Zero would mean that there is none.
        return left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1);
    }

    /// <summary>What is asked for of a row.</summary>
    /// <param name="Columns">Columns of the table, in the order of the judge set.</param>
    /// <param name="Judges">Their judges.</param>
    private sealed record Asked(int[] Columns, JudgeSet Judges);
}
