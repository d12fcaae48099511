using Orchestration.Core.Evaluation;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IPairEvaluationGrain"/>: <see cref="ServedEvaluation"/> over the judges of the silo that it lives in.</summary>
[Reentrant, CollectionAgeLimit(Minutes = 1)]
internal sealed class PairEvaluationGrain(SiloParts parts, SiloActors actors, SiloJudgeSets sets) : Grain, IPairEvaluationGrain
{
    private readonly ServedEvaluation _served = new(actors.PairEvaluation(""));

    // Of a pair that all have judged: written once for all who ask.
    private Envelope<EvaluationAnswer>? _complete;

    public ValueTask<Envelope<EvaluationAnswer>?> EvaluateAsync(Envelope<EvaluationQuestion> question, JudgeSet? judges)
    {
        if (_complete is not null) return ValueTask.FromResult<Envelope<EvaluationAnswer>?>(_complete);
        return sets.Of(this.GetPrimaryKeyString(), judges) is { } set ? AskAsync(question.Value.ToRequest(set, parts.Time.GetUtcNow())) : default;
    }

    /// <summary>Judges are asked beside the grain: they go on past the deadline.</summary>
    private async ValueTask<Envelope<EvaluationAnswer>?> AskAsync(EvaluationRequest request)
    {
        var reply = await Task.Run(() => _served.EvaluateAsync(request, CancellationToken.None).AsTask());
        if (_served.Known(request.Columns) is { } complete) _complete ??= new Envelope<EvaluationAnswer>(EvaluationAnswer.Of(complete));
        return new Envelope<EvaluationAnswer>(EvaluationAnswer.Of(reply));
    }
}
