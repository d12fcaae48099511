using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Share of the answer's sentences that weaken what they say.</summary>
internal sealed class HedgingJudge : AnalysedCodeJudge
{
    public override string Id => "hedging";

    public override string Summary => "Share of the answer's sentences with an expression that weakens the claim (\"I think\", \"perhaps\"); lower is better.";

    public override Scale Scale => Scale.UnitLowerIsBetter;

    protected override Judgment Score(PairAnalysis pair)
    {
        var answer = pair.Answer;
        if (answer.SentenceCount == 0) return NotApplicable;
        var tokens = answer.Tokens;
        int hedged = 0, last = -1;
        foreach (var hit in pair.Hits)
        {
            ref readonly var token = ref tokens[hit.FirstToken];
            if (hit.Kind != PhraseKind.Hedge || token.IsCode || token.Sentence == last || IsMonth(answer, token)) continue;
            last = token.Sentence;
            hedged++;
        }

        return Judgment.Scored((double)hedged / answer.SentenceCount);
    }

    // "May" with a capital is the month.
    private static bool IsMonth(TextAnalysis answer, in Token token) => answer.Text[token.Start] == 'M' && answer.Word(token) is "may";
}
