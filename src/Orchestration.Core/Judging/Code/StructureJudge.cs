using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Whether paragraphs, lists, headings and code fences serve the answer: 1 less a penalty for each fault.</summary>
internal sealed class StructureJudge : AnalysedCodeJudge
{
    // A paragraph up to the first length is easy to take in; the penalty grows evenly up to the second.
    private const double EasyParagraph = 150;
    private const double WallOfText = 400;
    private const double WallPenalty = 0.4;
    private const double OpenFencePenalty = 0.3;
    private const double MissingFencePenalty = 0.3;
    private const double MissingListPenalty = 0.2;
    private const double ExcessPenalty = 0.2;
    private const double SlipPenalty = 0.1;
    private const int WordsPerHeading = 20;

    public override string Id => "structure";

    public override string Summary => "Paragraphs, lists, headings, tables and code fences where they serve: 1 less a penalty for each fault.";

    protected override Judgment Score(PairAnalysis pair)
    {
        var answer = pair.Answer;
        if (answer.Tokens.IsEmpty) return NotApplicable;
        var form = new AnswerForm(answer);
        var demand = pair.Demand;
        var score = 1.0;
        var excess = Math.Clamp((form.LongestParagraph - EasyParagraph) / (WallOfText - EasyParagraph), 0, 1);
        score -= WallPenalty * excess;
        if (answer.HasOpenFence) score -= OpenFencePenalty;
        if (demand.WantsCode && !form.HasFence && form.LooksLikeCode) score -= MissingFencePenalty;
        if (demand.WantsList && form.ListItems == 0 && form.LinesOfText < 3 && answer.WordCount > 40) score -= MissingListPenalty;
        if (form.Headings > 0 && form.Headings * WordsPerHeading > answer.WordCount) score -= ExcessPenalty;
        if (form.HasHeadingJump) score -= SlipPenalty;
        if (form.HasNumberingSlip) score -= SlipPenalty;
        if (form.HasRaggedTable) score -= SlipPenalty;
        if (form.HasOpenEmphasis) score -= SlipPenalty;
        return Judgment.Scored(Math.Max(0, score));
    }
}
