using Orchestration.Core.Evaluation;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IPairEvaluationGrain"/>: <see cref="ServedEvaluation"/> over the judges of the silo that it lives in.</summary>
[Reentrant, CollectionAgeLimit(Minutes = 1)]
internal sealed class PairEvaluationGrain(SiloParts parts, SiloActors actors) : Grain, IPairEvaluationGrain
{
    private readonly ServedEvaluation _served = new(actors.PairEvaluation(""));

    public Task<EvaluationAnswer> EvaluateAsync(EvaluationQuestion question)
    {
        var columns = question.Judges.Columns;
        var within = question.Within > TimeSpan.Zero && question.Within < EvaluationQuestion.Longest ? question.Within : EvaluationQuestion.Longest;
        var request = new EvaluationRequest
        {
            Pairs = question.Pair is { } pair ? [pair] : [],
            Comparisons = question.Comparison is { } comparison ? [comparison] : [],
            Columns = columns,
            Table = new JudgmentTable(1, columns.Length),
            Payer = question.Payer,
            Deadline = parts.Time.GetUtcNow() + within,
        };

        // Judges that compute answer on the spot; those that call an endpoint go on beside the grain, also past the deadline.
        var served = Task.Run(() => _served.EvaluateAsync(request, CancellationToken.None).AsTask());
        return AnswerAsync(served);
    }

    private static async Task<EvaluationAnswer> AnswerAsync(Task<ServedReply> served)
    {
        var reply = await served;
        int[]? late = null;
        for (var column = 0; column < reply.IsLate.Count; column++)
        {
            if (reply.IsLate[column]) late = [.. late ?? [], column];
        }

        return new EvaluationAnswer { Judgments = Judgments.Of(reply.Judgments), Late = late, Totals = reply.Totals, FromStore = reply.FromStore };
    }
}
