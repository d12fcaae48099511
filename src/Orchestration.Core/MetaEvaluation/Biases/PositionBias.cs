using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>Preference for a place: the same two answers shown in both orders.</summary>
internal static class PositionBias
{
    public static BiasLine Of(BiasProbes probes, JudgedRows rows, BiasJudge judge, BootstrapOptions options)
    {
        var (shift, flips, toward) = (new GroupedMean(), new GroupedMean(), new GroupedMean());
        var (orders, revised, unscored, unrevised) = (new List<(double, double, string)>(), new List<(double, double, string)>(), 0, 0);
        foreach (var item in probes.Items)
        {
            if (First(rows, judge.Name, item) is not { } first)
            {
                unscored++;
                unrevised++;
                continue;
            }

            shift.Add(first, item.Group);
            flips.Add(first == 0 ? 0 : 1, item.Group);
            toward.Add(first > 0 ? 1 : 0, item.Group);

            // A preference that both orders share does not know which was first.
            orders.Add((first, 0, item.Group));
            if (judge.Revised is null) continue;
            if (First(rows, judge.Revised, item) is { } second) revised.Add((first, second, item.Group));
            else unrevised++;
        }

        var estimate = shift.Of(options);
        var mitigations = new List<BiasMitigation> { BiasStudy.Mitigation("both orders", orders, 0, estimate, options) };
        if (judge.Revised is not null) mitigations.Add(BiasStudy.Mitigation("revision", revised, unrevised, estimate, options));
        return new BiasLine
        {
            Judge = judge.Name,
            Bias = BiasCatalog.Position,
            Against = "the same answers in the other order",
            Rows = shift.Count,
            Prompts = shift.Groups,
            Unscored = unscored,
            Shift = estimate,
            Flips = flips.ShareOf(options),
            Toward = toward.ShareOf(options),
            PValue = shift.PValue(options.Seed),
            Mitigations = mitigations,
        };
    }

    /// <summary>How far the first place is preferred: 1 where it wins in both orders, −1 where the second does, 0 where both orders say the same of the answers.</summary>
    private static double? First(JudgedRows rows, string judge, ProbeItem item) =>
        BiasResponse.Verdicts(rows.Of(BiasProbes.Before(item.Id), judge), 1) is { } both ? (both.Shown - both.Swapped) / 2.0 : null;
}
