using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Whether the answer declines the task: 0 no, 0.5 in part, 1 altogether.</summary>
internal sealed class RefusalJudge : AnalysedCodeJudge
{
    private const int OpeningWords = 30;
    private const int ShortAnswerWords = 120;

    public override string Id => "refusal";

    public override string Summary => "1 where a short answer opens by declining the task, 0.5 where it declines elsewhere or goes on at length, otherwise 0; lower is better.";

    public override Scale Scale { get; } = new(0, 1, 0.5, Direction.LowerIsBetter);

    protected override Judgment Score(PairAnalysis pair)
    {
        var answer = pair.Answer;
        var tokens = answer.Tokens;
        if (tokens.IsEmpty) return NotApplicable;
        foreach (var hit in pair.Hits)
        {
            if (hit.Kind != PhraseKind.Refusal || tokens[hit.FirstToken].IsCode) continue;
            return Judgment.Scored(hit.FirstToken < OpeningWords && answer.WordCount <= ShortAnswerWords ? 1 : 0.5);
        }

        return Judgment.Scored(0);
    }
}
