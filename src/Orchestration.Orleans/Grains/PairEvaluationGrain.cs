using Orchestration.Core.Evaluation;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Placement;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IPairEvaluationGrain"/>: <see cref="ServedEvaluation"/> over the judges of the silo that it lives in.</summary>
[Reentrant, PreferLocalPlacement, CollectionAgeLimit(Minutes = 1)]
internal sealed class PairEvaluationGrain(SiloParts parts, SiloActors actors, SiloJudgeSets sets) : Grain, IPairEvaluationGrain
{
    // Let go once all have judged, as there may be very many pairs.
    private ServedEvaluation? _served = new(actors.PairEvaluation(""));

    // Of a pair that all have judged: written once for all who ask.
    private Envelope<EvaluationAnswer>? _complete;

    public ValueTask<Envelope<EvaluationAnswer>?> EvaluateAsync(Envelope<EvaluationQuestion> question, JudgeSet? judges)
    {
        if (_complete is not null) return ValueTask.FromResult<Envelope<EvaluationAnswer>?>(_complete);
        if (sets.Of(this.GetPrimaryKeyString(), judges) is not { } known) return default;
        return AskAsync(_served!, question.Value.ToRequest(known.Set, parts.Time.GetUtcNow()), known.IsComputed);
    }

    /// <summary>Judges that call an endpoint are asked beside the grain: they go on past the deadline.</summary>
    private async ValueTask<Envelope<EvaluationAnswer>?> AskAsync(ServedEvaluation served, EvaluationRequest request, bool isComputed)
    {
        var reply = isComputed ? await served.EvaluateAsync(request, CancellationToken.None) : await Task.Run(() => served.EvaluateAsync(request, CancellationToken.None).AsTask());
        var answer = new Envelope<EvaluationAnswer>(EvaluationAnswer.Of(reply));
        if (_complete is null && served.Known(request.Columns) is { } complete)
        {
            _complete = reply.Totals == complete.Totals && reply.FromStore == complete.FromStore ? answer : new Envelope<EvaluationAnswer>(EvaluationAnswer.Of(complete));
            _served = null;
        }

        return answer;
    }
}
