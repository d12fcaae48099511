using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>ROUGE-L: F1 of the longest common subsequence of words.</summary>
internal sealed class RougeLJudge : AnalysedCodeJudge
{
    public override string Id => "rouge-l";

    public override string Summary => "ROUGE-L F1: longest common subsequence of the words of answer and reference.";

    public override bool NeedsReference => true;

    protected override Judgment Score(PairAnalysis pair)
    {
        var reference = pair.Reference.Tokens;
        if (reference.IsEmpty) return NotApplicable;
        var answer = pair.Answer.Tokens;
        reference = reference[..Math.Min(reference.Length, CommonSubsequence.MostTokens)];
        answer = answer[..Math.Min(answer.Length, CommonSubsequence.MostTokens)];
        var common = CommonSubsequence.Length(reference, answer, pair.Counts);
        return Judgment.Scored(2.0 * common / (answer.Length + reference.Length));
    }
}
