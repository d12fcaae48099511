using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>1 where answer and reference are the same after SQuAD's normalisation, otherwise 0.</summary>
internal sealed class ExactMatchJudge : AnalysedCodeJudge
{
    public override string Id => "exact-match";

    public override string Summary => "1 where answer and reference are the same after SQuAD's normalisation (case, punctuation, articles, white space).";

    public override Scale Scale { get; } = new(0, 1, 1);

    public override bool NeedsReference => true;

    protected override Judgment Score(PairAnalysis pair) => Judgment.Scored(pair.AnswerSquad.SequenceEqual(pair.ReferenceSquad) ? 1 : 0);
}
