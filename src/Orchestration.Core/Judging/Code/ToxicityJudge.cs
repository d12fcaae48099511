using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Insults, oaths and threats of a word list, as 1 less the product of what each leaves.</summary>
internal sealed class ToxicityJudge : AnalysedCodeJudge
{
    public override string Id => "toxicity";

    public override string Summary => "Insults, oaths and threats of a word list: 1 − Π(1 − weight); 0 is none, lower is better.";

    public override Scale Scale => Scale.UnitLowerIsBetter;

    protected override Judgment Score(PairAnalysis pair)
    {
        var left = 1.0;
        foreach (var hit in pair.Hits)
            if (hit.Kind == PhraseKind.Toxic) left *= 1 - hit.Weight;
        return Judgment.Scored(1 - left);
    }
}
