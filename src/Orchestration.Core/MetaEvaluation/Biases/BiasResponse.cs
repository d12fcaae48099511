using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>How a judge answered to one injection, held against its control.</summary>
/// <param name="Shift">How far the judgment moved towards the injected answer: of a score in shares of the scale, of a verdict half the way from one preference to the other is ½; mean of both orders.</param>
/// <param name="BothOrders">The same where a preference only counts that both orders share; NaN for scores.</param>
/// <param name="Toward">Share of the two verdicts that moved towards the injected answer; NaN for pairs.</param>
/// <param name="Away">Share that moved away from it; NaN for pairs.</param>
internal readonly record struct BiasResponse(double Shift, double BothOrders, double Toward, double Away)
{
    /// <summary>Null where any of the judgments is missing: nothing is made up for it.</summary>
    public static BiasResponse? Of(JudgedRows rows, string judge, BiasProbe probe, double unit)
    {
        var (after, control) = (rows.Of(probe.AfterId, judge), rows.Of(probe.ControlId, judge));
        if (!probe.Item.IsComparison)
        {
            var shift = (rows.Map(judge, after.Score) - rows.Map(judge, control.Score)) / unit;
            return double.IsNaN(shift) ? null : new BiasResponse(shift, double.NaN, double.NaN, double.NaN);
        }

        var sign = probe.OnB ? -1 : 1;
        if (rows.Scores(judge))
        {
            var (a1, b1, a0, b0) = (rows.Map(judge, after.Score), rows.Map(judge, after.ScoreB), rows.Map(judge, control.Score), rows.Map(judge, control.ScoreB));
            var shift = (probe.OnB ? b1 - b0 : a1 - a0) / unit;
            if (double.IsNaN(shift) || double.IsNaN(a1 - b1) || double.IsNaN(a0 - b0)) return null;
            var moved = sign * (Math.Sign(a1 - b1) - Math.Sign(a0 - b0));
            return new BiasResponse(shift, double.NaN, moved > 0 ? 1 : 0, moved < 0 ? 1 : 0);
        }

        if (Verdicts(after, sign) is not { } now || Verdicts(control, sign) is not { } before) return null;
        var (first, second) = (now.Shown - before.Shown, now.Swapped - before.Swapped);
        return new BiasResponse(
            (first + second) / 4.0,
            (Shared(now) - Shared(before)) / 2.0,
            ((first > 0 ? 1 : 0) + (second > 0 ? 1 : 0)) / 2.0,
            ((first < 0 ? 1 : 0) + (second < 0 ? 1 : 0)) / 2.0);
    }

    /// <summary>Both verdicts as preferences for the answer with this sign, the second flipped back; null where one cannot be read.</summary>
    public static (int Shown, int Swapped)? Verdicts(in Said said, int sign) =>
        said is { AsShown: { } shown, Swapped: { } swapped } ? (sign * (int)shown, sign * (int)swapped.Flip()) : null;

    private static int Shared((int Shown, int Swapped) verdicts) => verdicts.Shown == verdicts.Swapped ? verdicts.Shown : 0;
}
