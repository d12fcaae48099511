using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Whether the answer's final number is the reference's.</summary>
internal sealed class NumericMatchJudge : AnalysedCodeJudge
{
    private const double RelativeTolerance = 1e-6;
    private const double AbsoluteTolerance = 1e-9;

    public override string Id => "numeric-match";

    public override string Summary => "1 where the answer's final number (after ####, in \\boxed{}, otherwise its last) equals the reference's within a millionth.";

    public override Scale Scale { get; } = new(0, 1, 1);

    public override bool NeedsReference => true;

    protected override Judgment Score(PairAnalysis pair)
    {
        if (FinalNumber.Read(pair.Pair.Reference!) is not { } expected) return NotApplicable;
        if (FinalNumber.Read(pair.Pair.Answer) is not { } given) return Judgment.Scored(0);
        var isMatch = Equal(given.Value, expected.Value);

        // "50%" is 50 as well as 0.5 where the other side has no percent sign.
        if (given.IsPercent && !expected.IsPercent) isMatch |= Equal(given.Value / 100, expected.Value);
        if (expected.IsPercent && !given.IsPercent) isMatch |= Equal(given.Value, expected.Value / 100);
        return Judgment.Scored(isMatch ? 1 : 0);
    }

    private static bool Equal(double left, double right) =>
        Math.Abs(left - right) <= Math.Max(AbsoluteTolerance, RelativeTolerance * Math.Max(Math.Abs(left), Math.Abs(right)));
}
