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

    public ValueTask<EvaluationAnswer> EvaluateAsync(EvaluationQuestion question) =>
        _served.Known(question.Judges.Columns) is { } known ? ValueTask.FromResult(EvaluationAnswer.Of(known)) : AskAsync(question);

    /// <summary>Judges are asked beside the grain: they go on past the deadline.</summary>
    private async ValueTask<EvaluationAnswer> AskAsync(EvaluationQuestion question)
    {
        var request = question.ToRequest(parts.Time.GetUtcNow());
        return EvaluationAnswer.Of(await Task.Run(() => _served.EvaluateAsync(request, CancellationToken.None).AsTask()));
    }
}
