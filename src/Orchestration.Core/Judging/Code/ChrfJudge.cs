using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>chrF2: F-score, recall weighing twice, of character n-grams up to 6.</summary>
internal sealed class ChrfJudge : AnalysedCodeJudge
{
    private const double BetaSquared = 4;

    public override string Id => "chrf";

    public override string Summary => "chrF2: F-score of character n-grams up to 6 without white space, recall weighing twice, 0 to 100.";

    public override Scale Scale { get; } = new(0, 100);

    public override bool NeedsReference => true;

    protected override Judgment Score(PairAnalysis pair)
    {
        var ngrams = pair.CharNgrams;
        Span<int> matches = stackalloc int[CharNgrams.Order];
        ngrams.Match(pair.Pair.Answer, pair.Pair.Reference!, matches);
        if (ngrams.ReferenceLength == 0) return NotApplicable;
        double precision = 0, recall = 0;
        var orders = 0;
        for (var n = 1; n <= CharNgrams.Order; n++)
        {
            // The effective order: n-grams that either text is too short for do not count.
            if (ngrams.AnswerLength < n || ngrams.ReferenceLength < n) break;
            precision += (double)matches[n - 1] / (ngrams.AnswerLength - n + 1);
            recall += (double)matches[n - 1] / (ngrams.ReferenceLength - n + 1);
            orders++;
        }

        if (orders == 0 || precision + recall == 0) return Judgment.Scored(0);
        precision /= orders;
        recall /= orders;
        var score = (1 + BetaSquared) * precision * recall / ((BetaSquared * precision) + recall);
        return Judgment.Scored(Math.Min(100, 100 * score));
    }
}
