using Orchestration.Core;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Orleans.Contracts;

namespace Orchestration.Orleans.Clients;

/// <summary>Evaluations by the cluster: each row of a batch by the grain of its pair, all at once. Cells that are set already are kept, as everywhere.</summary>
internal sealed class GrainEvaluation(GrainPairs grains, IActors actors, TimeProvider time) : IPairEvaluation
{
    public async ValueTask<EvaluationReply> EvaluateAsync(EvaluationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var judges = JudgeSet.Of(request.Columns, id => actors.Judge(id).Descriptor);
        var rows = new Task<EvaluationAnswer>[request.Table.Rows];
        for (var row = 0; row < rows.Length; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var question = new EvaluationQuestion
            {
                Pair = request.Pairs.Count != 0 ? request.Pairs[row] : null,
                Comparison = request.Comparisons.Count != 0 ? request.Comparisons[row] : null,
                Payer = request.Payer,
                Within = Within(request.Deadline),
            };
            rows[row] = grains.AskAsync(question, judges);
        }

        var (totals, fromStore) = (CallTotals.None, 0L);
        for (var row = 0; row < rows.Length; row++)
        {
            var answer = await rows[row];
            (totals, fromStore) = (totals + answer.Totals, fromStore + answer.FromStore);
            var unscored = 0;
            for (var column = 0; column < request.Table.Columns; column++)
            {
                if (request.Table.IsSet(row, column)) continue;
                var judgment = answer.Judgments[column];
                if (!judgment.IsScored)
                {
                    unscored++;
                    if (request.Observer is { } observer) await observer.UnscoredAsync(row, column, judgment.Reason!);
                }

                request.Table.Set(row, column, judgment);
            }

            request.Observer?.Judged(request.Table.Columns - unscored, unscored, (int)answer.FromStore, answer.Totals);
        }

        return new EvaluationReply(totals, fromStore);
    }

    private TimeSpan Within(DateTimeOffset? deadline)
    {
        if (deadline is not { } until) return TimeSpan.Zero;
        var left = until - time.GetUtcNow();

        // Zero would mean that there is none.
        return left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1);
    }
}
