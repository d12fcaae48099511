using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Share of the answer's written-out calculations that are right.</summary>
internal sealed class ArithmeticJudge : AnalysedCodeJudge
{
    public override string Id => "arithmetic";

    public override string Summary => "Share of the answer's equations between numbers (3 × 4 = 12) that hold; Unscored where it has none.";

    protected override Judgment Score(PairAnalysis pair)
    {
        var answer = pair.Answer;
        var tally = default(EquationTally);

        // An equation needs a sign of equality, so most answers are done here.
        if (answer.Text.AsSpan().ContainsAny("=\u2248") || answer.Text.Contains("\\approx", StringComparison.Ordinal))
        {
            foreach (ref readonly var line in answer.Lines)
            {
                if (line.Kind is LineKind.Code or LineKind.Fence or LineKind.Blank or LineKind.Rule) continue;
                Equations.Count(answer.Text.AsSpan(line.Content, Math.Max(0, line.End - line.Content)), ref tally);
            }
        }

        return tally.Total == 0 ? NotApplicable : Judgment.Scored((double)tally.Correct / tally.Total);
    }
}
